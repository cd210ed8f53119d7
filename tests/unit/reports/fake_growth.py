"""Made-up answers on remission, recovery capital, quality of life, helping, peers, mutual help and roles.

Each holds what its page must cope with: a given, a refused and a withheld answer, one held back by a gate,
and of quality of life an open upper limit and an answer that is no number.
"""

from __future__ import annotations

import math
from typing import Any

from models.trajectory.quality_of_life import NOT_REACHED, OPEN_ABOVE, PEOPLE_DIFFER
from pipelines.codebook import load_codebook
from pipelines.codebook.to_catalog import catalog_frames

Row = dict[str, Any]
QUARTER, DEMO, SURVEY = "2026Q3", "demo_collaborative", "demo_survey"
PLANTED, PLANTED_PEOPLE = 0.7312345, 777666  # as in the rest of the fake release: what a withheld row holds
HELD = "Not enough to say: fewer than half of those due were interviewed."
WAVES = ("month_6", "month_12")
SCALES = {
    "barc10": 5.3,
    "recovery_capital_social": 9.5,
    "recovery_capital_cultural": 0.4,
    "eurohis_qol8": 0.46,
}
PAGES = (
    "remission.html", "recovery-capital.html", "quality-of-life.html", "helping.html", "mutual-help.html",
    "peers.html", "roles.html",
)  # fmt: skip


def answer(about: tuple[str, str, str], value: tuple | None, **more: Any) -> Row:
    """One row of results.estimates of (analysis, outcome, term); `value` is (estimate, low, high) or None."""
    analysis, outcome, term = about
    estimate, low, high = value or (None, None, None)
    return {
        "analysis": analysis, "outcome": outcome, "term": term, "population": DEMO, "as_of": QUARTER,
        "estimate": estimate, "std_error": None, "ci_low": low, "ci_high": high, "p_value": None, "df": None,
        "n_people": 458, "n_rows": None, "n_events": None, "method": "a method", "scale": "probability",
        "small_sample": "t with 9 degrees of freedom", "note": "", "suppressed": False,
    } | more  # fmt: skip


def fact(about: tuple[str, str, str], value: float | None, half: float | None = None, **more: Any) -> Row:
    """One row of results.diagnostics."""
    analysis, outcome, name = about
    return {
        "analysis": analysis, "outcome": outcome, "diagnostic": name, "population": DEMO, "as_of": QUARTER,
        "value": value, "ci_low": None if half is None or value is None else value - half,
        "ci_high": None if half is None or value is None else value + half, "detail": "", "n_people": 458,
        "suppressed": False,
    } | more  # fmt: skip


def near(value: float, half: float) -> tuple[float, float, float]:
    return value, value - half, value + half


def withheld(row: Row) -> Row:
    """A row that wrongly still carries what it withholds."""
    return row | {
        "estimate": PLANTED, "ci_low": PLANTED, "ci_high": PLANTED, "n_people": PLANTED_PEOPLE,
        "suppressed": True, "note": "planted",
    }  # fmt: skip


def estimates() -> list[Row]:
    """The answers of the seven analyses."""
    return [*_remission(), *_capital(), *_quality(), *_helping(), *_peers(), *_mutual(), *_roles()]


def _remission() -> list[Row]:
    about = ("S1", "sustained_remission")
    return [
        answer((*about, "within_1_year"), near(0.31, 0.04), n_people=598),
        answer((*about, "within_3_years"), near(0.51, 0.05), n_people=598),
        answer((*about, "within_5_years"), None, n_people=598, note="Too few people are followed so long."),
    ]


def _capital() -> list[Row]:
    rows = []
    for scale, gain in SCALES.items():
        for wave, share in zip(WAVES, (0.7, 1.0), strict=True):
            change = near(share * gain, 1.1 if gain > 1 else 0.2)
            if scale == "recovery_capital_cultural":
                change = near(gain, 1.5)
            rows.append(answer(("R1", scale, f"change_{wave}"), change, scale="points"))
            better = answer(("R1", scale, f"reliably_better_{wave}"), near(0.31, 0.07))
            worse = answer(("R1", scale, f"reliably_worse_{wave}"), near(0.05, 0.03))
            rows += [better, withheld(worse) if scale == "barc10" else worse]
    held = {"recovery_capital_personal": HELD}
    for scale, note in held.items():
        rows += [
            answer(("R1", scale, f"{t}_month_12"), None, note=note) for t in ("change", "reliably_better")
        ]
    cut = (("baseline", 0.22, 598), ("month_6", 0.39, 523), ("month_12", 0.50, 458))
    return rows + [
        answer(("R1", "barc10", f"at_least_47_{wave}"), near(share, 0.06), n_people=people)
        for wave, share, people in cut
    ]


