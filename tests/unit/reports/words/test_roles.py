"""What is said of roles before engagement, and of numbers worked out otherwise."""

from __future__ import annotations

from dataclasses import replace

from reports.words import other_ways, roles
from reports.words.other_ways import Told
from tests.unit.reports.words.answers import fact
from tests.unit.reports.words.growth_answers import ORDERED


def test_the_order_of_steps_counts_its_clear_links_and_names_what_is_not_asked() -> None:
    assert roles.order([False, False, True]) == (
        "We can look at 3 links in that order. 1 is clear. For the rest we cannot tell."
    )
    assert roles.order([True, True]) == "We can look at 2 links in that order. 2 are clear."
    assert roles.order([False]) == "We can look at 1 link in that order. None is clear."
    known = dict(roles.steps(ORDERED[:1]))
    assert [step.lower() for step in known] == list(roles.STEPS)
    assert [step for step, what in known.items() if what != roles.NOT_ASKED] == ["Connection", "Meaning"]


def test_numbers_worked_out_otherwise_are_concluded_from_together() -> None:
    up, flat, down = Told(0.5, 0.2, 0.8), Told(0.2, -0.1, 0.5), Told(-0.5, -0.8, -0.2)

    def write(value: float) -> str:
        return f"{value:.1f}"

    assert "the direction holds in every way; the figures lie between 0.5 and 0.6" in (
        other_ways.verdict("A", [up, replace(up, value=0.6)], write, 0.0)
    )
    assert "1 of 2 ways is clear" in other_ways.verdict("A", [up, flat], write, 0.0)
    assert "nothing may be concluded" in other_ways.verdict("A", [up, down], write, 0.0)
    assert "no way shows a clear difference" in other_ways.verdict("A", [flat, flat], write, 0.0)
    assert other_ways.verdict("A", [up, down], write, None) == (
        "A: the figures lie between -0.5 and 0.5; the other way lies outside the range above."
    )
    three = [up, replace(up, value=0.6), down]
    assert "; 1 of 2 other ways lies outside the range above" in other_ways.verdict("A", three, write, None)
    assert other_ways.verdict("A", three[:2], write, None).endswith("all within the range above.")
    assert other_ways.verdict("A", [Told(0.5, None, None)], write, 0.0) == (
        "A: the figures lie very close to 0.5."
    )


def test_nobody_due_yet_is_said_and_no_rate_of_nobody() -> None:
    none, some = (
        (fact("V2", "due_month_6", due), fact("V2", "answered_month_6", answered))
        for due, answered in ((0, 0), (200, 150))
    )
    nobody = roles.heard([none, none])
    assert nobody.startswith("Nobody is due for interviews at entry and 6 months later yet")
    assert "of every 100" not in nobody
    assert roles.FILLED_IN not in nobody
    assert "75 of every 100" in roles.heard([some, none])
    assert roles.heard([some, none]).endswith(roles.FILLED_IN)
