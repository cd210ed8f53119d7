"""The page of roles and taking part: each before the other, and the steps from connection to community."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

from reports.page import Page, Paragraph, Table
from reports.pages.roles import FILE
from reports.words import roles

Changed = Callable[[dict[str, list[dict[str, Any]]]], list[Page]]


def roles_page(pages: list[Page]) -> Page:
    return next(page for page in pages if page.file == FILE)


def said(page: Page) -> str:
    return " ".join(b.text for b in page.blocks() if isinstance(b, Paragraph))


def table(page: Page, start: str) -> Table:
    return next(b for b in page.blocks() if isinstance(b, Table) and b.caption.startswith(start))


def test_roles_are_told_in_both_directions_and_their_order_is_not_overstated(changed: Changed) -> None:
    text = said(roles_page(changed({})))
    assert "Half a year later, people with one more role had 0.62 more civic acts in 30 days." in text
    assert "We cannot tell whether people with one more civic act have more roles" in text
    assert "Which of the two comes first more strongly cannot be told." in text


def test_the_order_of_steps_stands_each_way_round_with_what_is_withheld(
    changed: Changed, growth: ModuleType
) -> None:
    links = {"path_connection_to_meaning": 0.2, "path_meaning_to_connection": 0.0}
    facts = [growth.fact(("V2", "recovery_capital_cultural", name), v, 0.1) for name, v in links.items()]
    hidden = growth.fact(("V2", "roles_held", "path_meaning_to_empowerment"), None, suppressed=True)
    rows: dict[str, list[dict[str, Any]]] = {"results.diagnostics": [*growth.diagnostics(), *facts, hidden]}
    page = roles_page(changed(rows))
    cells = {row[0]: row[1:] for row in table(page, "Links from step to step").rows}
    assert cells["Connection, then meaning"][0].startswith("+0.20 (+0.10")
    assert cells["Meaning, then empowerment"] == ("Not shown, to protect privacy", "–", "no")
    assert cells["Empowerment, then community"][0].startswith("+0.21")
    assert [row[-1] for row in cells.values()] == ["yes", "no", "yes"]
    assert "3 links in that order. 2 are clear." in said(page)


def test_a_release_without_steps_has_no_order_of_them(changed: Changed) -> None:
    assert roles.ORDER not in said(roles_page(changed({})))
