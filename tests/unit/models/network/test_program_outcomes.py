"""How the people of each program fared: the share in remission is that of S1, program by program."""

import numpy as np
import polars as pl
import pytest

from models.network.program_outcomes import YEARS, remission_share
from models.network.tie_tables import Ties, networks
from models.survival import remission
from pipelines.demo.drawn_courses import draw_courses
from tests.unit.models.network.worlds import frames


def ties_of(tables: dict[str, pl.DataFrame]) -> Ties:
    return networks(
        *(tables[name] for name in ("participants", "episodes", "programs", "assessments", "support_ties")),
        origins=tables["origins"],
    )


def shares(tables: dict[str, pl.DataFrame], *, least: int = 10) -> dict[str, float]:
    ties = ties_of(tables)
    found = remission_share(
        ties, tables["outcome_times"], tables["justice_events"], tables["episodes"], least=least
    )
    return dict(zip(ties.programs, found.tolist(), strict=True))


def one_house(
    reached: list[float | None], died: list[float | None], until: float = 1500.0
) -> dict[str, pl.DataFrame]:
    """People of one house: the day each reached it, and the day each died, null where not."""
    ids = [f"p{i}" for i in range(len(reached))]
    tables = frames([(name, "H", 0) for name in ids], [])
    days = [min(day or until, dead or until) for day, dead in zip(reached, died, strict=True)]
    tables["outcome_times"] = pl.DataFrame(
        {"participant_id": ids, "outcome": "sustained_remission", "day_observed": days,
         "event_observed": [day is not None for day in reached]}
    )  # fmt: skip
    deaths = [(name, name, "death", day) for name, day in zip(ids, died, strict=True) if day is not None]
    tables["justice_events"] = pl.DataFrame(deaths, orient="row", schema=tables["justice_events"].schema)
    return tables


def test_people_who_die_first_never_reach_it_and_stay_in_the_share() -> None:
    """Of twenty, five die on day 100 and six reach it on day 400: 6 of 20, not 6 of 15."""
    tables = one_house([None] * 5 + [400.0] * 6 + [None] * 9, [100.0] * 5 + [None] * 15)
    assert shares(tables)["H"] == pytest.approx(6 / 20)


def test_the_share_of_one_program_is_that_which_s1_finds_of_its_people_alone() -> None:
    drawn = dict(draw_courses(4, 500, effects=True))
    tables = frames([("a", "none", 0)], []) | {
        name: drawn[name]
        for name in ("participants", "episodes", "programs", "assessments", "outcome_times", "justice_events")
    }
    found = shares(tables)
    compared = 0
    first = (
        drawn["episodes"]
        .sort("participant_id", "entry_day", "episode_id")
        .unique("participant_id", keep="first", maintain_order=True)
    )
    for program, share in found.items():
        people = first.filter(pl.col("program_id") == program).select("participant_id")
        own = [
            drawn[name].join(people, on="participant_id", how="semi")
            for name in ("outcome_times", "justice_events", "episodes")
        ]
        alone = remission.analyse(*own, population="x", minimum_people=1)
        told = {row.term: row for row in alone.estimates}[f"within_{YEARS}_years"]
        by_person = {row.diagnostic: row.value for row in alone.diagnostics}
        expected = told.estimate or by_person.get(f"sensitivity_within_{YEARS}_years_by_person")
        if expected is not None:
            assert share == pytest.approx(expected)
            compared += 1
    assert compared >= 8


def test_a_program_of_few_people_or_without_follow_up_to_the_horizon_has_no_share() -> None:
    few = one_house([400.0] * 9, [None] * 9)
    assert np.isnan(shares(few)["H"])
    short = one_house([400.0] * 6 + [None] * 9, [None] * 15, until=900.0)
    assert np.isnan(shares(short)["H"])
    everybody = one_house([400.0] * 6 + [None] * 9, [None] * 6 + [500.0] * 9)
    assert shares(everybody)["H"] == pytest.approx(6 / 15)
