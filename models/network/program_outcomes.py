"""How the people of each program fared: recovery capital gained, and sustained remission."""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.comparison.cohort import PERSON
from models.core_frame import finite, require
from models.network.tie_tables import Ties
from models.survival.aalen_johansen import aalen_johansen, share_by
from models.survival.remission import REMISSION, followed
from models.survival.return_to_prison import horizon_days

Floats = NDArray[np.float64]
SCALE: Final = "barc10"
YEARS: Final = 3  # since entry
NAMES: Final = ("barc10_change", "sustained_remission")


def scale_change(ties: Ties, assessments: pl.DataFrame, wave: str, place: int, *, least: int) -> Floats:
    """Mean change of BARC-10 since entry by program (programs,), of people interviewed in its house.

    Of those with both scores; NaN for a program with fewer than `least` of them. `place` is that of the wave
    among the networks' waves.
    """
    require(assessments, "core.assessments", key=(PERSON, "wave"), columns=(PERSON, "wave", SCALE))
    scores = finite(assessments, SCALE).select(PERSON, pl.col("wave").cast(pl.String), SCALE).drop_nulls()
    here = ties.wave[ties.network] == place
    people = pl.DataFrame(
        {PERSON: ties.people.filter(pl.Series(here)), "program": ties.program[ties.network][here]}
    )
    both = people.join(
        scores.filter(pl.col("wave") == wave).select(PERSON, later=SCALE), on=PERSON
    ).join(scores.filter(pl.col("wave") == "baseline").select(PERSON, first=SCALE), on=PERSON)  # fmt: skip
    change = (both["later"].cast(pl.Float64) - both["first"].cast(pl.Float64)).to_numpy()
    program = both["program"].to_numpy()
    count = np.bincount(program, minlength=len(ties.programs))
    total = np.bincount(program, weights=change, minlength=len(ties.programs))
    return np.where(count >= least, total / np.maximum(count, 1), np.nan)


def remission_share(
    ties: Ties,
    outcome_times: pl.DataFrame,
    justice_events: pl.DataFrame,
    episodes: pl.DataFrame,
    *,
    least: int,
    years: int = YEARS,
) -> Floats:
    """Share by program (programs,) with 12 months without use complete within `years` of entry.

    That of S1 (`remission.followed`, Aalen-Johansen: death competes), of the people whose first stay was in
    the program. NaN for a program with fewer than `least` people, or in which nobody is followed to the
    horizon though not everybody had reached it or died before.
    """
    require(outcome_times, "core.outcome_times", key=(PERSON, "outcome"),
            columns=(PERSON, "outcome", "day_observed", "event_observed"))  # fmt: skip
    require(justice_events, "core.justice_events", key=("event_id",),
            columns=(PERSON, "justice_measure", "event_day"))  # fmt: skip
    people, horizon = followed(outcome_times, justice_events, episodes), float(horizon_days(years))
    shares = np.full(len(ties.programs), np.nan)
    spots = {name: i for i, name in enumerate(ties.programs)}
    for number, name in enumerate(people.programs):
        own = people.program == number
        if name not in spots or own.sum() < least:
            continue
        curve = aalen_johansen(people.exits[own], people.cause[own], people.entries[own])
        if horizon <= curve.known_until:
            shares[spots[name]] = share_by(curve, REMISSION, horizon)
    return shares
