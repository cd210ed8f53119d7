"""How the people of each program fared: recovery capital gained, and sustained remission."""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.comparison.cohort import PERSON, PROGRAM
from models.core_frame import finite, require
from models.network.tie_tables import Ties
from models.survival.kaplan_meier import kaplan_meier
from models.survival.remission import OUTCOME as REMISSION

Floats = NDArray[np.float64]
SCALE: Final = "barc10"
HORIZON: Final = 3 * 365.25  # days since entry
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
    ties: Ties, outcome_times: pl.DataFrame, episodes: pl.DataFrame, *, least: int, horizon: float = HORIZON
) -> Floats:
    """Share by program (programs,) with 12 months without use complete within `horizon` days of entry.

    Kaplan-Meier over the people whose first stay was in the program; who died counts as lost from sight (S1
    takes death as competing). NaN for a program with fewer than `least` people, or in which nobody is
    followed to the horizon and not everybody had reached it before.
    """
    require(outcome_times, "core.outcome_times", key=(PERSON, "outcome"),
            columns=(PERSON, "outcome", "day_observed", "event_observed"))  # fmt: skip
    first = (
        finite(episodes, "entry_day")
        .drop_nulls("entry_day")
        .sort(PERSON, "entry_day", "episode_id")
        .unique(PERSON, keep="first", maintain_order=True)
        .select(PERSON, pl.col(PROGRAM).cast(pl.String))
    )
    times = (
        finite(outcome_times, "day_observed")
        .filter(pl.col("outcome").cast(pl.String) == REMISSION)
        .drop_nulls(["day_observed", "event_observed"])
        .filter(pl.col("day_observed") > 0)
        .join(first, on=PERSON)
        .sort(PROGRAM, PERSON)
    )
    shares = np.full(len(ties.programs), np.nan)
    spots = {name: i for i, name in enumerate(ties.programs)}
    for (name,), people in times.group_by(PROGRAM, maintain_order=True):
        spot = spots.get(str(name))
        if spot is None or people.height < least:
            continue
        exits = people["day_observed"].cast(pl.Float64).to_numpy()
        curve = kaplan_meier(exits, people["event_observed"].cast(pl.Boolean).to_numpy())
        before = curve.survival[curve.times <= horizon]
        survival = float(before[-1]) if len(before) else 1.0
        if survival <= 0.0 or exits.max() >= horizon:
            shares[spot] = 1.0 - survival
    return shares
