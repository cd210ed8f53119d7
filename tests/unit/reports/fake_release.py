"""A small made-up release in the shape of the codebook, for tests of the report.

It holds one of everything a page must cope with: a given, a refused and a suppressed answer, a
suppressed row that wrongly still carries its numbers (`PLANTED`), synthetic and real populations.
"""

from __future__ import annotations

import importlib.util
import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import duckdb
import polars as pl

from models.estimate import SHARE_DIFFERENCE
from pipelines.codebook import load_codebook
from pipelines.codebook.to_catalog import catalog_frames
from pipelines.codebook.to_duckdb import create_schema_sql, create_table_sql, qualified_name
from tests.unit.reports.fake_catalog import catalog
from tests.unit.reports.fake_names import CAROLINA, DEMO, HELP, QUARTER, Row
from tests.unit.reports.fake_published import published

PLANTED = 0.7312345  # the number of a suppressed row; it must appear nowhere
PLANTED_PEOPLE = 777666
LEVELS = "t with 117 degrees of freedom"


def answer(analysis: str, outcome: str, term: str, population: str, value: tuple | None, **more: Any) -> Row:
    """One row of results.estimates; `value` is (estimate, low, high), or None for a refused one."""
    estimate, low, high = value or (None, None, None)
    row = {
        "analysis": analysis,
        "outcome": outcome,
        "term": term,
        "population": population,
        "as_of": QUARTER,
        "estimate": estimate,
        "std_error": None,
        "ci_low": low,
        "ci_high": high,
        "p_value": None,
        "df": None,
        "n_people": 118,
        "n_rows": None,
        "n_events": None,
        "method": "a method",
        "scale": "probability",
        "small_sample": LEVELS,
        "note": "",
        "suppressed": False,
    }
    return row | more


def estimates() -> list[Row]:
    """The answers of all four analyses."""
    slope = {"scale": "points per point", "method": "multilevel Tobit, maximum likelihood"}
    ratio = {"scale": "hazard ratio", "method": "Cox regression", "n_people": 250}
    rows = [
        answer("W1", "meaningfulness", "recovery_identity_within", DEMO, (0.71, 0.64, 0.78), **slope),
        answer("W1", "meaningfulness", "recovery_identity_between", DEMO, (0.88, 0.61, 1.15), **slope),
        *_daily(slope),
        *_item("volunteered", 0.21, 0.62),
        *_item("voted", 0.07, 0.55, refused_change=True),
        *_item("helped_others", 0.31, 0.71),
        *_item("employed", 0.42, 0.63),
        *_item("fired", 0.38, 0.09),
        *[
            answer(
                "V1",
                "arrested",
                term,
                DEMO,
                (PLANTED, PLANTED, PLANTED),
                suppressed=True,
                n_people=PLANTED_PEOPLE,
                note="planted",
            )
            for term in ("active_addiction", "recovery", "difference")
        ],
        answer("J1", "return_to_prison", "within_1_year", DEMO, (0.14, 0.10, 0.19), n_people=240),
        answer("J1", "return_to_prison", "within_2_years", DEMO, (0.25, 0.19, 0.33), n_people=240),
        answer("J1", "return_to_prison", "within_3_years", DEMO, (0.34, 0.26, 0.43), n_people=240),
        answer(
            "J1",
            "return_to_prison",
            "within_5_years",
            DEMO,
            None,
            n_people=240,
            note="Nobody was followed for 5 years after release.",
        ),
        *[
            answer("J1", "return_to_prison", term, CAROLINA, value, n_people=1445)
            for term, value in (
                ("within_1_year", (0.137, 0.12, 0.156)),
                ("within_2_years", (0.23, 0.209, 0.252)),
                ("within_3_years", (0.293, 0.27, 0.317)),
                ("within_5_years", (0.363, 0.339, 0.389)),
            )
        ],
        answer("A1", "first_use", "friend_support_per_sd", HELP, (0.86, 0.75, 0.98), **ratio),
        answer("A1", "first_use", "linked_to_care", HELP, (0.93, 0.68, 1.27), **ratio),
        answer("A1", "first_use", "assigned_to_intervention", HELP, (0.97, 0.74, 1.28), **ratio),
        answer(
            "A1",
            "first_use",
            "median_days_lower_friend_support",
            HELP,
            (31, 22, 48),
            scale="days",
            n_people=124,
        ),
        answer(
            "A1",
            "first_use",
            "median_days_higher_friend_support",
            HELP,
            (61, 40, None),
            scale="days",
            n_people=126,
        ),
    ]
    return [{**rows[0], "as_of": "2026Q2", "estimate": 0.111222}, *rows]  # an earlier quarter, never shown


