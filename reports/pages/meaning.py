"""W1: recovery identity and the meaning of a day."""

from __future__ import annotations

from reports.figures import axes, style
from reports.figures.chart import Dot, DotChart, Row
from reports.numbers import as_published, count, decimal
from reports.numbers import interval as written_interval
from reports.page import Block, Column, Figure, Finding, Link, Page, Paragraph, Section, Table
from reports.pages import closing
from reports.pages.answers import answers_download, short_value, value_text
from reports.pages.finding import basis, finding
from reports.pages.question import question_page
from reports.release import Answer, Population, Published, Release
from reports.words import meaning as words
from reports.words.followup import follow_up
from reports.words.phrases import PUBLISHED, people
from reports.words.published import Z, figure, interval

ANALYSIS = "W1"
FILE = "meaning.html"
NAME = "Meaning of the day"
WITHIN, BETWEEN = "recovery_identity_within", "recovery_identity_between"
LABELS = {WITHIN: "The same person, one day against another", BETWEEN: "One person against another"}


def page(release: Release) -> Page | None:
    """Compose the page; None where the release has no answer to this question."""
    return question_page(
        release,
        ANALYSIS,
        file=FILE,
        name=NAME,
        eyebrow="Daily life in recovery",
        answer=_answer,
        beside=_beside,
    )


def _beside(release: Release) -> list[Section]:
    """Make the sections of what others found."""
    studies = closing.other_studies(release, ANALYSIS, write=_published_value)
    return [studies] if studies else []


def findings(release: Release) -> list[Finding]:
    """Give the finding for the front page, one for each population."""
    return [
        finding(
            release,
            population,
            f"{words.ASKED} {words.within(answer)}" if answer.standing == "given" else words.within(answer),
            _heard(release, population, answer),
            Link(NAME, FILE),
        )
        for population in release.populations_of(ANALYSIS)
        for answer in release.answers_of(ANALYSIS, population=population.population, term=WITHIN)
    ]


def _heard(release: Release, population: Population, answer: Answer | None) -> str:
    facts = release.facts_of(ANALYSIS, population=population.population)
    return follow_up(facts, answer, of=population.n_people)


def _answer(release: Release, population: Population) -> Section:
    answers = [
        a
        for term in LABELS
        for a in release.answers_of(ANALYSIS, population=population.population, term=term)
    ]
    lead: list[Block] = [Paragraph(words.ASKED)]
    lead += [
        Paragraph(words.within(a), "lead") if a.term == WITHIN else Paragraph(words.between_people(a))
        for a in answers
    ]
    main = next((a for a in answers if a.term == WITHIN), None)
    lead += basis(main, _heard(release, population, main))
    origin = closing.origin(release, population)
    return Section(population.label, (origin, *lead, _figure(release, population, answers)))


def _figure(release: Release, population: Population, answers: list[Answer]) -> Figure:
    ours, theirs = style.first("This report"), style.published(PUBLISHED)
    rows, others = [], []
    for answer in answers:
        dots = [_dot(answer, ours)]
        for p in release.published_for(ANALYSIS):
            if p.term == answer.term and p.value is not None and p.scale == answer.scale:
                low, high = (None if v is None else words.STEP * v for v in interval(p))
                dots.append(Dot(theirs, words.STEP * p.value, low, high, as_published(words.STEP * p.value)))
                others.append(p)
        rows.append(Row(LABELS[answer.term], tuple(dots)))
    drawn = [v for row in rows for dot in row.dots for v in (dot.value, dot.low, dot.high)]
    axis = axes.plain(f"Points, for each {words.STEP} points of identity", drawn)
    main = next((a for a in answers if a.term == WITHIN), None)
    identifier = f"meaning-{population.population}".replace("_", "-")
    asked = people(main.n_people if main else None)
    return Figure(
        identifier=identifier,
        headline=words.headline(main),
        subtitle=(
            f"Difference in a day's meaningfulness (0 to 100) for each {words.STEP} points of recovery "
            f"identity (0 to 100); {', '.join(t for t in (asked, population.label) if t)}; "
            f"{closing.period(release, population)}"
        ),
        chart=DotChart(tuple(rows), axis, reference=0.0),
        alternative=(
            *((words.within if a.term == WITHIN else words.between_people)(a) for a in answers),
            *(words.published(LABELS[p.term], p.value or 0.0, *interval(p)) for p in others),
        ),
        caption=(
            "Each dot is an estimate, its line the range that fits the answers. Zero would mean no link. "
            "Squares are figures that others published, with a range that is our arithmetic: their standard "
            f"error times {Z} on each side. Their model allows for answers at the top of the scale and ours "
            "does not, and the end points of their scale were not seen: they are no test of ours."
        ),
        table=_table(population, answers, others),
        download=answers_download(f"{identifier}.csv", answers, release, others),
        data=population.data,
    )


def _table(population: Population, answers: list[Answer], others: list[Published]) -> Table:
    """Set our slopes and those of others in one table."""
    rows = [
        (
            LABELS[a.term],
            value_text(a, _per_step),
            written_interval(a.ci_low, a.ci_high, _per_step),
            count(a.n_people),
        )
        for a in answers
    ]
    rows += [
        (
            f"{LABELS[p.term]} ({PUBLISHED.lower()})",
            as_published(words.STEP * (p.value or 0.0)),
            _their_range(p),
            count(p.n_people),
        )
        for p in others
    ]
    return Table(
        f"Points of meaningfulness for each {words.STEP} points of identity",
        (Column("Compared"), Column("Estimate", True), Column("Range", True), Column("People", True)),
        tuple(rows),
        population.data,
    )


def _their_range(p: Published) -> str:
    low, high = interval(p)
    return written_interval(low, high, _per_step)


def _published_value(p: Published) -> str:
    if p.scale == "points per point" and p.value is not None:
        return f"{as_published(words.STEP * p.value)} points for each {words.STEP}"
    return figure(p)


def _per_step(slope: float) -> str:
    return f"{decimal(words.STEP * slope, 1)}"


def _dot(answer: Answer, series: style.Series) -> Dot:
    if answer.estimate is None:
        return Dot(series, None, None, None, short_value(answer).capitalize())
    low, high = (None if v is None else words.STEP * v for v in (answer.ci_low, answer.ci_high))
    return Dot(series, words.STEP * answer.estimate, low, high, _per_step(answer.estimate))
