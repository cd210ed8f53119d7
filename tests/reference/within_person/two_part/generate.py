"""Make the reference results: export the data, then ask lme4 and the brute-force integration in R.

    python tests/reference/within_person/two_part/generate.py [section ...]

Needs R with lme4, numDeriv and jsonlite, and some minutes; the tests need none, they read a section's .json.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

import data  # noqa: E402

with tempfile.TemporaryDirectory() as folder:
    for name in data.SOURCES:
        data.load(name).to_csv(Path(folder) / f"{name}.csv", index=False)
    for section in sys.argv[1:] or (
        "logistic",
        "ohio",
        "slopes",
        "medical_spending",
        "seizures",
        "ticks",
        "two_part_slope",
    ):
        subprocess.run(["Rscript", HERE / "generate.R", folder, HERE, section], check=True)
