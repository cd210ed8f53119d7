"""What the fake release says of itself."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from tests.unit.reports.fake_names import CAROLINA, DEMO, HELP, QUARTER, Row


def catalog() -> dict[str, list[Row]]:
    """What the release says of itself."""
    demo = "Demo county collaborative"

    def source(name: str, file: str, population: str, title: str, rows: tuple[int, int], **more: Any) -> Row:
        return {
            "source": name,
            "file": file,
            "delivered_quarter": QUARTER,
            "title": title,
            "population": population,
            "producer": "A generator",
            "licence": "CC0-1.0",
            "synthetic": True,
            "file_sha256": "0" * 64,
            "rows_in": sum(rows),
            "rows_kept": rows[0],
            "rows_quarantined": rows[1],
        } | more

    real = {"synthetic": False, "producer": "A university", "licence": "Open"}
    return {
        "catalog.populations": [
            {"population": DEMO, "label": demo, "synthetic": True, "n_people": 600},
            {"population": HELP, "label": "HELP trial, Boston, 1990s", "synthetic": False, "n_people": 453},
            {
                "population": CAROLINA,
                "label": "People released from prison in North Carolina, 1977 to 1978",
                "synthetic": False,
                "n_people": 1445,
            },
        ],
        "catalog.sources": [
            source("demo_diary", "diary.csv", DEMO, "Evening diary of the demo county", (1680, 12)),
            source(
                "help_trial", "HELPrct", HELP, "The HELP trial: detoxification in Boston", (453, 0), **real
            ),
            source("nc_releases", "recid", CAROLINA, "North Carolina prison releases", (1445, 0), **real),
        ],
        "catalog.refusals": [
            {
                "source": "demo_diary",
                "file": "diary.csv",
                "delivered_quarter": QUARTER,
                "column_name": "Q4",
                "reason": "out_of_range",
                "n_rows": 12,
                "expected": "a number from 0 to 100",
                "advice": "Check the slider's settings",
            }
        ],
        "catalog.checks": [
            {
                "delivered_quarter": QUARTER,
                "table_name": "core.diary_days",
                "column_name": column,
                "expectation": "expect_column_values_to_be_between",
                "success": met,
                "severity": "warning",
                "evaluated_rows": 1680,
                "unexpected_rows": 0 if met else 3,
            }
            for column, met in (("craving", True), ("peer_hours", False))
        ],
        "catalog.releases": [
            {
                "release_id": f"{QUARTER}-20261122T080000Z-abcdef12",
                "as_of": QUARTER,
                "released_at": datetime(2026, 11, 22, 8, tzinfo=UTC),
                "content_hash": "ab" * 32,
                "schema_version": "1.0.0",
                "code_version": "0.1.0",
                "contains_synthetic": True,
                "small_cell_maximum": 10,
                "left_out": None,
                "terms": "Use only under an agreement",
            }
        ],
    }
