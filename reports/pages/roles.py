"""V2: whether roles in the recovery community go before taking part in the wider one, or after it."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

from models.fitness import NOT_ENOUGH
from reports.figures import axes, style
from reports.figures.chart import Dot, DotChart, Row
from reports.numbers import NOTHING, interval
from reports.page import (
    Block,
    Column,
    Figure,
    Finding,
    Link,
    Page,
    Paragraph,
    Section,
    Subheading,
    Table,
    Terms,
)
from reports.pages import closing
from reports.pages.answers import answers_download, people_text, short_value, with_interval
from reports.pages.finding import basis, finding
from reports.pages.other_ways import other_ways
from reports.pages.question import question_page
from reports.release import Answer, Fact, Population, Release
from reports.words import roles as words
from reports.words.phrases import NOT_SHOWN, aside, people

ANALYSIS = "V2"
FILE = "roles.html"
NAME = "Roles and taking part"

Found = Mapping[str, Answer]
Step = Answer | Fact  # a path of the order: an estimate of the page, or a fact beside it


def page(release: Release) -> Page | None:
    """Compose the page; None where the release has no answer to this question."""
    return question_page(
        release,
        ANALYSIS,
        file=FILE,
        name=NAME,
        eyebrow="Taking part in the community",
        answer=_answer,
    )


def findings(release: Release) -> list[Finding]:
    """Give the finding for the front page, one for each population."""
    return [
        finding(release, population, words.finding(main), _heard(release, population), Link(NAME, FILE))
        for population in release.populations_of(ANALYSIS)
        if (main := _found(release, population).get(words.ROLES_FIRST)) is not None
    ]


def _found(release: Release, population: Population) -> Found:
    return {a.term: a for a in release.answers_of(ANALYSIS, population=population.population)}


def _heard(release: Release, population: Population) -> str:
    halves = [
        (
            release.fact(ANALYSIS, f"due_{wave}", population.population),
            release.fact(ANALYSIS, f"answered_{wave}", population.population),
        )
        for wave in ("month_6", "month_12")
    ]
    return words.heard(halves)


def _answer(release: Release, population: Population) -> Section:
    found = _found(release, population)
    blocks: list[Block] = [closing.origin(release, population), Paragraph(words.WHAT)]
    blocks += [
        Paragraph(words.path(term, found[term]), "lead" if term == words.ROLES_FIRST else "plain")
        for term in words.LABELS
        if term in found
    ]
    if words.APART in found:
        blocks.append(Paragraph(words.apart(found[words.APART])))
    blocks += [Paragraph(words.A_LINK), *basis(None, _heard(release, population))]
    blocks += _figure(release, population, found)
    blocks += _by_interval(release, population, found)
    blocks += _order(release, population, found)
    for term, label in words.LABELS.items():
        unit = "civic acts for one more role" if term == words.ROLES_FIRST else "roles for one more civic act"
        more = other_ways(
            release, population, [a for a in [found.get(term)] if a is not None], ways=words.WAYS,
            labels={term: f"{label}, {unit}"}, write=words.signed, none=0.0, caption=f"{label}: {unit}",
            name=f"{term.replace('_', '-')}-in-other-ways",
        )  # fmt: skip
        blocks += more if term == words.ROLES_FIRST else more[2:]  # the heading and its reason stand once
    return Section(population.label, tuple(blocks))


def _figure(release: Release, population: Population, found: Found) -> tuple[Block, ...]:
    """Draw both directions in standard steps, which can be set side by side."""
    pairs = [(term, a) for term in words.LABELS if (a := found.get(f"{term}{words.PER_SD}")) is not None]
    if not pairs:
        return ()
    series = style.first("This report")
    rows = tuple(Row(words.LABELS[term], (_dot(a, series),)) for term, a in pairs)
    drawn = [v for row in rows for dot in row.dots for v in (dot.value, dot.low, dot.high)]
    identifier = f"roles-and-taking-part-{population.population}".replace("_", "-")
    answers = [a for _, a in pairs]
    who = people(answers[0].n_people)
    return (
        Figure(
            identifier=identifier,
            headline=words.headline(pairs),
            subtitle=(
                "Steps up in the second, half a year later, for one step up in the first; "
                f"{'; '.join(t for t in (who, population.label) if t)}; {closing.period(release, population)}"
            ),
            chart=DotChart(rows, axes.plain("Steps for each step", drawn), reference=0.0),
            alternative=tuple(words.brief(term, a) for term, a in pairs),
            caption=(
                "A step is one standard deviation: the usual distance from the average. Zero would mean no "
                f"link. The bars are the ranges. {words.A_LINK}"
            ),
            table=Table(
                "Roles and taking part, each half a year before the other, in steps",
                (Column("Order"), Column("Steps for each step", True), Column("People", True)),
                tuple(
                    (words.LABELS[term], with_interval(a, words.signed), people_text(a)) for term, a in pairs
                ),
                population.data,
            ),
            download=answers_download(f"{identifier}.csv", answers, release),
            data=population.data,
        ),
    )


def _by_interval(release: Release, population: Population, found: Found) -> list[Block]:
    """Set both directions by interval, in activities and in roles."""
    rows = tuple(
        (label, *(_cell(found.get(f"{term}{ending}")) for term in words.LABELS))
        for ending, label in words.WAVES.items()
        if any(f"{term}{ending}" in found for term in words.LABELS)
    )
    if not rows:
        return []
    return [
        Table(
            "By interval: civic acts for one more role, and roles for one more civic act",
            (Column("Interval"), *(Column(label, True) for label in words.LABELS.values())),
            rows,
            population.data,
            download=answers_download(
                f"roles-by-interval-{population.population}.csv", found.values(), release
            ),
        )
    ]


def _cell(answer: Answer | None) -> str:
    return NOTHING if answer is None else with_interval(answer, words.signed)


def _order(release: Release, population: Population, found: Found) -> list[Block]:
    """Set the links from step to step of the order that interviews ask about, each way round."""
    facts = {f.diagnostic: f for f in release.facts_of(ANALYSIS, population=population.population)}
    told: dict[tuple[str, str], Step] = {}
    for first, then in itertools.permutations(words.STEPS, 2):
        if (fact := facts.get(f"path_{first}_to_{then}")) is not None:
            told[first, then] = fact
    for term, link in (
        (words.ROLES_FIRST, ("empowerment", "community")),
        (words.ENGAGEMENT_FIRST, ("community", "empowerment")),
    ):
        if told and (answer := found.get(f"{term}{words.PER_SD}")) is not None:
            told[link] = answer
    links = [link for link in told if words.STEPS.index(link[0]) < words.STEPS.index(link[1])]
    if not links:
        return []
    clear = [_above_none(told[link]) for link in links]
    rows = tuple(
        (
            f"{first.capitalize()}, then {then}",
            _link(told[first, then]),
            _link(told.get((then, first))),
            "yes" if sure else "no",
        )
        for (first, then), sure in zip(links, clear, strict=True)
    )
    return [
        Subheading("From connection to community"),
        Paragraph(words.ORDER),
        Terms(words.steps(links)),
        Paragraph(f"{words.order(clear)} {words.ORDER_IS_NO_PROOF}"),
        Table(
            "Links from step to step, half a year apart, in steps for each step",
            (
                Column("Order"),
                Column("In that order", True),
                Column("The other way round", True),
                Column("Clear in that order", True),
            ),
            rows,
            population.data,
        ),
    ]


def _link(told: Step | None) -> str:
    if told is None:
        return NOTHING
    if isinstance(told, Answer):
        return with_interval(told, words.signed)
    if told.value is None:
        return NOT_SHOWN if told.suppressed else NOT_ENOUGH
    ends = interval(told.ci_low, told.ci_high, words.signed)
    return f"{words.signed(told.value)}{aside('' if ends == NOTHING else ends)}"


def _above_none(told: Step) -> bool:
    """Whether the whole range lies above no link."""
    return not told.suppressed and told.ci_low is not None and told.ci_low > 0


def _dot(answer: Answer, series: style.Series) -> Dot:
    if answer.estimate is None:
        return Dot(series, None, None, None, short_value(answer).capitalize())
    return Dot(series, answer.estimate, answer.ci_low, answer.ci_high, words.signed(answer.estimate))
