"""Made-up answers on the kinds of programs (C1 to C3): every verdict, one held back and one withheld."""

from __future__ import annotations

from typing import Any

from models.comparison.claims import WORDS

Row = dict[str, Any]
QUARTER, DEMO = "2026Q3", "demo_collaborative"
WAVES = ("month_12", "month_6")
GOOD, BAD, ALIKE, OPEN = (WORDS[name] for name in ("better", "worse", "similar", "open"))
NOT_WORSE, NOT_BETTER, CHANCE_OF_TEN = (WORDS[name] for name in ("not worse", "not better", "chance"))
HELD = "Not enough to say: fewer than half of those due were interviewed."
REST = "People of social programs less people of clinical programs, made alike at entry."
CHANCE = "May be chance among the questions asked of this wave."
BEYOND = "Holds beyond chance among the questions asked of this wave."
PLANTED = 0.7312345  # as in the rest of the fake release: the number of a withheld row
MAIN, PLAIN = "social_minus_clinical", "unadjusted_social_minus_clinical"

# outcome: estimate, half of the range, verdict, mean of clinical programs
COMPARED: dict[str, tuple[float | None, float, str, float]] = {
    "any_problem_alcohol": (-0.12, 0.06, GOOD, 0.40),
    "any_problem_drug": (-0.05, 0.12, NOT_WORSE, 0.42),
    "any_problem_medical": (0.01, 0.06, ALIKE, 0.30),
    "any_problem_employment": (0.20, 0.08, BAD, 0.35),
    "any_problem_legal": (0.04, 0.15, OPEN, 0.36),
    "any_problem_family": (None, 0.0, HELD, 0.5),
    "any_problem_psychiatric": (PLANTED, 0.1, OPEN, 0.5),  # withheld
    "abstinent": (0.09, 0.13, CHANCE_OF_TEN, 0.46),
    "eurohis_qol8": (0.02, 0.15, ALIKE, 3.41),
    "barc10": (-1.3, 2.2, NOT_BETTER, 44.6),
}
WITHHELD = "any_problem_psychiatric"
MARGINS = {"eurohis_qol8": 0.21, "barc10": 2.4}
BALANCE = {
    "asi_legal_baseline": (0.31, 0.02),
    "asi_family_baseline": (-0.44, -0.03),
    "k6_baseline": (0.05, 0.01),
    "age_band_under_25": (0.04, -0.01),
    "age_band_25_to_34": (-0.09, 0.06),
}
SCALE = ("smps_total", "smps_staff_role", "smps_governance")


def answer(analysis: str, outcome: str, term: str, value: tuple | None, **more: Any) -> Row:
    """One row of results.estimates; `value` is (estimate, low, high), or None for a refused one."""
    estimate, low, high = value or (None, None, None)
    return {
        "analysis": analysis, "outcome": outcome, "term": term, "population": DEMO, "as_of": QUARTER,
        "estimate": estimate, "std_error": None, "ci_low": low, "ci_high": high, "p_value": None, "df": None,
        "n_people": 360, "n_rows": None, "n_events": None, "method": "a method of programs",
        "scale": "probability", "small_sample": "t with 8 degrees of freedom", "note": "",
        "suppressed": False,
    } | more  # fmt: skip


def fact(
    analysis: str, outcome: str, name: str, value: float | None, half: float | None = None, **more: Any
) -> Row:
    """One row of results.diagnostics."""
    ends = None if half is None or value is None else (value - half, value + half)
    return {
        "analysis": analysis, "outcome": outcome, "diagnostic": name, "population": DEMO, "as_of": QUARTER,
        "value": value, "ci_low": ends and ends[0], "ci_high": ends and ends[1], "detail": "a fact",
        "n_people": 360, "suppressed": False,
    } | more  # fmt: skip


def estimates() -> list[Row]:
    """All answers on the kinds of programs."""
    return [*_compared(), *_through(), *_by_scale()]


def diagnostics() -> list[Row]:
    """All facts on the kinds of programs."""
    rows = []
    for wave in WAVES:
        rows += [*_people(wave), *_outcomes(wave)]
    rows += [
        fact("C2", "any_problem_alcohol_month_12", "confounding_to_cancel_indirect", 0.34),
        fact("C2", "any_problem_alcohol_month_12", "confounding_to_reach_zero_indirect", 0.08),
        fact("C2", "any_problem_alcohol_month_12", "sensitivity_total_complete_cases", -0.13, 0.11),
        fact("C3", "month_12", "programs", 12.0),
    ]
    return rows


def _compared() -> list[Row]:
    rows = []
    for wave in WAVES:
        for code, (value, half, verdict, _) in COMPARED.items():
            outcome, hidden = f"{code}_{wave}", code == WITHHELD
            ends = None if value is None else (value, value - half, value + half)
            note = verdict if value is None else f"{verdict} {REST}"
            rows += [
                answer("C1", outcome, MAIN, ends, note=note, suppressed=hidden),
                answer("C1", outcome, PLAIN, ends and (ends[0] + 0.03, ends[1], ends[2] + 0.06), n_people=293,
                       note="As the groups stand.", suppressed=hidden),
            ]  # fmt: skip
    return rows


