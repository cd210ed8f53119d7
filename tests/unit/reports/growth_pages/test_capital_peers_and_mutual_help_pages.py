"""The pages of recovery capital, hours with peers and mutual help."""

from __future__ import annotations

from reports.page import Page
from reports.words import mutual_help
from tests.unit.reports.growth_pages.reading import named, said, table


def test_odds_are_put_into_evenings_of_a_hundred(pages: list[Page]) -> None:
    text = said(named(pages, "peers.html"))
    assert "with 2.2 hours more than usual, evenings without craving were more common. Otherwise 48" in text
    assert "Then about 54 of 100 are. The range is between 51 and 58 of 100, from 120 people." in text
    assert "Hours in meaningful activity: no clear link with evenings without craving." in text


def test_places_that_cannot_be_told_apart_are_said_so_and_others_named(pages: list[Page]) -> None:
    text = said(named(pages, "peers.html"))
    assert "cannot be told apart: either may come first." in text
    assert "Hours with peers in recovery go with it more closely than the other kind does." in text


def test_the_published_alpha_stands_beside_ours_and_a_scale_that_drifts_is_named(pages: list[Page]) -> None:
    page = named(pages, "recovery-capital.html")
    found = table(page, "How well each scale measures")
    rows = {row[0]: row for row in found.rows}
    beside = [c.name for c in found.columns].index("Alpha, published by others")
    assert rows["Recovery capital (BARC-10)"][beside] == "0.90"
    assert rows["Quality of life"][-1] == "no"
    assert rows["Social capital"][-1] == "yes"
    assert "Not so for Quality of life" in said(page)


def test_nobody_is_compared_with_is_said_of_recovery_capital(pages: list[Page]) -> None:
    assert "So this is not what a program did." in said(named(pages, "recovery-capital.html"))


def test_a_way_known_to_be_off_is_shown_and_not_concluded_from(ours: list[Page]) -> None:
    page = named(ours, "mutual-help.html")
    off = mutual_help.WAYS[mutual_help.KNOWN_OFF[0]]
    rows = {row[0]: row[1] for row in table(page, "Pairs of 100 that help each other, beyond").rows}
    assert rows[off].startswith("+37")
    assert "Pairs beyond chance: the direction holds in every way; the figures lie between +19 and" in said(
        page
    )
    assert "+37" not in said(page)