def _quality() -> list[Row]:
    def told(term: str, value: tuple | None, scale: str = "years", **more: Any) -> Row:
        row = answer(("Q1", "eurohis_qol8", term), value, scale=scale)
        return row | {"population": SURVEY, "n_people": 1031, "note": PEOPLE_DIFFER} | more

    return [
        told("dip_depth", (0.15, 0.006, 0.31), "points"),
        told("turning_point_years", (0.94, 0.48, 1.11)),
        told("crossing_years", (4.03, 3.5, None), note=f"{PEOPLE_DIFFER} {OPEN_ABOVE}"),
        told("crossing_years_with_center", (3.28, 2.85, 3.97), n_people=437),
        told("crossing_years_without_center", None, n_people=594, note=f"{NOT_REACHED} {PEOPLE_DIFFER}"),
        told("dip_depth_with_center", (0.09, 0.0, 0.35), "points", n_people=437),
        told("dip_depth_without_center", None, "points", n_people=594, note=HELD),
        told("crossing_years_with_minus_without_center", None, note="One group has no crossing year."),
    ]


def _helping() -> list[Row]:
    about = ("H1", "first_use")
    ratio = {"scale": "hazard ratio", "n_people": 206}
    return [
        answer((*about, "helpers_12_months"), near(0.37, 0.16), n_people=43),
        answer((*about, "others_12_months"), near(0.19, 0.07), n_people=163),
        answer((*about, "helping"), (0.58, 0.37, 0.91), **ratio),
        answer((*about, "helping_adjusted"), (0.68, 0.42, 1.11), **ratio),
        answer((*about, "restricted_mean_difference"), near(62.5, 50.0), scale="days", n_people=206),
    ]


def _peers() -> list[Row]:
    evening, interview = ("P1", "evening_without_craving"), ("P1", "abstinent_at_next_interview")
    odds, rank = {"scale": "odds ratio", "n_people": 120, "n_rows": 1245}, {"scale": "rank", "n_people": 120}
    return [
        answer((*evening, "peer_hours_within_per_sd"), (1.30, 1.13, 1.49), **odds),
        answer((*evening, "meaningful_hours_within_per_sd"), (1.10, 0.96, 1.26), **odds),
        answer((*evening, "peer_hours_between_per_sd"), (1.67, 1.27, 2.19), **odds),
        answer(
            (*evening, "meaningful_hours_between_per_sd"), None, **odds, note="The model did not converge."
        ),
        answer((*interview, "peer_hours_per_sd"), (1.76, 0.72, 4.33), **(odds | {"n_people": 34})),
        answer((*interview, "meaningful_hours_per_sd"), (1.31, 0.52, 3.28), **(odds | {"n_people": 34})),
        answer((*evening, "rank_peer_hours_within"), (1.0, 1.0, 2.0), **rank),
        answer((*evening, "rank_meaningful_hours_within"), (2.0, 1.0, 2.0), **rank),
        answer((*interview, "rank_peer_hours"), (1.0, 1.0, 1.0), **rank),
        answer((*interview, "rank_meaningful_hours"), (2.0, 2.0, 2.0), **rank),
    ]


def _mutual() -> list[Row]:
    rows = []
    for kind, share in (("", 0.42), ("_in_social_programs", 0.51), ("_in_clinical_programs", 0.29)):
        rows += [
            answer(("M1", "month_12", f"reciprocity{kind}"), near(share, 0.06), scale="share of pairs"),
            answer(
                ("M1", "month_12", f"reciprocity_beyond_chance{kind}"),
                near(share - 0.22, 0.05),
                scale="share of pairs",
            ),
            answer(("M1", "month_12", f"share_give_and_receive{kind}"), near(share + 0.2, 0.06)),
            answer(("M1", "month_12", f"in_service_index{kind}"), near(100 * share, 6), scale="points"),
        ]
    mixed = answer(
        ("M1", "month_12", "reciprocity_in_mixed_programs"), None, scale="share of pairs", note=HELD
    )
    few = answer(("M1", "month_12", "share_give_and_receive_in_mixed_programs"), near(0.5, 0.1))
    apart = answer(
        ("M1", "month_12", "reciprocity_social_minus_clinical"), near(0.22, 0.11), scale="share of pairs"
    )
    link = answer(
        ("M1", "month_12", "in_service_index_with_sustained_remission"), (0.41, -0.2, 0.79),
        scale="correlation", n_rows=12,
    )  # fmt: skip
    evenings = {"scale": "share of evenings", "n_people": 119}
    diary = [
        answer(("M1", "diary", "evenings_give_and_receive"), near(0.19, 0.03), **evenings),
        answer(("M1", "diary", "giving_with_receiving_within"), near(-0.01, 0.05), **evenings),
    ]
    return [*rows, mixed, withheld(few), apart, link, *diary]