def _through() -> list[Row]:
    alcohol = {
        "total": (-0.15, 0.09), "direct": (-0.05, 0.12), "indirect": (-0.10, 0.06),
        "path_twelve_step_activities": (-0.07, 0.05), "path_network_support_abstinence": (-0.03, 0.06),
        "indirect_twelve_step_activities": (-0.08, 0.05),
    }  # fmt: skip
    rows = [
        answer("C2", "any_problem_alcohol_month_12", term, (value, value - half, value + half))
        for term, (value, half) in alcohol.items()
    ]
    rows.append(
        answer("C2", "any_problem_alcohol_month_12", "share_mediated", (0.66, 0.3, 0.9), scale="ratio")
    )
    rows += [
        answer("C2", "abstinent_month_12", "total", (0.08, -0.05, 0.21)),
        answer("C2", "abstinent_month_12", "indirect", (0.05, -0.04, 0.14)),
        answer("C2", "abstinent_month_12", "direct", (PLANTED, PLANTED, PLANTED), suppressed=True),
        answer("C2", "abstinent_month_12", "share_mediated", None,
               note="The total is not clearly different from zero, so that it has no shares."),
    ]  # fmt: skip
    return rows


def _by_scale() -> list[Row]:
    rows = []
    for score in SCALE:
        for code, value, note in (
            ("any_problem_alcohol", -0.04, BEYOND),
            ("any_problem_drug", -0.03, CHANCE),
            ("abstinent", 0.01, CHANCE),
        ):
            rows.append(
                answer("C3", f"{code}_month_12", f"{score}_per_10_points_probability",
                       (value, value - 0.02, value + 0.02), note=note, n_people=458)
            )  # fmt: skip
        rows.append(
            answer(
                "C3",
                "barc10_month_12",
                f"{score}_per_10_points",
                (0.2, -0.1, 0.5),
                scale="points",
                note=CHANCE,
            )
        )
    return rows


def _people(wave: str) -> list[Row]:
    found: dict[str, float] = {
        "people_due": 381.0, "people_compared": 360.0, "programs_of_lesser_arm": 5.0,
        "effective_sample_size_ate": 138.4,
    }  # fmt: skip
    for arm, due, came in (("all", 381, 293), ("social", 189, 145), ("clinical", 192, 148)):
        found |= {
            f"due_{wave}_{arm}": due, f"came_{wave}_{arm}": came, f"lost_{wave}_{arm}": due - came - 12,
            f"follow_up_rate_{wave}_{arm}": came / due,
        }  # fmt: skip
    for column, (before, after) in BALANCE.items():
        found |= {f"balance_{column}_before": before, f"balance_{column}_after": after}
    found[f"came_minus_lost_abstinent_days_30_baseline_{wave}_all"] = 0.62
    rows = [fact("C1", wave, name, float(value)) for name, value in found.items()]
    rows += [
        fact("C1", wave, "negative_control_onset_age", -0.6, 1.1),
        fact("C1", wave, "negative_control_onset_age_before", -0.9, 1.0),
        fact("C1", wave, "negative_control_onset_age_detectable", 0.23),
        fact("C1", wave, "negative_control_onset_age_correlation", 0.08),
    ]
    return [*rows, fact("C1", wave, f"died_{wave}_social", PLANTED, suppressed=True)]


def _outcomes(wave: str) -> list[Row]:
    rows = []
    for code, (value, half, said, clinical) in COMPARED.items():
        outcome = f"{code}_{wave}"
        rows.append(fact("C1", outcome, "gate_follow_up", float(value is not None)))
        if value is None:
            continue
        hidden = {"suppressed": code == WITHHELD}
        social = PLANTED if code == WITHHELD else clinical + value
        rows += [
            fact("C1", outcome, "adjusted_social", social, 0.08, **hidden),
            fact(
                "C1", outcome, "adjusted_clinical", PLANTED if code == WITHHELD else clinical, 0.09, **hidden
            ),
            fact("C1", outcome, f"margin_{MAIN}", MARGINS.get(code, 0.1)),
            fact("C1", outcome, f"e_value_{MAIN}", 2.3, **hidden),
            fact("C1", outcome, f"e_value_limit_{MAIN}", 1.4 if abs(value) > half else 1.0, **hidden),
            fact("C1", outcome, f"sensitivity_{MAIN}_complete_cases", value, 1.6 * half, **hidden),
            fact("C1", outcome, f"sensitivity_{MAIN}_weighted", value, half, **hidden),
            fact("C1", outcome, f"monte_carlo_error_{MAIN}", half / 20, **hidden),
            fact("C1", outcome, f"rubin_error_over_main_{MAIN}", 1.4 if code == "abstinent" else 1.02),
        ]
        if not said.startswith("Not enough"):
            rows += _claim(outcome, code, half)
    return rows


def _claim(outcome: str, code: str, half: float) -> list[Row]:
    """What a claim rests on; that on drugs is near its line and does not hold for complete cases."""
    near = code == "any_problem_drug"
    side = "better" if code in ("any_problem_employment", "barc10") else "worse"
    words = f"by how much {side} than imputed those of social programs without the answer must have fared"
    if code == "any_problem_employment":
        words += "; more than can be: the claim stands whatever they would have answered"
    return [
        fact("C1", outcome, f"bias_that_undoes_{MAIN}", half / (10 if near else 2)),
        fact("C1", outcome, f"tipping_point_{MAIN}", 2 * half, detail=words),
        fact("C1", outcome, f"claim_holds_complete_cases_{MAIN}", float(not near)),
        fact("C1", outcome, f"claim_holds_weighted_{MAIN}", 1.0),
    ]
