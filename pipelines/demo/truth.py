"""What an analysis of the demo ought to find, and what a refresh ought to refuse, as YAML for the tests."""

from __future__ import annotations

import math
from dataclasses import asdict
from pathlib import Path

import yaml

from pipelines.codebook.load import read_yaml
from pipelines.demo.civic import RATES
from pipelines.demo.county import County
from pipelines.demo.laws import N_ROLES
from pipelines.demo.parameters import CRAVING, DIARY, JUSTICE, PROGRAMS, WORLD
from pipelines.demo.planter import Defect, Dirt
from pipelines.demo.sheet import Sheet
from pipelines.demo.social_truth import social_truth

LARGE_SAMPLE = Path(__file__).parent / "large_sample.yaml"
LARGE_SAMPLE_COMMAND = "python -m pipelines.demo.large_sample > pipelines/demo/large_sample.yaml"
HORIZONS = (1, 2, 3, 5)  # years after release
_YEAR = 365.25
Found = dict[str, dict[str, float]]
HEAD = """\
# The known truth behind the synthetic demonstration data. Written by the demo generator, read by tests only:
# nothing that is published may read it. Rows are counted from 1, header rows not counted.
"""


def return_incidence(years: float) -> float:
    """Share returned to prison within some years of release if nobody died: what 1 - Kaplan-Meier estimates.

    1 - exp(-H(t)), with H the piecewise-linear cumulative hazard of `JusticeTruth`.
    """
    return -math.expm1(-JUSTICE.cumulative_return_hazard(years * _YEAR))


def crude_return_incidence(years: float) -> float:
    """Share returned to prison within some years of release, death being a competing event (Aalen-Johansen).

    On a piece of constant hazards h of a return and d of death, entered with survival S, it grows by
    S h / (h + d) (1 - exp(-(h + d) length)).
    """
    death = JUSTICE.death_per_year / _YEAR
    survival, share, start = 1.0, 0.0, float(JUSTICE.quiet_days)
    for year, hazard in enumerate(JUSTICE.return_hazards, start=1):
        last = year == len(JUSTICE.return_hazards)
        end = years * _YEAR if last else min(_YEAR * year, years * _YEAR)
        length = max(0.0, end - start)
        gone = -math.expm1(-(hazard + death) * length)
        share += survival * hazard / (hazard + death) * gone
        survival, start = survival * (1 - gone), max(start, end)
    return share


def truth_text(county: County, sheets: list[Sheet], dirt: Dirt, *, seed: int) -> str:
    """YAML of the truth behind one demo."""
    found: Found = read_yaml(LARGE_SAMPLE)
    content = {
        "synthetic": True,
        "made_with": {"seed": seed, "participants": len(county.people), "quarters": county.quarters},
        "W1": _meaningfulness(found),
        "W3": {
            "outcome": "craving",
            "note": "Extent slopes are on a 0 to 10 scale; the answers are on 0 to 100, ten times as long.",
            "parameters": asdict(CRAVING),
        },
        "V1": {
            "note": "Rates among everyone; who is reached at 12 months does not depend on them.",
            "rates": {item: _then_and_now(*rates) for item, rates in RATES.items()},
        },
        "J1": _return_to_prison(),
        "C1": _comparison(found),
        "C2": _mediation(found),
        "C3": _fidelity(found),
        "R1": _gains(found),
        "V2": _engagement(),
        **social_truth(),
        "files": [_file(sheet, dirt) for sheet in sheets],
        "defects": [_defect(defect) for defect in dirt.defects],
        "accepted": [_defect(oddity, reason=False) for oddity in dirt.accepted],
    }
    return HEAD + yaml.safe_dump(_plain(content), sort_keys=False, allow_unicode=True, width=110)


def _meaningfulness(found: Found) -> dict[str, object]:
    return {
        "outcome": "meaningfulness",
        "within": DIARY.within,
        "between": DIARY.between,
        "interaction_visited_center": DIARY.within_by_center,
        "interaction_attended_meeting": DIARY.within_by_meeting,
        "scale": "points of latent meaningfulness per point of identity",
        "note": (
            "The slopes hold before answers are cut off at 100. A linear model of the cut answers is pulled "
            "towards zero; large_sample holds the values to which linear mixed models converge. A Tobit "
            "model converges to the latent slopes, the one between people up to the small error that comes "
            "of person means over the answered evenings only."
        ),
        "large_sample": {"command": LARGE_SAMPLE_COMMAND, **found["diary"]},
        "parameters": asdict(DIARY),
    }


def _then_and_now(then: float, now: float) -> dict[str, float]:
    return {
        "active_addiction": then,
        "recovery": now,
        "difference": round(now - then, 6),
        "ratio": round(now / then, 4),
    }