def _roles() -> list[Row]:
    steps = {"scale": "standard deviations per standard deviation"}
    engagement, roles = ("V2", "civic_activities_30"), ("V2", "roles_held")
    return [
        answer((*engagement, "roles_to_engagement"), near(0.62, 0.30), scale="points per point"),
        answer((*engagement, "roles_to_engagement_per_sd"), near(0.21, 0.10), **steps),
        answer((*engagement, "roles_first_minus_engagement_first"), near(0.11, 0.14), **steps),
        answer((*roles, "engagement_to_roles"), near(0.02, 0.04), scale="points per point"),
        answer((*roles, "engagement_to_roles_per_sd"), near(0.10, 0.12), **steps),
        answer((*roles, "engagement_to_roles_month_6"), None, scale="points per point", note=HELD),
    ]


def curves() -> list[Row]:
    """Curves of remission, of helping (withheld at one point) and of quality of life."""
    rows = [
        _point(("S1", "sustained_remission", "overall"), (year, share, 0.05), "years", 598 - 90 * place)
        for place, (year, share) in enumerate(((0.0, 0.0), (0.5, 0.0), (1.0, 0.31), (2.0, 0.40), (3.0, 0.51)))
    ]
    for group, pace in (("helpers", 0.8), ("others", 1.6)):
        rows += [
            _point(
                ("H1", "first_use", group), (day, math.exp(-pace * day / 365), 0.06), "days", 150 - day // 4
            )
            for day in range(0, 361, 60)
        ]
    rows[-1] |= {"suppressed": True, "estimate": PLANTED, "ci_low": PLANTED, "n_at_risk": PLANTED_PEOPLE}
    for group, lift in (("everybody", 0.0), ("with_center", 0.1), ("without_center", -0.3)):
        for ending in ("", "_simultaneous", "_local_regression"):
            rows += [
                _point(
                    ("Q1", "eurohis_qol8", f"{group}{ending}"),
                    (quarter / 4, 3.2 + lift + 0.9 * (1 - math.exp(-quarter / 20)), 0.1),
                    "years",
                    None,
                )
                | {"population": SURVEY}
                for quarter in range(81)
            ]
    return rows


def _point(
    about: tuple[str, str, str], place: tuple[float, float, float], unit: str, at_risk: int | None
) -> Row:
    """One row of results.curves; `place` is its x, its value and half of its range."""
    analysis, outcome, curve = about
    x, value, half = place
    ends = (None, None) if value in (0.0, 1.0) else (value - half, value + half)
    return {
        "analysis": analysis, "outcome": outcome, "curve": curve, "population": DEMO, "as_of": QUARTER,
        "x": float(x), "x_unit": unit, "estimate": value, "ci_low": ends[0], "ci_high": ends[1],
        "n_at_risk": at_risk, "n_events": 12, "suppressed": False,
    }  # fmt: skip


