"""Make the reference results: export the diary, then ask lme4 and clubSandwich in R.

    python tests/reference/within_person/peers_and_activity/generate.py

Needs R with lme4, numDeriv, clubSandwich and jsonlite; the test reads results.json.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import polars as pl

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

import gappy_diary  # noqa: E402

days, interviews = gappy_diary.frames()
with tempfile.TemporaryDirectory() as folder:
    days.select(
        pl.col("participant_id").alias("person"),
        "day",
        "evening_day",
        "craving",
        "peer_hours",
        "meaningful_hours",
    ).write_csv(Path(folder) / "diary.csv", null_value="NA")
    interviews.select(
        pl.col("participant_id").alias("person"), "assessment_day", "abstinent_days_30",
        held=pl.col("followup_status").cast(pl.String).is_in(["completed", "partial"]).cast(pl.Int8),
    ).write_csv(Path(folder) / "interviews.csv", null_value="NA")  # fmt: skip
    subprocess.run(["Rscript", HERE / "generate.R", folder, HERE / "results.json"], check=True)
