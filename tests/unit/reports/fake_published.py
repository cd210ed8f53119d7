"""Figures that others published, for the fake release."""

from __future__ import annotations

from typing import Any

from tests.unit.reports.fake_names import Row


def published() -> list[Row]:
    """Figures that others published."""

    def row(key: str, about: tuple[str, str], study: str, value: float, mark: str, **more: Any) -> Row:
        analysis, term = about
        return {
            "benchmark_id": key,
            "analysis": analysis,
            "outcome": "return_to_prison",
            "term": term,
            "study": study,
            "value": value,
            "std_error": None,
            "scale": "probability",
            "n_people": None,
            "cohort": None,
            "time_window": None,
            "definition": "Return to prison",
            "mark": mark,
            "source_url": "https://example.org/source",
            "note": None,
        } | more

    slope = {"outcome": "meaningfulness", "scale": "points per point", "n_people": 91, "definition": "Slope"}
    return [
        row(
            "w1_within",
            ("W1", "recovery_identity_within"),
            "Lancaster and others 2025",
            0.79,
            "verified",
            std_error=0.04,
            **slope,
        ),
        row(
            "w1_between",
            ("W1", "recovery_identity_between"),
            "Lancaster and others 2025",
            0.94,
            "verified",
            **slope,
        ),
        row(
            "w2_meeting",
            ("W2", "recovery_identity_within_meeting_day"),
            "Lancaster and others 2025",
            0.56,
            "verified",
            std_error=0.08,
            **slope,
        ),
        row(
            "w3_any",
            ("W3", "any_recovery_identity_within"),
            "Diary study of craving",
            0.01,
            "verified",
            std_error=0.01,
            outcome="craving",
            scale="log odds per point",
            n_people=94,
        ),
        row(
            "w3_extent",
            ("W3", "extent_recovery_identity_between"),
            "Diary study of craving",
            -0.06,
            "verified",
            std_error=0.015,
            outcome="craving",
            scale="points per point",
            n_people=94,
        ),
        row(
            "j1_mo",
            ("J1", "within_3_years"),
            "Policy note 2024",
            0.35,
            "verified",
            outcome="recidivism_not_defined",
            cohort="People released from Missouri prisons in 2020",
        ),
        row(
            "j1_bjs", ("J1", "within_3_years"), "Bureau of Justice Statistics, 2012 cohort", 0.39, "verified"
        ),
        row(
            "j1_pew",
            ("J1", "within_3_years"),
            "Center on the States",
            0.433,
            "verified_second_hand",
            definition="Back in prison",
            cohort="Released 2004, United States",
        ),
        row(
            "j1_arrest",
            ("J1", "within_3_years"),
            "Bureau of Justice Statistics, 2012 cohort",
            0.62,
            "verified",
            outcome="arrest",
            definition="New arrest",
        ),
        row(
            "v1_uk",
            ("V1", "recovery"),
            "Life in Recovery, United Kingdom 2015",
            0.79,
            "derived",
            outcome="volunteered",
            definition="Volunteered since recovery began",
            n_people=802,
        ),
        row(
            "v1_uk_part",
            ("V1", "recovery"),
            "Life in Recovery, United Kingdom 2015",
            0.07,
            "verified",
            outcome="fired",
            definition="Of those in recovery for long, whose number is not known",
        ),
        row(
            "v1_us",
            ("V1", "ratio"),
            "Life in Recovery, United States 2012",
            3.0,
            "verified",
            outcome="volunteered",
            scale="ratio",
            n_people=3228,
            note="Published in words: nearly threefold. The rates were not found.",
        ),
    ]
