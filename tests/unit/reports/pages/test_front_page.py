"""What the front page tells of each answer, and of what was left out."""

from __future__ import annotations

import re
from collections.abc import Callable
from types import ModuleType

from reports.page import Cards, Page, Paragraph
from tests.unit.reports.pages.reading import findings, named


def without(fake: ModuleType, *analyses: str) -> dict[str, list[dict[str, object]]]:
    """The results of the fake release, without those of some analyses."""
    return {
        name: [row for row in rows if row["analysis"] not in analyses]
        for name, rows in fake.default_rows().items()
        if name.startswith("results.")
    }


def test_the_front_page_has_at_most_five_findings_each_with_people_range_and_follow_up(
    pages: list[Page],
) -> None:
    items = findings(pages).items
    assert len(items) == 5
    for item in items:
        assert re.search(r"[\d,]+ people", item.sentence)
        assert re.search(r"between [\d.]+ (fewer |more )?and [\d.]+", item.sentence)
        assert item.basis
        assert item.who


def test_a_question_without_an_answer_has_no_page_and_no_finding(
    composed: Callable[..., list[Page]], fake: ModuleType
) -> None:
    pages = composed(without(fake, "A1", "C1", "W3"))
    assert "detoxification.html" not in [page.file for page in pages]
    assert len(findings(pages).items) == 4


def test_a_finding_for_which_the_front_page_has_no_room_stands_with_its_page(pages: list[Page]) -> None:
    (cards,) = [block for block in pages[0].blocks() if isinstance(block, Cards)]
    found = {card.href: card.found for card in cards.items}
    above = {item.read_on.href for item in findings(pages).items}
    assert {"craving.html", "detoxification.html"} - above == {"detoxification.html"}
    assert "craving" in next(
        item.sentence for item in findings(pages).items if item.read_on.text == "Craving"
    )
    assert re.search(r"[\d,]+ people", found["detoxification.html"])
    places = [item.read_on.href for item in findings(pages).items]
    assert {file: found[file] for file in above} == {
        file: f"Finding {places.index(file) + 1} above." for file in above
    }


def test_a_release_without_any_answer_still_makes_a_site(composed: Callable[..., list[Page]]) -> None:
    pages = composed({"results.estimates": [], "results.curves": [], "results.diagnostics": []})
    assert [page.file for page in pages] == ["index.html", "data.html", "methods.html"]


def test_a_refused_first_answer_is_a_finding_with_its_reason(
    composed: Callable[..., list[Page]], fake: ModuleType
) -> None:
    refused = fake.answer(
        "W1",
        "meaningfulness",
        "recovery_identity_within",
        fake.DEMO,
        None,
        note="The model did not converge.",
    )
    pages = composed({"results.estimates": [refused]})
    assert findings(pages).items[0].sentence.startswith("We cannot say yet")
    assert "because the model did not converge." in findings(pages).items[0].sentence
    assert named(pages, "meaning.html").figures()[0].headline == "Recovery identity and the meaning of a day"


def test_what_was_left_out_is_said_on_the_front_page_and_on_the_data_page(
    composed: Callable[..., list[Page]], fake: ModuleType
) -> None:
    row = fake.catalog()["catalog.releases"][0] | {
        "left_out": "The HELP trial: its package is not installed."
    }
    pages = composed({"catalog.releases": [row]})
    for page in (pages[0], named(pages, "data.html")):
        said = [
            b.text
            for s in page.sections
            if s.identifier == "left-out"
            for b in s.blocks
            if isinstance(b, Paragraph)
        ]
        assert said == ["The HELP trial: its package is not installed."]


def test_real_data_of_another_place_are_tagged_so_on_the_front_page(
    composed: Callable[..., list[Page]], fake: ModuleType
) -> None:
    items = findings(composed(without(fake, "W3"))).items
    assert [(item.data, item.tag) for item in items] == [
        *[("synthetic", "Synthetic demonstration data")] * 4,
        ("real", "Real data, not from this county"),
    ]


def test_real_data_of_our_own_programs_are_tagged_as_real_alone(
    composed: Callable[..., list[Page]], fake: ModuleType
) -> None:
    populations = [row | {"synthetic": False} for row in fake.catalog()["catalog.populations"]]
    items = findings(composed(without(fake, "W3") | {"catalog.populations": populations})).items
    assert [item.tag for item in items] == ["Real data"] * 4 + ["Real data, not from this county"]