def _daily(slope: Row) -> list[Row]:
    """Answers of the diary beyond the two headline slopes."""

    def meaning(analysis: str, term: str, value: float, half: float, **more: Any) -> Row:
        ends = (value, value - half, value + half)
        return answer(analysis, "meaningfulness", term, DEMO, ends, **(slope | more))

    def craving(term: str, value: tuple, scale: str, people: int | None) -> Row:
        return answer("W3", "craving", term, DEMO, value, scale=scale, n_people=people)

    any_of, extent = "any_recovery_identity", "extent_recovery_identity"
    return [
        meaning("W1", "recovery_identity_within_in_social_programs", 0.68, 0.11, n_people=42),
        meaning("W1", "recovery_identity_within_in_clinical_programs", 0.74, 0.09, n_people=54),
        meaning("W1", "recovery_identity_within_social_minus_clinical", -0.06, 0.14, n_people=None),
        meaning("W2", "recovery_identity_by_attended_meeting", -0.25, 0.12),
        meaning("W2", "recovery_identity_by_visited_center", 0.05, 0.17),
        meaning("W2", "recovery_identity_within_no_meeting_day", 0.83, 0.06),
        meaning("W2", "recovery_identity_within_meeting_day", 0.58, 0.07),
        meaning("W4", "yesterday_recovery_identity_within", -0.04, 0.09),
        meaning("W4", "today_recovery_identity_within", 0.61, 0.05),
        answer(
            "W4", "recovery_identity", "yesterday_meaningfulness_within", DEMO, (0.12, 0.03, 0.21), **slope
        ),
        craving(f"{any_of}_within", (-0.03, -0.05, -0.01), "log odds per point", 118),
        craving(f"{any_of}_within_per_10_points", (0.74, 0.61, 0.9), "odds ratio", 118),
        craving(f"{any_of}_between_per_10_points", (0.91, 0.74, 1.13), "odds ratio", 118),
        craving(f"{extent}_within", (-0.14, -0.23, -0.05), "points per point", None),
        craving(f"{extent}_within_no_meeting_day", (0.03, -0.1, 0.16), "points per point", None),
        craving(f"{extent}_within_meeting_day", (-0.32, -0.55, -0.09), "points per point", None),
        craving(f"{extent}_by_attended_meeting", (-0.35, -0.6, -0.1), "points per point", None),
        craving(f"{extent}_between", (-0.21, -0.44, 0.02), "points per point", None),
        craving("person_effects_correlation", (0.47, 0.27, 0.64), "correlation", None),
    ]  # fmt: skip


def _item(code: str, then: float, now: float, *, refused_change: bool = False) -> list[Row]:
    def near(value: float) -> tuple[float, float, float]:
        return value, value - 0.05, value + 0.05

    quotient = now / then
    change = (
        None if refused_change else (100 * (quotient - 1), 100 * (quotient - 1.3), 100 * (quotient - 0.7))
    )
    many = {"n_people": 402}
    return [
        answer("V1", code, "active_addiction", DEMO, near(then), **many),
        answer("V1", code, "recovery", DEMO, near(now), **many),
        answer("V1", code, "difference", DEMO, near(now - then), **many, scale=SHARE_DIFFERENCE),
        answer(
            "V1",
            code,
            "difference_from_rates",
            DEMO,
            (now - then, now - then - 0.09, now - then + 0.09),
            **many,
            scale=SHARE_DIFFERENCE,
        ),
        answer("V1", code, "ratio", DEMO, (quotient, 0.8 * quotient, 1.2 * quotient), scale="ratio", **many),
        answer(
            "V1",
            code,
            "relative_change",
            DEMO,
            change,
            scale="percent",
            note="" if change else "The rate in active addiction is below 10%.",
            **many,
        ),
    ]


def curves() -> list[Row]:
    """Curves on a grid, one ending in a suppressed point."""
    rows = _curve("J1", "return_to_prison", "overall", DEMO, unit="years", step=0.25, steps=13, pace=0.15)
    rows += _curve(
        "J1", "return_to_prison", "overall", CAROLINA, unit="years", step=0.25, steps=24, pace=0.12
    )
    quarter = 365.25 / 4
    for name, pace in (("lower_friend_support", 2.4), ("higher_friend_support", 1.7)):
        rows += _curve("A1", "first_use", name, HELP, unit="days", step=quarter, steps=8, pace=pace / 365.25)
    for name, pace in (("linked_by_day_60", 1.0), ("not_linked_by_day_60", 1.3)):
        rows += _curve("A1", "first_use", name, HELP, unit="days", step=quarter, steps=8, pace=pace / 365.25)[
            1:
        ]
    rows[13] |= {"suppressed": True, "estimate": PLANTED, "ci_low": PLANTED, "n_at_risk": PLANTED_PEOPLE}
    return rows


