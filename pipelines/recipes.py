"""Which core tables each analysis reads, and how it is called."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import polars as pl

from models.civic import active_addiction_and_recovery, roles_before_engagement
from models.comparison import fidelity, social_and_clinical
from models.estimate import Findings
from models.mediation import through_involvement_and_network
from models.network import mutuality
from models.scales import recovery_capital
from models.survival import first_use, helping, remission, return_to_prison
from models.trajectory import quality_of_life
from models.within_person import (
    identity_and_craving,
    identity_and_meaning,
    meetings_and_centers,
    peers_and_activity,
    yesterday_and_today,
)
from pipelines.asked import ORIGINS, PROGRAMS, SUMS, Asked, Recipe
from pipelines.cleaning.scores import spec_of
from pipelines.diary_sums import IDENTITY_AND_MEANING, MEETINGS_AND_CENTERS, rows_read, sums_of

COHORT: Final = ("episodes", "assessments", PROGRAMS)  # people, where they began, how they fared


def _w1(asked: Asked) -> Findings:
    stored = asked.tables[SUMS]
    floor, ceiling = asked.ends("meaningfulness")
    found = identity_and_meaning.analyse(
        asked.diary_days,
        population=asked.population,
        floor=floor,
        ceiling=ceiling,
        program_models=program_models(asked.tables["episodes"], asked.tables[PROGRAMS]),
        cross_products=sums_of(asked.diary_days, stored, IDENTITY_AND_MEANING),
    )
    read = rows_read(stored, asked.quarter, outcome="meaningfulness", population=asked.population)
    return replace(found, diagnostics=(*found.diagnostics, *read))


def _w2(asked: Asked) -> Findings:
    floor, ceiling = asked.ends("meaningfulness")
    return meetings_and_centers.analyse(
        asked.diary_days,
        population=asked.population,
        floor=floor,
        ceiling=ceiling,
        cross_products=sums_of(asked.diary_days, asked.tables[SUMS], MEETINGS_AND_CENTERS),
    )


def _w3(asked: Asked) -> Findings:
    return identity_and_craving.analyse(asked.diary_days, population=asked.population)


def _w4(asked: Asked) -> Findings:
    floor, ceiling = asked.ends("meaningfulness")
    return yesterday_and_today.analyse(
        asked.diary_days, population=asked.population, floor=floor, ceiling=ceiling
    )


def _v1(asked: Asked) -> Findings:
    return active_addiction_and_recovery.analyse(
        asked.tables["civic_items"], asked.tables["assessments"], population=asked.population
    )


def _v2(asked: Asked) -> Findings:
    return roles_before_engagement.analyse(*asked.cohort, asked.tables["roles"], population=asked.population)


def _j1(asked: Asked) -> Findings:
    return return_to_prison.analyse(
        asked.tables["justice_events"], asked.tables["episodes"], population=asked.population
    )


def _a1(asked: Asked) -> Findings:
    return first_use.analyse(
        asked.tables["participants"],
        asked.tables["assessments"],
        asked.tables["outcome_times"],
        population=asked.population,
    )


def _c1(asked: Asked) -> Findings:
    return social_and_clinical.analyse(
        *asked.cohort, population=asked.population, imputed=asked.imputed_cohort
    )


def _c2(asked: Asked) -> Findings:
    return through_involvement_and_network.analyse(
        *asked.cohort, population=asked.population, imputed=asked.imputed_cohort
    )


def _c3(asked: Asked) -> Findings:
    return fidelity.analyse(*asked.cohort, population=asked.population, imputed=asked.imputed_cohort)


def _h1(asked: Asked) -> Findings:
    cut = asked.codebook.instruments["sos"].cutoff
    assert cut is not None, "the codebook says from which score a person counts as a helper"
    return helping.analyse(
        *asked.cohort, asked.tables["outcome_times"], population=asked.population, helping_cut=cut
    )


def _s1(asked: Asked) -> Findings:
    return remission.analyse(
        asked.tables["outcome_times"],
        asked.tables["justice_events"],
        asked.tables["episodes"],
        population=asked.population,
    )


def _r1(asked: Asked) -> Findings:
    scales = {name: asked.codebook.instruments[name] for name in recovery_capital.OUTCOMES}
    return recovery_capital.analyse(
        *asked.cohort,
        asked.tables["assessment_items"],
        population=asked.population,
        scales={name: spec_of(scale) for name, scale in scales.items()},
        cutoffs={name: scale.cutoff for name, scale in scales.items() if scale.cutoff is not None},
    )


def _m1(asked: Asked) -> Findings:
    return mutuality.analyse(
        *asked.cohort,
        asked.tables["support_ties"],
        diary_days=asked.diary_days,
        outcome_times=asked.tables["outcome_times"],
        justice_events=asked.tables["justice_events"],
        population=asked.population,
        origins=asked.tables[ORIGINS],
    )


def _q1(asked: Asked) -> Findings:
    return quality_of_life.analyse(asked.tables["recovery_surveys"], population=asked.population)


def _p1(asked: Asked) -> Findings:
    return peers_and_activity.analyse(
        asked.diary_days, asked.tables["assessments"], population=asked.population
    )


RECIPES: Final[Mapping[str, Recipe]] = {
    "W1": Recipe(tables=("diary_days", "episodes", PROGRAMS), run=_w1, sums=True),
    "W2": Recipe(tables=("diary_days",), run=_w2, sums=True),
    "W3": Recipe(tables=("diary_days",), run=_w3),
    "W4": Recipe(tables=("diary_days",), run=_w4),
    "V1": Recipe(tables=("civic_items", "assessments"), run=_v1),
    "V2": Recipe(tables=("roles", *COHORT), run=_v2),
    "J1": Recipe(tables=("justice_events", "episodes"), run=_j1),
    "A1": Recipe(
        tables=("outcome_times", "participants", "assessments"),
        run=_a1,
        # People of a detoxification, linked to care or not.
        where=pl.col("outcome") == "link_to_primary_care",
    ),
    "C1": Recipe(tables=COHORT, run=_c1),
    "C2": Recipe(tables=COHORT, run=_c2),
    "C3": Recipe(tables=COHORT, run=_c3),
    "H1": Recipe(tables=("outcome_times", *COHORT), run=_h1, where=pl.col("outcome") == "first_use"),
    "S1": Recipe(
        tables=("outcome_times", "justice_events", "episodes"),
        run=_s1,
        where=pl.col("outcome") == "sustained_remission",
    ),
    "P1": Recipe(tables=("diary_days", "assessments"), run=_p1),
    "R1": Recipe(tables=("assessment_items", *COHORT), run=_r1),
    "M1": Recipe(
        tables=("support_ties", "diary_days", "outcome_times", "justice_events", *COHORT),
        run=_m1,
        origins=True,
    ),
    "Q1": Recipe(tables=("recovery_surveys",), run=_q1),
}

# Run one after the other on the same people, so that what they share is made once. They read the same tables.
TOGETHER: Final = (("C1", "C2", "C3"),)


def program_models(episodes: pl.DataFrame, programs: pl.DataFrame) -> pl.DataFrame:
    """Find the program model of each person whose stays were all in programs of one model.

    The diary counts its evenings from 1 and does not say on which day it began, so of stays in programs of
    several models the one at that time cannot be told: such people are in no part.

    Returns
    -------
    pl.DataFrame
        `participant_id` and `program_model`.
    """
    return (
        episodes.join(programs.select("program_id", "model"), on="program_id", how="left")
        .group_by("participant_id")
        .agg(several=pl.col("model").n_unique(), program_model=pl.col("model").first())
        .filter(pl.col("several") == 1, pl.col("program_model").is_not_null())
        .select("participant_id", "program_model")
        .sort("participant_id")
    )
