"""Make the reference results: export the data from the packages that ship it, then ask R's mice and mitools.

    python tests/reference/missing/generate.py

Needs R with mice, mitools, lme4 and jsonlite; the tests need neither, they read results.json. Three minutes.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

from data import FRAMES  # noqa: E402

with tempfile.TemporaryDirectory() as name:
    folder = Path(name)
    for title, made in FRAMES.items():
        made().write_csv(folder / f"{title}.csv", null_value="NA")
    subprocess.run(["Rscript", HERE / "generate.R", folder, HERE / "results.json"], check=True)