def _curve(
    analysis: str,
    outcome: str,
    curve: str,
    population: str,
    *,
    unit: str,
    step: float,
    steps: int,
    pace: float,
) -> list[Row]:
    rows = []
    for i in range(steps + 1):
        x = i * step
        share = 1 - math.exp(-pace * x)
        width = 0.25 * math.sqrt(share * (1 - share)) if share else None
        rows.append(
            {
                "analysis": analysis,
                "outcome": outcome,
                "curve": curve,
                "population": population,
                "as_of": QUARTER,
                "x": x,
                "x_unit": unit,
                "estimate": share,
                "ci_low": None if width is None else share - width,
                "ci_high": None if width is None else share + width,
                "n_at_risk": 240 - 5 * i,
                "n_events": 12,
                "suppressed": False,
            }
        )
    return rows


def diagnostics() -> list[Row]:
    """How many were asked and heard, and facts about the fits."""

    def fact(
        about: tuple[str, str, str], name: str, value: float, detail: str, half: float | None = None
    ) -> Row:
        analysis, outcome, population = about
        return {
            "analysis": analysis,
            "outcome": outcome,
            "diagnostic": name,
            "population": population,
            "as_of": QUARTER,
            "value": value,
            "ci_low": None if half is None else value - half,
            "ci_high": None if half is None else value + half,
            "detail": detail,
            "n_people": 118,
            "suppressed": False,
        }

    rows = [
        fact(("W1", "meaningfulness", DEMO), "response_rate", 0.87, "expected evenings with an answer"),
        fact(("W1", "meaningfulness", DEMO), "icc", 0.54, "share of the variance that lies between people"),
        fact(("W1", "meaningfulness", DEMO), "converged", 1.0, ""),
        *[
            fact(
                ("W1", "meaningfulness", DEMO),
                f"sensitivity_recovery_identity_{part}_{way}",
                value,
                f"{way}: a model",
                0.1,
            )
            for part, value in (("within", 0.58), ("between", 0.61))
            for way in ("linear", "linear_intercept_only")
        ],
        fact(
            ("W1", "meaningfulness", DEMO),
            "observed_scale_recovery_identity_within",
            0.52,
            "answers as given",
            0.05,
        ),
        fact(("W1", "meaningfulness", DEMO), "share_at_ceiling", 0.3, "evenings at the top"),
        fact(("W3", "craving", DEMO), "response_rate", 0.87, "expected evenings with an answer"),
        fact(
            ("W3", "craving", DEMO),
            "sensitivity_extent_recovery_identity_within_log",
            -0.01,
            "log points per point",
            0.01,
        ),
        fact(("J1", "return_to_prison", DEMO), "follow_up", 0.9, "median years from release"),
        fact(("J1", "return_to_prison", CAROLINA), "follow_up", 6.2, "median years from release"),
        fact(("A1", "first_use", HELP), "follow_up", 0.55, "share of all participants"),
    ]
    for code in ("volunteered", "voted", "helped_others", "employed", "fired"):
        rows += [
            fact(("V1", code, DEMO), "asked", 480.0, "people who were shown the item"),
            fact(("V1", code, DEMO), "answered_both", 402.0, "people who answered it for both periods"),
        ]
    planted = fact(("V1", "arrested", DEMO), "answered_both", PLANTED, "planted")
    return [
        *rows,
        planted | {"suppressed": True, "n_people": PLANTED_PEOPLE, "ci_low": PLANTED, "ci_high": PLANTED},
    ]


def default_rows() -> dict[str, list[Row]]:
    """All rows of the fake release, by table; a test changes what it is about."""
    return {
        "results.estimates": [*estimates(), *_beside("fake_programs").estimates()],
        "results.curves": curves(),
        "results.diagnostics": [*diagnostics(), *_beside("fake_programs").diagnostics()],
        "reference.published_estimates": published(),
        "core.participants": [{"participant_id": "p1", "population": DEMO, "source": "demo_diary"}],
        "core.episodes": [
            {"episode_id": "e1", "participant_id": "p1", "entry_day": 0, "source": "demo_diary"}
        ],
        **catalog(),
    }


def _beside(name: str) -> ModuleType:
    """Load a file that stands beside this one: more rows of the fake release."""
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def write_release(path: Path, rows: Mapping[str, Iterable[Row]] | None = None) -> Path:
    """Write a release to `path` with the tables of the codebook."""
    book = load_codebook()
    frames = catalog_frames(book, {})
    for name, given in (default_rows() | dict(rows or {})).items():
        frames[name] = pl.DataFrame(list(given), infer_schema_length=None)
    with duckdb.connect(str(path)) as connection:
        for name, table in book.tables.items():
            if not table.released:
                continue
            connection.execute(create_schema_sql(table.layer))
            connection.execute(create_table_sql(book, table, released=True))
            if name in frames and not frames[name].is_empty():
                connection.register("rows_to_write", frames[name].to_arrow())
                connection.execute(f"INSERT INTO {qualified_name(table)} BY NAME SELECT * FROM rows_to_write")
                connection.unregister("rows_to_write")
    return path
