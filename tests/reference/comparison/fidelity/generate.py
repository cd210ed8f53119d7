"""Make the reference results: export public data, then ask lme4, lmerTest and clubSandwich in R.

    python tests/reference/comparison/fidelity/generate.py

Needs R with lme4, lmerTest, pbkrtest, clubSandwich, numDeriv and jsonlite; the tests read results.json.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

import cluster_scores  # noqa: E402

with tempfile.TemporaryDirectory() as folder:
    for name, make in cluster_scores.SETS.items():
        make().to_csv(Path(folder) / f"{name}.csv", index=False)
    subprocess.run(["Rscript", HERE / "generate.R", folder, HERE / "results.json"], check=True)
