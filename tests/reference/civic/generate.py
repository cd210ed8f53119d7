"""Make the reference results: export public data, then ask clubSandwich and lavaan in R.

    python tests/reference/civic/generate.py

Needs R with clubSandwich, lavaan and jsonlite; the tests read results.json.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

import panels  # noqa: E402

with tempfile.TemporaryDirectory() as folder:
    for name, make in panels.SETS.items():
        make().to_csv(Path(folder) / f"{name}.csv", index=False)
    subprocess.run(["Rscript", HERE / "generate.R", folder, HERE / "results.json"], check=True)
