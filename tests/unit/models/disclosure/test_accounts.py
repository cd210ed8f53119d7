"""Accounts of people in a release: no small count follows from those that stay."""

from __future__ import annotations

import polars as pl

from models.disclosure.accounts import account_of, withhold_accounts
from models.disclosure.protected_rows import ProtectedRows
from models.disclosure.small_cells import withhold_diagnostics
from models.disclosure.what_adds_up import ADDS, ARMS, OF_THE_DUE, SAME, SHARES
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


def estimates(counts: dict[tuple[str, str, str], tuple[int, int, int | None]]) -> pl.DataFrame:
    """Rows by analysis, outcome and term, with people, rows and events."""
    return pl.DataFrame(
        [
            {
                "analysis": analysis, "outcome": outcome, "term": term, "population": "demo",
                "as_of": "2026Q3", "estimate": 0.5, "std_error": 0.1, "p_value": 0.01, "df": 7.5,
                "n_people": people, "n_rows": n_rows, "n_events": events, "note": "", "small_sample": "CR2",
                "suppressed": False,
            }
            for (analysis, outcome, term), (people, n_rows, events) in counts.items()
        ],
        schema=SCHEMA, orient="row",
    )  # fmt: skip


SCHEMA = {
    "analysis": pl.String, "outcome": pl.String, "term": pl.String, "population": pl.String,
    "as_of": pl.String, "estimate": pl.Float64, "std_error": pl.Float64, "p_value": pl.Float64,
    "df": pl.Float64, "n_people": pl.Int64, "n_rows": pl.Int64, "n_events": pl.Int64, "note": pl.String,
    "small_sample": pl.String, "suppressed": pl.Boolean,
}  # fmt: skip


