"""What the pages on data and methods tell of sources, terms, estimands and limits."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

from reports.page import Page, Table
from tests.unit.reports.pages.reading import named


def test_the_terms_of_use_stand_on_the_data_page(pages: list[Page]) -> None:
    section = next(s for s in named(pages, "data.html").sections if s.identifier == "terms")
    assert [b.text for b in section.blocks] == ["Use only under an agreement."]


def test_the_data_page_counts_rows_in_kept_and_refused_by_source(pages: list[Page]) -> None:
    page = named(pages, "data.html")
    tables = {t.caption: t for t in page.blocks() if t.__class__.__name__ == "Table"}
    assert tables["Evening diary of the demo county"].rows == (
        ("diary.csv", "2026Q3", "1,692", "1,680", "12"),
    )
    assert tables["Evening diary of the demo county"].data == "synthetic"
    assert tables["North Carolina prison releases"].data == "real"
    assert tables["Rows refused, by reason"].rows == (("Out of range", "12"),)
    detailed = tables["Rows refused, by file and column, with what to do"]
    assert detailed.rows[0][:4] == ("Out of range", "diary.csv (2026Q3)", "Q4", "12")
    assert detailed.folded
    assert tables["Great Expectations, by table and quarter"].rows == (
        ("core.diary_days", "2026Q3", "2", "1", "1", "3"),
    )
    assert "3 files with 3,590 rows" in page.opening[0].text


def test_the_methods_page_gives_estimand_and_limits_of_each_answered_question(pages: list[Page]) -> None:
    headings = [section.heading[:3] for section in named(pages, "methods.html").sections]
    assert [h for h in headings if h.endswith(":")] == [
        "W1:", "W2:", "W3:", "W4:", "V1:", "J1:", "A1:", "C1:", "C2:", "C3:",
    ]  # fmt: skip


def test_how_a_run_went_stands_on_no_page_of_a_question(
    composed: Callable[..., list[Page]], fake: ModuleType
) -> None:
    row = next(r for r in fake.diagnostics() if r["diagnostic"] == "icc") | {
        "diagnostic": "diary_rows_not_read", "value": 840.0, "detail": "evenings not read again",
    }  # fmt: skip
    page = named(composed({"results.diagnostics": [*fake.diagnostics(), row]}), "meaning.html")
    cells = [str(c) for b in page.blocks() if isinstance(b, Table) for row in b.rows for c in row]
    assert "Share of the variance that lies between people" in cells
    assert "840" not in cells
    assert not [cell for cell in cells if "read again" in cell.lower()]


def test_each_line_on_methods_names_the_numbers_it_speaks_of(pages: list[Page]) -> None:
    for page in pages[1:7]:
        for table in (b for b in page.blocks() if isinstance(b, Table) and b.caption.startswith("Method,")):
            assert table.columns[0].name == "Numbers"
            assert all(row[0] for row in table.rows)
