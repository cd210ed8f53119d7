"""Made-up answers on remission, recovery capital, quality of life, helping, peers, mutual help and roles."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from reports.release import Answer, Fact
from reports.words import peers
from tests.unit.reports.words import answers


def answer(
    term: str, value: float | None, low: float | None = None, high: float | None = None, **more: Any
) -> Answer:
    return answers.answer(term, value, low, high, **({"outcome": "barc10", "n_people": 458} | more))


def fact(name: str, value: float | None, **more: Any) -> Fact:
    fields: dict[str, Any] = {
        "analysis": "X1", "outcome": "o", "diagnostic": name, "population": "somewhere", "as_of": "2026Q3",
        "value": value, "ci_low": None, "ci_high": None, "detail": "", "n_people": None, "suppressed": False,
    }  # fmt: skip
    return Fact(**(fields | more))


HELD = answer("t", None, note="Not enough to say: fewer than half of those due were interviewed.")

SHARE = answer("within_3_years", 0.51, 0.46, 0.57)

NOT_KNOWN = answer("t", None, note="The model did not converge.")

YEARS = {"scale": "years"}

CROSSING = answer("crossing_years", 4.03, 3.5, 4.98, n_people=1031, **YEARS)

DIP = answer("dip_depth", 0.15, 0.01, 0.31, n_people=1031, scale="points")

TURN = answer("turning_point_years", 0.94, 0.48, 1.11, n_people=1031, **YEARS)

APART = answer("crossing_years_with_minus_without_center", -1.8, -4.6, -0.6, n_people=1031, **YEARS)

GAIN = answer("change_month_12", 5.3, 4.2, 6.4, scale="points")

BETTER, WORSE = answer("reliably_better_month_12", 0.31, 0.25, 0.39), answer("w", 0.05, 0.03, 0.08)

DAYS = answer("restricted_mean_difference", 62.5, 12.4, 112.5, n_people=206, scale="days")

RATIO = answer("helping", 0.58, 0.37, 0.91, n_people=206, scale="hazard ratio")

UNCLEAR = answer("helping_adjusted", 0.68, 0.42, 1.11, n_people=206, scale="hazard ratio")

ODDS = answer("peer_hours_within_per_sd", 1.30, 1.13, 1.49, n_people=120, scale="odds ratio")

NO_ODDS = replace(ODDS, estimate=1.1, ci_low=0.96, ci_high=1.26)

PAIRS = answer("reciprocity", 0.42, 0.36, 0.48, scale="share of pairs")

BEYOND = answer("reciprocity_beyond_chance", 0.2, 0.14, 0.26, scale="share of pairs")

PATH = answer("roles_to_engagement", 0.62, 0.32, 0.92, scale="points per point")

RANKS = [(peers.PEERS, answer("rank", 1.0, 1.0, 2.0)), (peers.MEANINGFUL, answer("rank", 2.0, 1.0, 2.0))]

ORDERED = [("connection", "meaning"), ("meaning", "empowerment"), ("empowerment", "community")]
