"""What analyses of helping, remission, hours, quality of life and mutual help ought to find on the demo."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import numpy as np

from pipelines.codebook.load import read_yaml
from pipelines.demo.courses import COURSES
from pipelines.demo.hours import HOURS
from pipelines.demo.survey import (
    SURVEY,
    crossing_years,
    everybody_at_knots,
    quality_of_life,
    turning_points,
)
from pipelines.demo.ties import TIES

COMMAND = "python -m pipelines.demo.social_sample > pipelines/demo/social_sample.yaml"
SOCIAL_SAMPLE = Path(__file__).parent / "social_sample.yaml"
Content = dict[str, object]


def social_truth() -> Content:
    """Return the truth of H1, S1, P1, Q1 and M1, by analysis."""
    found: Mapping[str, dict[str, float]] = read_yaml(SOCIAL_SAMPLE)
    return {
        "H1": _helping(found["H1"]),
        "S1": _remission(found["S1"]),
        "P1": _hours(found["P1"]),
        "Q1": _quality_of_life(),
        "M1": _mutual_help(found),
    }


def _helping(found: dict[str, float]) -> Content:
    return {
        "outcome": "first_use",
        "clock": "days since the landmark, the first completed interview on or after the exit; 12 months",
        "note": (
            "From the landmark on, hazards are proportional given meetings: helping_adjusted is exact. "
            "Helpers go to a little more meetings, so that the ratio without them and both shares have no "
            "closed form: large_sample holds them, for people at risk at the landmark if nobody died. Before "
            "the landmark helping does nothing: analyses from the exit on err. Days without use at later "
            "interviews follow a law of their own and are not reconciled with these times."
        ),
        "helping_adjusted": COURSES.helping,
        "meetings_per_10": COURSES.meetings_per_10,
        "large_sample": {"command": COMMAND, **found},
        "parameters": asdict(COURSES),
    }


def _remission(found: dict[str, float]) -> Content:
    return {
        "outcome": "sustained_remission",
        "clock": "days since entry, day 0",
        "note": (
            "Share of all who entered who completed 12 months without use by then, death competing. Nobody "
            "completes them before day 365. People enter from January 2021 on, so that 5 years lie within "
            "the demo's window for those alone who entered in its first nine months; nothing beyond 5 years "
            "and 9 months can be seen."
        ),
        "large_sample": {"command": COMMAND, **found},
    }


def _hours(found: dict[str, float]) -> Content:
    terms: dict[str, object] = {}
    for name, kind in (("peer_hours", HOURS.peer_hours), ("meaningful_hours", HOURS.meaningful_hours)):
        for part, slope in (("within", kind.within), ("between", kind.between)):
            per_sd = float(np.exp(-slope * found[f"{name}_sd_{part}"]))
            terms[f"{name}_{part}_log_odds_per_hour"] = -slope
            terms[f"{name}_{part}_per_sd"] = round(per_sd, 4)
        terms[f"{name}_abstinent_later_per_sd"] = found[f"{name}_abstinent_later_per_sd_odds_ratio"]
    return {
        "outcome": "an evening without craving, by the hours of the evening before; and abstinence at the "
        "next completed interview, by mean hours",
        "note": (
            "Log odds are those of a mixed logistic model with a person effect of standard deviation "
            "rest_sd, and exact for means over all planned evenings; means over the answered ones pull the "
            "slopes between people towards 0 by some 3 percent. Abstinence is that of one logistic "
            "regression on both means over answered evenings. About a third of the demo's diary people have "
            "an interview after it by the last quarter."
        ),
        **terms,
        "large_sample": {"command": COMMAND, **found},
        "parameters": asdict(HOURS),
    }


def _quality_of_life() -> Content:
    return {
        "outcome": "eurohis_qol8",
        "note": (
            "Closed forms: means are restricted cubic splines of years, exact for the answers as told, with "
            "the weights. Without them they err: people with less education answer more often when they are "
            "in recovery, and less often when they never had a problem."
        ),
        "general_mean": SURVEY.general_mean,
        "with_center": _curve(SURVEY.at_knots_with_center),
        "without_center": _curve(SURVEY.at_knots_without_center),
        "everybody": _curve(everybody_at_knots()),
        "parameters": asdict(SURVEY),
    }


def _curve(at_knots: tuple[float, ...]) -> Content:
    (turn, *later) = turning_points(at_knots)
    start, lowest = quality_of_life(np.array([0.0, turn]), at_knots)
    crossing = crossing_years(at_knots, SURVEY.general_mean)
    return {
        "at_start": round(float(start), 4),
        "dip_depth": round(float(start - lowest), 4),
        "turning_point_years": round(float(turn), 4),
        "later_turning_points": [round(float(year), 4) for year in later],
        "crossing_years": None if crossing is None else round(crossing, 4),
    }


def _mutual_help(found: Mapping[str, dict[str, float]]) -> Content:
    models = [model for model, _ in TIES.returned]
    return {
        "outcome": "reciprocity",
        "note": (
            "Share of mutual pairs among pairs with a tie of any kind, both interviewed at the wave; houses "
            "and waves of a model put together. by_chance keeps how many ties each person gives and "
            "receives. It understates chance: people can name only those who entered at about the same time, "
            "which the tables do not tell. if_none_were_returned is the reciprocity that this alone makes."
        ),
        "models": {model: found[f"M1_{model}"] for model in models},
        "command": COMMAND,
        "parameters": {**asdict(TIES), "returned": dict(TIES.returned), "kinds": dict(TIES.kinds)},
    }
