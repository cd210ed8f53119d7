"""C1 worked out in other ways, and what would take a claim away."""

from __future__ import annotations

from collections.abc import Sequence

from reports.numbers import NOTHING
from reports.page import Block, Column, Paragraph, Table
from reports.pages.programs_wave import HIDDEN, MAIN, Wave, facts_download
from reports.release import Answer, Fact
from reports.words import programs_alike as words
from reports.words import programs_verdicts as verdicts
from reports.words.other_ways import WHY
from reports.words.programs_compared import Outcome, short, short_range
from reports.words.sensitivity import Told

MUCH_LARGER = 1.25  # times that Rubin's error is of the main one, from which on the wider range is to be read


def in_other_ways(of: Wave) -> list[Block]:
    """Set the differences of a wave beside the same worked out otherwise; nothing if none are."""
    ways = [way for way in words.WAYS if any(_has_range(_fact(of, outcome, way)) for outcome, _ in of.told)]
    if not ways:
        return []
    rows = tuple(
        (
            outcome.label,
            _main(outcome, answer),
            *(_cell(outcome, _fact(of, outcome, way), _holds(of, outcome, way)) for way in ways),
        )
        for outcome, answer in of.told
    )
    facts = [fact for outcome, _ in of.told for way in ways if (fact := _fact(of, outcome, way)) is not None]
    table = Table(
        f"Social programs less clinical programs {of.when} after entry, worked out in other ways, in people "
        "of every 100 or in points",
        (Column("Outcome"), Column("As above", True), *(Column(words.WAYS[way], True) for way in ways)),
        rows,
        of.population.data,
        download=facts_download(f"programs-in-other-ways-{of.population.population}.csv", facts, of.release),
    )
    made = [
        (outcome, of.rests_on(outcome, words.WAYS).ways)
        for outcome, answer in of.told
        if verdicts.makes_a_claim(answer)
    ]
    wider = [
        outcome
        for outcome, answer in of.told
        if answer.standing == "given"
        and (of.number(outcome, f"rubin_error_over_main_{MAIN}") or 0.0) > MUCH_LARGER
    ]
    told = [(outcome, _told(of, outcome, answer, ways)) for outcome, answer in of.told]
    said = verdicts.otherwise(made, told, wider)
    return [Paragraph(WHY), *([Paragraph(said)] if said else []), table]


def could_be_hidden(waves: Sequence[Wave]) -> list[Block]:
    """Say what would take each claim of each wave away, and what the check on age at the start can find."""
    said = []
    for of in waves:
        for outcome, answer in of.told:
            said.append(verdicts.rests_on(outcome, of.wave, answer, of.rests_on(outcome, words.WAYS)))
            value = of.number(outcome, f"e_value_{MAIN}")
            limit = of.number(outcome, f"e_value_limit_{MAIN}")
            if verdicts.beyond_chance(answer) and value is not None and limit is not None and limit > 1.0:
                said.append(words.hidden(outcome, of.wave, value, limit))
    known = any(answer.standing == "given" for of in waves for _, answer in of.told)
    said.append(verdicts.WITHOUT_CLAIM if known else "")
    first, name = waves[0], "negative_control_onset_age"
    said.append(
        words.control(
            first.of_people(name),
            first.of_people(f"{name}_before"),
            unseen=first.values.get(f"{name}_detectable"),
            correlation=first.values.get(f"{name}_correlation"),
        )
    )
    return [Paragraph(text) for text in said if text]


def _fact(of: Wave, outcome: Outcome, way: str) -> Fact | None:
    return of.fact(outcome, f"sensitivity_{MAIN}_{way}")


def _has_range(fact: Fact | None) -> bool:
    return fact is not None and fact.value is not None and fact.limits is not None


def _told(of: Wave, outcome: Outcome, answer: Answer, ways: list[str]) -> list[Told]:
    told = []
    if answer.estimate is not None and answer.ci_low is not None and answer.ci_high is not None:
        told.append(Told("", answer.estimate, answer.ci_low, answer.ci_high))
    for way in ways:
        fact = _fact(of, outcome, way)
        if fact is not None and fact.value is not None and fact.limits is not None:
            told.append(Told(way, fact.value, *fact.limits))
    return told if answer.standing == "given" else []


def _main(outcome: Outcome, answer: Answer) -> str:
    if answer.estimate is None:
        return HIDDEN if answer.suppressed else "not enough to say"
    return f"{short(outcome, answer.estimate)} ({short_range(outcome, answer.ci_low, answer.ci_high)})"


def _holds(of: Wave, outcome: Outcome, way: str) -> str:
    found = of.number(outcome, f"claim_holds_{way}_{MAIN}")
    return "" if found is None else "; claim holds" if found == 1.0 else "; claim does not hold"


def _cell(outcome: Outcome, fact: Fact | None, holds: str) -> str:
    if fact is None:
        return NOTHING
    if fact.value is None:
        return HIDDEN if fact.suppressed else "not enough to say"
    ends = "range not shown" if fact.limits is None else short_range(outcome, *fact.limits)
    return f"{short(outcome, fact.value)} ({ends}){holds}"