def diagnostics() -> list[Row]:
    """How many were due and heard, how well scales measure, chance, and numbers worked out otherwise."""
    first, evening, pairs = ("H1", "first_use"), ("P1", "evening_without_craving"), ("M1", "month_12")
    quality = {"population": SURVEY, "n_people": 1031}
    rows = [
        fact(("S1", "sustained_remission", "follow_up"), 2.6),
        fact(("S1", "sustained_remission", "gate_degrees_of_freedom"), 1.0),
        fact(("S1", "sustained_remission", "people_died_before_next_contact"), 14.0),
        fact(("S1", "sustained_remission", "people_died_long_after_contact"), 0.0),
        fact(("S1", "sustained_remission", "sensitivity_within_3_years_by_person"), 0.51, 0.05),
        fact(("S1", "sustained_remission", "sensitivity_within_3_years_if_nobody_died"), 0.53, 0.05),
        fact((*first, "follow_up"), 0.87, n_people=501),
        fact((*first, "people_at_landmark"), 206.0, n_people=206),
        fact((*first, "people_used_before_landmark"), 231.0, n_people=231),
        fact((*first, "meetings_helpers"), 9.5),
        fact((*first, "meetings_others"), 8.0),
        fact((*first, "proportional_hazards_p_helping"), 0.02),
        fact((*first, "sensitivity_helping_by_person"), 0.58, 0.19),
        fact((*first, "sensitivity_helping_ever_helped"), 0.25, 0.12),
        fact((*evening, "response_rate"), 0.91, n_people=120),
        fact((*evening, "share_without_craving"), 0.479),
        fact((*evening, "sd_within_peer_hours"), 2.16),
        fact((*evening, "sd_within_meaningful_hours"), 2.28),
        fact((*evening, "sensitivity_peer_hours_within_per_sd_model_based"), 1.29, 0.18),
        fact(("Q1", "eurohis_qol8", "general_population_mean"), 3.79, 0.05, **quality),
        fact(("Q1", "eurohis_qol8", "curve_ends_years"), 20.0, **quality),
        fact(("Q1", "eurohis_qol8", "sensitivity_crossing_years_fewer_knots"), 4.3, 0.9, **quality),
        fact((*pairs, "reciprocity_by_chance"), 0.22),
        fact((*pairs, "reciprocity_by_chance_in_social_programs"), 0.25),
        fact((*pairs, "people_due"), 458.0),
        fact((*pairs, "gate_follow_up"), 1.0),
        fact((*pairs, "in_service_part_balance"), 61.0),
        fact((*pairs, "sensitivity_reciprocity_beyond_chance_stays_overlapped"), 0.19, 0.05),
        fact((*pairs, "sensitivity_reciprocity_beyond_chance_whoever_entered_when"), 0.37, 0.05),
        fact(("V2", "civic_activities_30", "due_month_12"), 440.0),
        fact(("V2", "civic_activities_30", "answered_month_12"), 330.0),
    ]  # fmt: skip
    for scale in SCALES:
        rows += [fact(("R1", scale, f"alpha_{w}"), 0.85, 0.02) for w in ("baseline", *WAVES)]
        rows += [
            fact(("R1", scale, "due_month_12"), 458.0),
            fact(("R1", scale, "scored_month_12"), 349.0),
            fact(("R1", scale, "sensitivity_change_month_12_complete_cases"), 5.2, 0.8),
            fact(("R1", scale, "same_loadings_p_month_12"), 0.40),
            fact(("R1", scale, "same_loadings_cfi_change_month_12"), 0.0),
            fact(("R1", scale, "same_intercepts_p_month_12"), 0.01 if scale == "eurohis_qol8" else 0.30),
            fact(
                ("R1", scale, "same_intercepts_cfi_change_month_12"),
                -0.03 if scale == "eurohis_qol8" else 0.0,
            ),
        ]
    return rows


def published() -> list[Row]:
    """Figures that others published on helping, the scale and quality of life."""

    def row(key: str, about: tuple[str, str, str], value: float, scale: str, study: str) -> Row:
        analysis, outcome, term = about
        return {
            "benchmark_id": key, "analysis": analysis, "outcome": outcome, "term": term, "study": study,
            "value": value, "std_error": None, "scale": scale, "n_people": None, "cohort": None,
            "time_window": None, "definition": "As published", "mark": "verified",
            "source_url": "https://example.org/source", "note": None,
        }  # fmt: skip

    trial = "A trial of helping, 2004"
    return [
        row("h1_helpers", ("H1", "first_use", "helpers_12_months"), 0.40, "probability", trial),
        row("h1_others", ("H1", "first_use", "others_12_months"), 0.22, "probability", trial),
        row("h1_ratio", ("H1", "first_use", "helping"), 0.61, "hazard ratio", trial),
        row("r1_alpha", ("R1", "barc10", "alpha_baseline"), 0.9, "alpha", "The study that made the scale"),
        row("q1_gains", ("Q1", "eurohis_qol8", "end_of_steep_gains"), 6.0, "years", "A survey of 2018"),
    ]


def catalog_of(populations: list[Row]) -> dict[str, list[Row]]:
    """The survey as a population, and the analyses that the codebook does not list yet."""
    survey = {"population": SURVEY, "label": "Recovery survey", "synthetic": True, "n_people": 1485}
    analyses = catalog_frames(load_codebook(), {})["catalog.analyses"].to_dicts()
    known = {row["analysis"] for row in analyses}
    blank = dict.fromkeys(analyses[0], "Said in words.")
    more = [blank | {"analysis": name} for name in ("M1", "V2") if name not in known]
    return {"catalog.populations": [*populations, survey], "catalog.analyses": [*analyses, *more]}


def rows_with(rows: dict[str, list[Row]]) -> dict[str, list[Row]]:
    """Add these answers to the rows of a fake release."""
    return rows | {
        "results.estimates": [*rows["results.estimates"], *estimates()],
        "results.curves": [*rows["results.curves"], *curves()],
        "results.diagnostics": [*rows["results.diagnostics"], *diagnostics()],
        "reference.published_estimates": [*rows["reference.published_estimates"], *published()],
        **catalog_of(rows["catalog.populations"]),
    }
