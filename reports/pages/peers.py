"""P1: hours with peers in recovery and in meaningful activity, and later recovery."""

from __future__ import annotations

from collections.abc import Mapping

from reports.figures import axes, style
from reports.figures.chart import Dot, DotChart, Row
from reports.numbers import NOTHING, times
from reports.page import Block, Column, Figure, Finding, Link, Page, Paragraph, Section, Subheading, Table
from reports.pages import closing
from reports.pages.answers import answers_download, people_text, short_value, value_text, with_interval
from reports.pages.finding import basis, finding
from reports.pages.other_ways import other_ways
from reports.pages.question import question_page
from reports.release import Answer, Population, Release
from reports.words import peers as words
from reports.words.followup import follow_up
from reports.words.peers import Question
from reports.words.phrases import people

ANALYSIS = "P1"
FILE = "peers.html"
NAME = "Peers and activity"
NAMES = {words.WITHIN: "hours-within", words.BETWEEN: "hours-between", words.INTERVIEW: "hours-interview"}

Found = Mapping[str, Answer]


def page(release: Release) -> Page | None:
    """Compose the page; None where the release has no answer to this question."""
    return question_page(
        release,
        ANALYSIS,
        file=FILE,
        name=NAME,
        eyebrow="Daily life in recovery",
        answer=_answer,
    )


def findings(release: Release) -> list[Finding]:
    """Give the finding for the front page, one for each population: hours with peers, the next evening."""
    given = []
    for population in release.populations_of(ANALYSIS):
        found = _found(release, population)
        main = found.get(words.term(words.WITHIN, words.PEERS))
        if main is None:
            continue
        said = words.finding(
            main,
            _size(release, population, words.WITHIN, words.PEERS),
            _share(release, population, words.WITHIN),
            _order(found, words.WITHIN),
        )
        given.append(finding(release, population, said, _heard(release, population, main), Link(NAME, FILE)))
    return given


def _found(release: Release, population: Population) -> Found:
    return {a.term: a for a in release.answers_of(ANALYSIS, population=population.population)}


def _heard(release: Release, population: Population, answer: Answer | None) -> str:
    facts = release.facts_of(ANALYSIS, population=population.population)
    return follow_up(facts, answer, of=population.n_people)


def _size(release: Release, population: Population, question: Question, hours: str) -> float | None:
    """Return how many hours a step up is."""
    part = "within" if question is words.WITHIN else "between"
    fact = release.fact(ANALYSIS, f"sd_{part}_{hours}", population.population)
    return None if fact is None else fact.value


def _share(release: Release, population: Population, question: Question) -> float | None:
    """Return how common the event of a question is, where the release says it."""
    if question is words.INTERVIEW:
        return None
    fact = release.fact(ANALYSIS, "share_without_craving", population.population)
    return None if fact is None or fact.value is None or not 0 < fact.value < 1 else fact.value


def _pairs(found: Found, question: Question) -> list[tuple[str, Answer]]:
    return [(hours, a) for hours in words.HOURS if (a := found.get(words.term(question, hours))) is not None]


def _places(found: Found, question: Question) -> list[tuple[str, Answer]]:
    return [
        (hours, a) for hours in words.HOURS if (a := found.get(words.rank_term(question, hours))) is not None
    ]


def _order(found: Found, question: Question) -> str:
    return words.ranks(_places(found, question))


def _answer(release: Release, population: Population) -> Section:
    found = _found(release, population)
    main = found.get(words.term(words.WITHIN, words.PEERS))
    blocks: list[Block] = [closing.origin(release, population), Paragraph(words.TOLD)]
    for question in words.QUESTIONS:
        blocks += _question(release, population, found, question)
    blocks += [Paragraph(words.A_LINK), *basis(None, _heard(release, population, main))]
    blocks += _places_table(population, found)
    blocks += _otherwise(release, population, found)
    return Section(population.label, tuple(blocks))


