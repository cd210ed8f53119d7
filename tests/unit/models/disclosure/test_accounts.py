"""Accounts of people in a release: no small count follows from those that stay."""

from __future__ import annotations

import polars as pl
import pytest

from models.disclosure.accounts import ARMS, FOLLOWED, OF_THE_DUE, withhold_accounts
from models.disclosure.small_cells import withhold_diagnostics
from models.missing.due_and_came import ALL, NOT_DUE

WAVE = "month_6"
SOCIAL = {"came": 183, "lost": 24, "refused": 5, "incarcerated": 6, "died": 2, "not_yet_due": 34}
CLINICAL = {"came": 167, "lost": 35, "refused": 11, "incarcerated": 4, "died": 1, "not_yet_due": 30}


def rows(values: dict[str, float], *, analysis: str = "C1", outcome: str = WAVE) -> pl.DataFrame:
    return pl.DataFrame([
        {
            "analysis": analysis, "outcome": outcome, "diagnostic": name, "population": "demo",
            "as_of": "2026Q3", "value": float(value), "ci_low": None, "ci_high": None, "detail": "as asked",
            "n_people": round(value) if value >= 1 else None, "suppressed": False,
        }
        for name, value in values.items()
    ], schema_overrides={"ci_low": pl.Float64, "ci_high": pl.Float64, "n_people": pl.Int64})  # fmt: skip


def wave(compared: int, kept: dict[str, float]) -> dict[str, float]:
    found: dict[str, float] = {}
    due = {}
    for arm, fates in (("social", SOCIAL), ("clinical", CLINICAL)):
        found |= {f"{fate}_{WAVE}_{arm}": count for fate, count in fates.items()}
        due[arm] = sum(fates[fate] for fate in OF_THE_DUE)
        found[f"due_{WAVE}_{arm}"] = due[arm]
        found[f"follow_up_rate_{WAVE}_{arm}"] = fates["came"] / due[arm]
        found[f"share_kept_{arm}"] = kept[arm]
    for fate in ("due", *OF_THE_DUE, *NOT_DUE):
        found[f"{fate}_{WAVE}_{ALL}"] = sum(found[f"{fate}_{WAVE}_{arm}"] for arm in ARMS)
    found[f"follow_up_rate_{WAVE}_{ALL}"] = found[f"came_{WAVE}_{ALL}"] / sum(due.values())
    return found | {"people_due": found[f"due_{WAVE}_{ALL}"], "people_compared": compared}


def shown(values: dict[str, float], **where: str) -> dict[str, float]:
    exact = rows(values, **where)
    kept = withhold_accounts(withhold_diagnostics(exact, maximum=10), exact, maximum=10)
    assert kept["diagnostic"].to_list() == list(values)
    return dict(kept.filter(~pl.col("suppressed")).select("diagnostic", "value").iter_rows())


def test_what_became_of_people_cannot_be_solved_from_totals_by_kind_of_program():
    kept = shown(wave(435, {"social": 1.0, "clinical": 1.0}))
    for arm, fates in (("social", SOCIAL), ("clinical", CLINICAL)):
        told = {fate for fate in OF_THE_DUE if f"{fate}_{WAVE}_{arm}" in kept}
        hidden = set(OF_THE_DUE) - told
        assert len(hidden) != 1, arm
        assert all(fates[fate] > 10 for fate in told)
    assert f"came_{WAVE}_{ALL}" in kept
    assert f"follow_up_rate_{WAVE}_{ALL}" in kept
    assert f"died_{WAVE}_{ALL}" not in kept


def test_a_few_people_trimmed_do_not_follow_from_those_due_and_those_compared():
    kept = shown(wave(426, {"social": 215 / 218, "clinical": 211 / 217}))
    assert not {"people_due", "people_compared"} <= set(kept)
    assert not {"share_kept_social", "share_kept_clinical"} & set(kept)


def test_many_people_trimmed_are_told():
    kept = shown(wave(395, {"social": 198 / 218, "clinical": 197 / 217}))
    assert {"people_due", "people_compared", "share_kept_social", "share_kept_clinical"} <= set(kept)


def test_people_left_out_for_a_rare_reason_do_not_follow_from_all_the_others():
    values = dict.fromkeys(FOLLOWED["H1"], 0.0) | {
        "people_at_landmark": 206.0, "people_died_in_treatment": 2.0, "people_still_in_treatment": 41.0,
        "people_lost_before_landmark": 64.0, "people_used_before_landmark": 231.0,
    }  # fmt: skip
    kept = shown(values, analysis="H1", outcome="first_use")
    assert "people_died_in_treatment" not in kept
    assert len(set(values) - set(kept)) == 2
    assert kept["people_at_landmark"] == 206.0
    assert kept["people_without_record_of_use"] == 0.0


@pytest.mark.parametrize("maximum", [0])
def test_without_a_rule_everything_is_shown(maximum):
    exact = rows(wave(426, {"social": 0.99, "clinical": 0.97}))
    assert withhold_accounts(exact, exact, maximum=maximum).equals(exact)
