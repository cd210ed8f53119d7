"""Made-up diaries with planted links, for the tests of the analyses."""

import numpy as np
import polars as pl

SCHEMA = {
    "participant_id": pl.String, "day": pl.Int64, "response_status": pl.String,
    "recovery_identity": pl.Float64, "attended_meeting": pl.Boolean, "visited_center": pl.Boolean,
    "meaningfulness": pl.Float64, "craving": pl.Float64,
}  # fmt: skip


def diary(*, people=60, days=10, cap=np.inf, by_meeting=-0.4):
    """Every evening answered; identity 0.8 within, 0.4 less on meeting days; craving on about half."""
    random = np.random.default_rng(7)
    usual = random.normal(60, 12, (people, 1))
    deviation = random.normal(0, 9, (people, days))
    meeting = random.random((people, days)) < 0.5
    center = random.random((people, days)) < 0.4
    habit = meeting.mean(axis=1, keepdims=True)
    meaning = (
        60
        + random.normal(0, 8, (people, 1))
        + 0.9 * (usual - 60)
        + (0.8 + random.normal(0, 0.2, (people, 1)) + by_meeting * (meeting - habit)) * deviation
        + random.normal(0, 6, (people, days))
    )
    prone = random.normal(0, 1, (people, 1))
    craves = random.random((people, days)) < 1 / (1 + np.exp(-(prone + 0.04 * deviation)))
    extent = 40 + 8 * (0.6 * prone + 0.8 * random.normal(size=(people, 1))) - 0.5 * deviation
    extent = extent + random.normal(0, 5, (people, days))
    person = np.repeat(np.arange(people), days)
    return pl.DataFrame(
        {
            "participant_id": [f"p{i:03d}" for i in person],
            "day": np.tile(np.arange(1, days + 1), people),
            "response_status": "answered",
            "recovery_identity": (usual + deviation).ravel(),
            "attended_meeting": meeting.ravel(),
            "visited_center": center.ravel(),
            "meaningfulness": np.minimum(meaning.ravel(), cap),
            "craving": np.where(craves, np.clip(extent, 1, 100), 0.0).ravel(),
        },
        schema=SCHEMA,
    )


def by_term(findings):
    return {(row.outcome, row.term): row for row in findings.estimates}


def facts(findings):
    return {row.diagnostic: row for row in findings.diagnostics}