def _return_to_prison() -> dict[str, object]:
    return {
        "outcome": "return_to_prison",
        "clock": "days since release; people enter the program within 14 days of it",
        "note": (
            "return_incidence is what 1 - Kaplan-Meier estimates with death as censoring, crude_incidence "
            "what Aalen-Johansen estimates with death as a competing event. Both are closed forms."
        ),
        "return_incidence": {years: round(return_incidence(years), 6) for years in HORIZONS},
        "crude_incidence": {years: round(crude_return_incidence(years), 6) for years in HORIZONS},
        "parameters": asdict(JUSTICE),
    }


def _of(found: Found, analysis: str) -> Found:
    """Large-sample values of one analysis, by outcome."""
    return {
        key.removeprefix(f"{analysis}_"): values
        for key, values in found.items()
        if key.startswith(f"{analysis}_")
    }


def _comparison(found: Found) -> dict[str, object]:
    return {
        "note": (
            "Social against clinical programs, in people who chose one of the two: averages over them, over "
            "the programs of a model and over their own effects. ate, att, overlap (weights e (1 - e)) "
            "and ate_trimmed (0.1 <= e <= 0.9) are differences in probability, or in points of a score; "
            "odds_ratio is of the averaged probabilities. naive is the difference between those who chose, "
            "naive_reached that among those reached. Only alcohol and drug problems and abstinence differ. "
            "The scores at entry decide the choice, and they, justice status and the model who is reached: "
            "nothing hidden does."
        ),
        "command": LARGE_SAMPLE_COMMAND,
        "outcomes": _of(found, "C1"),
        "parameters": asdict(WORLD.programs)
        | {"dose": dict(PROGRAMS.dose), "smps": dict(PROGRAMS.smps), "reached": dict(PROGRAMS.reached)},
    }


def _mediation(found: Found) -> dict[str, object]:
    return {
        "note": (
            "Natural effects of a social against a clinical program, as differences in probability, in the "
            "people of C1. The mediators are those measured at 6 months; given the program and what was "
            "measured at entry they are independent of each other, so that each is identified alone. direct "
            "keeps both at their values under a clinical program, indirect is the rest; indirect_<mediator> "
            "lets one fall back alone (what is left is direct_<mediator>)."
        ),
        "outcomes": _of(found, "C2"),
    }


def _fidelity(found: Found) -> dict[str, object]:
    return {
        "note": (
            "Per 10 points of smps_total, in people of all three models: log odds given what was measured at "
            "entry and the program, and the average difference in probability between 5 points more and 5 "
            "points less."
        ),
        "outcomes": _of(found, "C3"),
    }


def _gains(found: Found) -> dict[str, object]:
    return {
        "note": (
            "Change since entry in everybody, reached or not, alike in every program; reliable change after "
            "Jacobson and Truax, with the alpha and the standard deviation at entry."
        ),
        "outcomes": _of(found, "R1"),
        "parameters": {
            **asdict(WORLD.capital),
            "levels": dict(WORLD.capital.levels),
            "gained": dict(WORLD.capital.gained),
        },
    }


def _engagement() -> dict[str, object]:
    truth = WORLD.engagement
    return {
        "note": (
            "Slopes of civic_activities_30 and of the number of roles held on both at the interview before, "
            "given the program's model: exactly linear, the same from entry to 6 and from 6 to 12 months."
        ),
        "roles_to_engagement": truth.civic_roles,
        "engagement_to_roles": 0.0,
        "engagement_before": truth.civic_before,
        "roles_before": truth.role_before,
        "roles_in_social_minus_clinical_programs": N_ROLES * truth.role_dose,
        "parameters": asdict(truth),
    }


def _file(sheet: Sheet, dirt: Dirt) -> dict[str, object]:
    refused = sum(defect.sheet is sheet for defect in dirt.defects)
    return {
        "source": sheet.source,
        "quarter": sheet.quarter,
        "file": sheet.name,
        "rows_in": len(sheet.rows),
        "rows_kept": len(sheet.rows) - refused,
        "rows_quarantined": refused,
    }


def _place(defect: Defect) -> dict[str, object]:
    sheet = defect.sheet
    return {"source": sheet.source, "quarter": sheet.quarter, "file": sheet.name, "row": defect.number}


def _defect(defect: Defect, *, reason: bool = True) -> dict[str, object]:
    entry = {**_place(defect), "column": defect.column}
    if reason:
        entry["reason"] = defect.reason
    entry["what"] = defect.what
    if defect.follows_from is not None:
        entry["follows_from"] = _place(defect.follows_from)
    return entry


def _plain(value: object) -> object:
    """Turn tuples into lists, which is all that YAML knows."""
    if isinstance(value, dict):
        return {key: _plain(entry) for key, entry in value.items()}
    return [_plain(entry) for entry in value] if isinstance(value, list | tuple) else value
