"""The codebook page: whole, offline, and sound HTML."""

from __future__ import annotations

import re
from functools import cached_property
from html.parser import HTMLParser

import pytest

from pipelines.codebook import Codebook, load_codebook
from pipelines.codebook.released import ReleaseFacts, released_tables, released_variables
from pipelines.codebook.spec import Instrument, Item
from pipelines.codebook.to_page import prose, render_codebook_page, scoring

VOID = {"meta", "input", "link", "br", "hr", "img"}


class Page(HTMLParser):
    """Ids, links, headings and words of a page; fails on tags that do not close in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.loads: list[str] = []
        self.headings: list[int] = []
        self.labelled: list[str] = []
        self.words: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self.ids += [values["id"]] if "id" in values else []
        self.links += [values["href"]] if tag == "a" else []
        self.loads += [values["src"]] if "src" in values else []
        self.loads += [values["href"]] if tag == "link" else []
        self.labelled += [
            values[name] for name in ("for", "aria-labelledby", "aria-describedby") if name in values
        ]
        self.headings += [int(tag[1])] if re.fullmatch("h[1-6]", tag) else []
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] not in {"style", "script"}:
            self.words.append(data)

    @cached_property
    def text(self) -> str:
        return " ".join("".join(self.words).split())


@pytest.fixture(scope="module")
def html() -> str:
    return render_codebook_page(load_codebook())


@pytest.fixture(scope="module")
def page(html: str) -> Page:
    return Page(html)


def _plain(text: str) -> str:
    return " ".join(text.replace("`", "").split())


def test_every_released_table_and_column_is_on_the_page_with_its_text(page: Page) -> None:
    codebook = load_codebook()
    for table in released_tables(codebook):
        assert table.full_name in page.ids
        for text in (table.label, table.description, *table.usage_warnings):
            assert _plain(text) in page.text
        for variable in released_variables(codebook, table):
            assert f"{table.full_name}.{variable.name}" in page.ids
            for text in (variable.label, variable.description, variable.question, variable.unit):
                assert _plain(text or "") in page.text
            for code, label in (variable.values or {}).items():
                assert f"{code} {_plain(label)}" in page.text


def test_every_instrument_analysis_and_reason_is_on_the_page(page: Page) -> None:
    codebook = load_codebook()
    for entry in codebook.instruments.values():
        assert f"instrument.{entry.name}" in page.ids
        said = [entry.description, entry.citation, entry.licence, scoring(entry), *entry.usage_warnings]
        if len(entry.items) > 1:
            said += [text for item in entry.items for text in (item.topic, item.text or "")]
        for text in said:
            assert _plain(text) in page.text
    for analysis in codebook.analyses.values():
        assert f"analysis.{analysis.name}" in page.ids
        for text in (analysis.question, analysis.estimand, analysis.method, analysis.not_said):
            assert _plain(text) in page.text
    for term in codebook.dictionary:
        for text in (term.name, term.description, term.unit or "", term.positive or ""):
            assert _plain(text) in page.text
    for code, text in {**codebook.missing_reasons, **codebook.refusal_reasons}.items():
        assert code in page.text
        assert _plain(text) in page.text


def test_nothing_restricted_is_on_the_page(page: Page) -> None:
    codebook = load_codebook()
    assert not [anchor for anchor in page.ids if anchor.startswith("restricted")]
    for table in codebook.tables_in("restricted"):
        assert table.full_name not in page.text


def test_the_page_loads_nothing_and_forbids_itself_the_network(html: str, page: Page) -> None:
    assert page.loads == []
    assert all(link.startswith("#") for link in page.links)
    assert "url(" not in html
    assert "@import" not in html
    assert "default-src 'none'" in html


def test_every_link_and_label_leads_somewhere_and_no_id_is_used_twice(page: Page) -> None:
    assert len(set(page.ids)) == len(page.ids)
    assert {link[1:] for link in page.links} <= set(page.ids)
    assert set(page.labelled) <= set(page.ids)
    assert page.links[0] == "#main"


def test_headings_start_at_one_and_skip_no_level(page: Page) -> None:
    assert page.headings[0] == 1
    assert page.headings.count(1) == 1
    assert all(after <= before + 1 for before, after in zip(page.headings, page.headings[1:], strict=False))


def test_text_of_the_codebook_cannot_become_markup(small: Codebook) -> None:
    text = render_codebook_page(small)
    assert "Mind &lt;this&gt;." in text
    assert "<b>&." not in text
    assert "<questions>" not in text
    assert prose("`a` <b>") == "<code>a</code> &lt;b&gt;"


def test_the_page_names_its_release_and_says_that_data_are_synthetic(
    small: Codebook, facts: ReleaseFacts
) -> None:
    text = Page(render_codebook_page(small, facts)).text
    assert "Synthetic demonstration data" in text
    assert text.index(small.terms) < text.index("Contents"), "the terms of use stand on top"
    for said in ("2026Q3-abc", "October 15, 2026", "1 to 10 people withheld", "help_trial"):
        assert said in text
    assert "Synthetic demonstration data" not in Page(render_codebook_page(small)).text


def test_the_same_codebook_gives_the_same_page(html: str) -> None:
    assert render_codebook_page(load_codebook()) == html


def _instrument(**fields: object) -> Instrument:
    common: dict[str, object] = {
        "name": "i", "label": "I", "description": "I.", "score": "i", "method": "sum", "answer_minimum": 0.0,
        "answer_maximum": 4.0, "minimum_answered": 2, "citation": "C", "licence": "L",
        "items": [Item(name=f"i_{n}", topic="t", reverse=n == 2) for n in (1, 2, 3)],
    }  # fmt: skip
    return Instrument.model_validate({**common, **fields})


def test_scoring_is_said_as_the_spec_scores() -> None:
    assert scoring(_instrument()) == (
        "The score is the sum of 3 items. Answers to item 2 are reversed first. With at least 2 of 3 "
        "answered, missing ones are replaced by the mean of the person's answered items; with fewer there "
        "is none."
    )
    assert scoring(_instrument(minimum_answered=3)).endswith("It is made only if all items are answered.")
    assert "mean of 3 items" in scoring(_instrument(method="mean"))
    assert "100 times the share" in scoring(_instrument(method="percent"))
    assert "as the source computed it" in scoring(_instrument(method="as_delivered"))
