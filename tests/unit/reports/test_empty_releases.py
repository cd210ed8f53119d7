"""No page fails, and none claims a number, where nobody is there yet or nothing could be estimated."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from types import ModuleType
from typing import Any

import pytest

from reports.build import HEADLINES, QUESTIONS, compose
from reports.figures import drawing, interactive
from reports.numbers import NOTHING
from reports.page import Page
from reports.pages import data, methods
from reports.pages.programs_wave import HIDDEN, fact_cell
from reports.release import Fact, Release, read_release

Row = dict[str, Any]
Tables = dict[str, list[Row]]
ESTIMATES, DIAGNOSTICS, CURVES = "results.estimates", "results.diagnostics", "results.curves"
NOBODY = "Nobody is there yet."


def _zero(facts: Iterable[Row]) -> list[Row]:
    """Every fact as it is where nobody is there: a count of 0, also of those due."""
    rows = [*facts]
    rows += [row | {"diagnostic": "due"} for row in rows if row["diagnostic"] == "asked"]
    none = {"value": 0.0, "ci_low": None, "ci_high": None, "n_people": 0, "suppressed": False}
    return [row | none for row in rows]


def _flat(answers: Iterable[Row]) -> list[Row]:
    """Every estimate exactly zero, as where nobody had the event; curves likewise."""
    return [row | {"estimate": 0.0, "ci_low": 0.0, "ci_high": 0.0, "suppressed": False} for row in answers]


def _at_start(curves: Iterable[Row]) -> list[Row]:
    return [row for row in curves if row["x"] == 0.0]


def _refused(answers: Iterable[Row]) -> list[Row]:
    nothing = dict.fromkeys(("estimate", "std_error", "ci_low", "ci_high", "p_value", "df"))
    none = {"n_people": 0, "n_rows": 0, "n_events": 0}
    return [row | nothing | none | {"note": NOBODY, "suppressed": False} for row in answers]


def _unknown(facts: Iterable[Row]) -> list[Row]:
    return [row | dict.fromkeys(("value", "ci_low", "ci_high", "n_people")) for row in facts]


CHANGES: dict[str, Callable[[Tables], Tables]] = {
    "every count zero": lambda t: {DIAGNOSTICS: _zero(t[DIAGNOSTICS])},
    "every estimate zero": lambda t: {
        DIAGNOSTICS: _zero(t[DIAGNOSTICS]), ESTIMATES: _flat(t[ESTIMATES]), CURVES: _flat(t[CURVES]),
    },
    "every curve ends where it starts": lambda t: {CURVES: _at_start(t[CURVES])},
    "every estimate refused": lambda t: {ESTIMATES: _refused(t[ESTIMATES])},
    "both": lambda t: {DIAGNOSTICS: _zero(t[DIAGNOSTICS]), ESTIMATES: _refused(t[ESTIMATES])},
    "both, and no curves": lambda t: {
        DIAGNOSTICS: _zero(t[DIAGNOSTICS]), ESTIMATES: _refused(t[ESTIMATES]), CURVES: [],
    },
    "every fact unknown": lambda t: {
        DIAGNOSTICS: _unknown(t[DIAGNOSTICS]), ESTIMATES: _refused(t[ESTIMATES]), CURVES: [],
    },
    "nothing but refusals": lambda t: {DIAGNOSTICS: [], ESTIMATES: _refused(t[ESTIMATES]), CURVES: []},
}  # fmt: skip


@pytest.fixture(scope="module", params=CHANGES)
def empty(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    fake: ModuleType,
    growth: ModuleType,
) -> Release:
    """A release of every question, in which nobody is there or nothing could be estimated."""
    whole = growth.rows_with(fake.default_rows())
    rows = whole | CHANGES[request.param](whole)
    return read_release(fake.write_release(tmp_path_factory.mktemp("empty") / "warehouse.duckdb", rows))


@pytest.mark.parametrize("module", [*QUESTIONS, data, methods], ids=lambda m: m.__name__.rpartition(".")[2])
def test_each_page_is_made(module: ModuleType, empty: Release) -> None:
    page = module.page(empty, codebook=False) if module is methods else module.page(empty)
    assert isinstance(page, Page)
    assert page.sections


@pytest.mark.parametrize("module", HEADLINES, ids=lambda m: m.__name__.rpartition(".")[2])
def test_each_finding_is_a_sentence_or_left_out(module: ModuleType, empty: Release) -> None:
    for finding in module.findings(empty):
        assert finding.sentence.endswith((".", "?"))
        assert "nan" not in finding.sentence.split()


def test_every_figure_is_drawn_on_screen_and_on_paper(empty: Release) -> None:
    figures = [figure for page in compose(empty) for figure in page.figures()]
    assert figures
    for figure in figures:
        assert interactive.to_html(figure.chart, figure.identifier, "").count("<div") >= 1
        assert drawing.to_svg(figure.chart, "").startswith("<svg")


def test_a_rate_of_nobody_is_no_number_and_not_one_withheld() -> None:
    fact = Fact(
        analysis="C1", outcome="month_12", diagnostic="follow_up_rate_month_12_all", population="site",
        as_of="2026Q3", value=None, ci_low=None, ci_high=None, detail="", n_people=0, suppressed=False,
    )  # fmt: skip
    assert fact_cell(fact) == NOTHING
    assert fact_cell(replace(fact, suppressed=True)) == HIDDEN
    assert fact_cell(replace(fact, value=0.0)) == "0"