def _question(release: Release, population: Population, found: Found, question: Question) -> list[Block]:
    """Tell one question: both kinds of hours in people of every hundred, their order, and the figure."""
    pairs = _pairs(found, question)
    if not pairs:
        return []
    share = _share(release, population, question)
    first = question is words.WITHIN
    blocks: list[Block] = [] if first else [Subheading(question.heading)]
    if said := words.hundred(share, question) if first else "":
        blocks.append(Paragraph(said))
    for hours, answer in pairs:
        text = words.linked(question, hours, answer, _size(release, population, question, hours), share)
        blocks.append(Paragraph(text, "lead" if first and hours == words.PEERS else "plain"))
    if order := _order(found, question):
        blocks.append(Paragraph(order))
    if question is words.INTERVIEW:
        names = ("people_interviewed_after_diary", "people_with_hours", "days_until_interview")
        told = words.interviewed(*(release.fact(ANALYSIS, n, population.population) for n in names))
        blocks += [Paragraph(text, "quiet") for text in [told] if text]
    blocks.append(_figure(release, population, question, pairs))
    return blocks


def _figure(
    release: Release, population: Population, question: Question, pairs: list[tuple[str, Answer]]
) -> Figure:
    series = style.first("This report")
    rows = tuple(Row(words.label(hours), (_dot(a, series),)) for hours, a in pairs)
    drawn = [v for row in rows for dot in row.dots for v in (dot.value, dot.low, dot.high)]
    answers = [a for _, a in pairs]
    identifier = f"{NAMES[question]}-{population.population}".replace("_", "-")
    who = people(answers[0].n_people)
    sizes = {hours: _size(release, population, question, hours) for hours, _ in pairs}
    steps = ", ".join(f"{words.step_of(size)} for {words.HOURS[h]}" for h, size in sizes.items() if size)
    return Figure(
        identifier=identifier,
        headline=words.headline(question, pairs),
        subtitle=(
            f"{question.heading}: {question.event}, times the odds for each step up in hours; "
            f"{'; '.join(t for t in (who, population.label) if t)}; {closing.period(release, population)}"
        ),
        chart=DotChart(rows, axes.ratios("Times the odds, for each step up", drawn), reference=1.0),
        alternative=tuple(words.brief(question, hours, a) for hours, a in pairs),
        caption=(
            "One would mean no link; above one, more hours go with more of those. The bars are the ranges."
            + (f" A step up is {steps}: the usual distance from the average." if steps else "")
            + f" {words.A_LINK}"
        ),
        table=Table(
            f"{question.heading}: times the odds for each step up in hours",
            (Column("Hours"), Column("Times the odds", True), Column("People", True)),
            tuple((words.label(hours), with_interval(a, times), people_text(a)) for hours, a in pairs),
            population.data,
        ),
        download=answers_download(f"{identifier}.csv", answers, release),
        data=population.data,
    )


def _places_table(population: Population, found: Found) -> list[Block]:
    """Set which kind of hours comes first in each question, with the places that cannot be ruled out."""
    rows = []
    for question in words.QUESTIONS:
        places = dict(_places(found, question))
        if places:
            cells = (
                NOTHING
                if (a := places.get(hours)) is None
                else words.rank_cell(a)
                if a.standing == "given"
                else value_text(a)
                for hours in words.HOURS
            )
            rows.append((question.heading, *cells))
    if not rows:
        return []
    return [
        Table(
            "Which kind of hours goes first, with the places that cannot be ruled out",
            (Column("Question"), *(Column(words.label(hours), True) for hours in words.HOURS)),
            tuple(rows),
            population.data,
        )
    ]


def _otherwise(release: Release, population: Population, found: Found) -> tuple[Block, ...]:
    """Set the odds ratios beside the same worked out otherwise: evenings, then the interview."""
    blocks: list[Block] = []
    for questions, name in (((words.WITHIN, words.BETWEEN), "evening"), ((words.INTERVIEW,), "interview")):
        asked = {words.term(q, hours): (q, hours) for q in questions for hours in words.HOURS}
        labels = {
            term: words.label(hours)
            + ("" if len(questions) == 1 else f", {'same person' if q is words.WITHIN else 'between people'}")
            for term, (q, hours) in asked.items()
        }
        more = other_ways(
            release, population, [found[t] for t in asked if t in found], ways=words.WAYS, labels=labels,
            write=times, none=1.0, caption=f"Times the odds for each step up in hours: next {name}",
            name=f"hours-{name}-in-other-ways",
        )  # fmt: skip
        blocks += more[2:] if blocks else more  # the heading and its reason stand once
    return tuple(blocks)


def _dot(answer: Answer, series: style.Series) -> Dot:
    if answer.estimate is None:
        return Dot(series, None, None, None, short_value(answer).capitalize())
    return Dot(series, answer.estimate, answer.ci_low, answer.ci_high, times(answer.estimate))