def both_shown(told: pl.DataFrame, exact: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    rows = ProtectedRows(
        estimates=told, diagnostics=withhold_diagnostics(exact, maximum=10),
        original_estimates=told, original_diagnostics=exact,
    )  # fmt: skip
    kept = withhold_accounts(rows, maximum=10)
    return kept.estimates, kept.diagnostics


def shown(values: dict[str, float], **where: str) -> dict[str, float]:
    exact = rows(values, **where)
    _, kept = both_shown(estimates({}), exact)
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
    (everybody,) = (adds for adds in ADDS if adds.whole == "H1/everybody")
    values = dict.fromkeys((part.rpartition("/")[2] for part in everybody.parts), 0.0) | {
        "people_at_landmark": 206.0, "people_died_in_treatment": 2.0, "people_still_in_treatment": 41.0,
        "people_lost_before_landmark": 64.0, "people_used_before_landmark": 231.0,
    }  # fmt: skip
    kept = shown(values, analysis="H1", outcome="first_use")
    assert "people_died_in_treatment" not in kept
    assert len(set(values) - set(kept)) == 2
    assert kept["people_at_landmark"] == 206.0
    assert kept["people_without_record_of_use"] == 0.0


def test_people_without_a_score_do_not_follow_from_those_due_interviewed_and_scored():
    values = {
        "due_month_6": 523.0, "people_measured_twice_month_6": 425.0, "scored_month_6": 418.0,
        "follow_up_rate_month_6": 418 / 523,
    }  # fmt: skip
    exact = rows(values | {"omega_month_6": 0.8}, analysis="R1", outcome="qol").with_columns(
        n_people=pl.when(diagnostic="omega_month_6").then(425).otherwise("n_people")
    )
    told = estimates({("R1", "qol", "change_month_6"): (523, 418, None)})
    kept, facts = both_shown(told, exact)
    still = dict(facts.filter(~pl.col("suppressed")).select("diagnostic", "value").iter_rows())
    assert set(still) == {"due_month_6", "scored_month_6", "follow_up_rate_month_6", "omega_month_6"}
    assert facts.filter(diagnostic="omega_month_6")["n_people"].to_list() == [None]
    assert kept["n_rows"].to_list() == [418]


def test_a_follow_up_rate_goes_with_the_few_who_were_not_reached():
    values = {"due_month_6": 425.0, "answered_month_6": 419.0, "follow_up_rate_month_6": 419 / 425}
    told = estimates({("V2", "civic", "roles_to_engagement_month_6"): (425, 419, None)})
    kept, facts = both_shown(told, rows(values, analysis="V2", outcome="civic"))
    assert facts.filter(~pl.col("suppressed"))["diagnostic"].to_list() == ["due_month_6"]
    assert kept.select("n_people", "n_rows").row(0) == (425, None)
    assert kept.select("estimate", "std_error", "p_value", "df").null_count().sum_horizontal().item() == 0


def test_few_people_of_mixed_programs_do_not_follow_from_two_analyses_of_one_wave():
    values = wave(435, {"social": 1.0, "clinical": 1.0})
    told = estimates({("C3", f"x_{WAVE}", "smps_total_per_10_points"): (441, 360, None)})
    kept, facts = both_shown(told, rows(values))
    gone = set(facts.filter("suppressed")["diagnostic"])
    assert kept["n_people"].to_list() == [None] or {"people_due", f"due_{WAVE}_{ALL}"} <= gone


def test_who_came_less_who_answered_is_not_few_nor_who_was_trimmed_of_those_who_answered():
    values = wave(395, {"social": 198 / 218, "clinical": 197 / 217})
    told = estimates({
        ("C1", f"x_{WAVE}", "unadjusted_social_minus_clinical"): (346, 346, None),
        ("C1", f"x_{WAVE}", "social_minus_clinical"): (395, 340, None),
        ("C1", f"x_{WAVE}", "social_minus_clinical_overlap"): (395, 340, None),
    })  # fmt: skip
    kept, facts = both_shown(told, rows(values))
    assert kept["n_people"].to_list() == [None, 395, 395]
    assert kept["n_rows"].to_list() == [None, 340, 340]
    assert f"came_{WAVE}_{ALL}" not in set(facts.filter("suppressed")["diagnostic"])


def test_people_dropped_from_one_analysis_of_the_diary_do_not_follow_from_one_that_drops_nobody():
    facts = pl.concat([
        rows({"people_dropped": 0.0}, analysis="W1", outcome="meaningfulness"),
        rows({"people_dropped": 3.0}, analysis="P1", outcome="evening_without_craving"),
        rows({"people_with_hours": 117.0}, analysis="P1", outcome="abstinent_at_next_interview"),
    ])  # fmt: skip
    told = estimates({
        ("W1", "meaningfulness", "recovery_identity_within"): (120, 1500, None),
        ("P1", "evening_without_craving", "peer_hours_within_per_sd"): (117, 1245, None),
    })  # fmt: skip
    kept, after = both_shown(told, facts)
    assert kept["n_people"].to_list() == [120, 117]
    assert after["value"].to_list() == [None, None, 117.0], "how many all are is no longer told"


def test_people_without_a_tie_do_not_follow_from_those_with_one_and_those_another_analysis_asked():
    asked = {f"due_{WAVE}": 523.0, f"people_measured_twice_{WAVE}": 425.0, f"scored_{WAVE}": 425.0}
    told = estimates({("M1", WAVE, "reciprocity"): (419, 450, 150)})
    kept, facts = both_shown(told, rows(asked, analysis="R1", outcome="barc10"))
    assert kept["n_people"].to_list() == [419]
    assert facts.filter("suppressed")["diagnostic"].to_list() == [f"people_measured_twice_{WAVE}"]


def test_few_mutual_pairs_of_one_kind_do_not_follow_from_all_less_the_others():
    told = estimates({
        ("M1", WAVE, "reciprocity"): (354, 350, 128),
        ("M1", WAVE, "reciprocity_in_social_programs"): (150, 158, 93),
        ("M1", WAVE, "reciprocity_beyond_chance"): (354, 350, 128),
        ("M1", WAVE, "reciprocity_beyond_chance_in_social_programs"): (150, 158, 93),
        ("M1", WAVE, "reciprocity_in_clinical_programs"): (139, 131, 29),
        ("M1", WAVE, "reciprocity_in_mixed_programs"): (65, 61, None),
    })  # fmt: skip
    kept, _ = both_shown(told, rows({"people_due": 523.0}, analysis="M1", outcome=WAVE))
    events = kept["n_events"].to_list()
    assert None in (events[0], events[1], events[4])
    assert events[0] == events[2], "one count goes in every place"
    assert events[1] == events[3]
    assert kept["n_rows"].to_list() == [350, 158, 350, 158, 131, 61]


def test_where_a_part_is_greater_than_its_whole_nothing_is_said_to_add_up():
    account = account_of({"P1/a/people_with_hours": 30.0, "P1/a/people_interviewed_after_diary": 34.0})
    assert account.sums == []


def test_each_declaration_reads_names_of_an_analysis_alone():
    texts = [text for one in ADDS for text in (one.whole, *one.parts)]
    texts += [text for alike in SAME for text in alike]
    texts += [text for one in SHARES for text in (one.share, one.whole, one.part)]
    assert {text.partition("/")[0] for text in texts} <= {
        *("C1", "C2", "C3", "H1", "J1", "M1", "P1", "Q1", "R1", "S1", "V2", "W1", "W3", "W4", "diary")
    }


def test_without_a_rule_everything_is_shown():
    exact, told = rows(wave(426, {"social": 0.99, "clinical": 0.97})), estimates({})
    before = ProtectedRows(
        estimates=told, diagnostics=exact, original_estimates=told, original_diagnostics=exact
    )
    after = withhold_accounts(before, maximum=0)
    assert after.estimates.equals(told)
    assert after.diagnostics.equals(exact)
