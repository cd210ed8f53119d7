"""J1: return to prison after release."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from reports.figures import axes, style
from reports.figures.chart import Curve, CurveChart, Dot, DotChart, Mark, Row
from reports.numbers import NOTHING, count, interval, percent, published_percent
from reports.page import Block, Column, Figure, Finding, Link, Page, Paragraph, Section, Subheading, Table
from reports.pages import closing
from reports.pages.answers import answers_download, curve_download, short_value, value_text
from reports.pages.finding import basis, finding
from reports.pages.question import question_page
from reports.release import Answer, Point, Population, Published, Release
from reports.words import justice as words
from reports.words.followup import follow_up
from reports.words.phrases import DATA_KINDS, PUBLISHED, people

ANALYSIS = "J1"
FILE = "justice.html"
NAME = "Return to prison"
OUTCOME = "return_to_prison"
ARREST = "arrest"
MAIN = "within_3_years"  # the horizon that Missouri and the Bureau of Justice Statistics publish
STATE = "Missouri"  # the state whose published figures come first
SAME = 1e-6  # years; a point stands at a horizon or it does not


def page(release: Release) -> Page | None:
    """Compose the page; None where the release has no answer to this question."""
    return question_page(
        release,
        ANALYSIS,
        file=FILE,
        name=NAME,
        eyebrow="Justice",
        answer=_answer,
        beside=_beside,
    )


def _beside(release: Release) -> list[Section]:
    """Make the sections of what others found."""
    return list(_studies(release, release.populations_of(ANALYSIS)))


def findings(release: Release) -> list[Finding]:
    """Give the finding for the front page, one for each population, at the main horizon."""
    return [
        finding(
            release,
            population,
            words.returned(answer, _starts_day(release, population)),
            _heard(release, population, answer),
            Link(NAME, FILE),
        )
        for population in release.populations_of(ANALYSIS)
        for answer in _horizons(release, population)
        if answer.term == MAIN
    ]


def _heard(release: Release, population: Population, answer: Answer | None) -> str:
    still = None if answer is None or answer.standing != "given" else _still(release, answer)
    return follow_up(release.facts_of(ANALYSIS, population=population.population), answer, still=still)


def _starts_day(release: Release, population: Population) -> float:
    """Return the day from which the shares hold; beyond 0 they speak only of people not returned by then."""
    fact = release.fact(ANALYSIS, "curve_starts_day", population.population)
    return fact.value or 0.0 if fact is not None else 0.0


def _horizons(release: Release, population: Population) -> list[Answer]:
    """Return the answers by years; one whose point of the curve is withheld is withheld as well."""
    points = release.curve(ANALYSIS, population.population)
    answers = [
        a
        for a in release.answers_of(ANALYSIS, population=population.population)
        if words.years(a.term) is not None
    ]
    answers.sort(key=lambda a: words.years(a.term) or 0)
    return [_as_drawn(a, points) for a in answers]


def _as_drawn(answer: Answer, points: Iterable[Point]) -> Answer:
    horizon = float(words.years(answer.term) or 0)
    after = next((p for p in points if p.x >= horizon - SAME), None)
    if answer.standing != "given" or after is None or not after.suppressed:
        return answer
    return replace(
        answer, estimate=None, std_error=None, ci_low=None, ci_high=None, p_value=None, n_events=None,
        note="", suppressed=True,
    )  # fmt: skip


def _still(release: Release, answer: Answer) -> int | None:
    """Return how many had been followed to the horizon without a return; None where it is not shown."""
    horizon = float(words.years(answer.term) or 0)
    points = release.curve(ANALYSIS, answer.population)
    return next((p.n_at_risk for p in points if abs(p.x - horizon) < SAME), None)


def _main(answers: list[Answer]) -> Answer | None:
    return next((a for a in answers if a.term == MAIN), None)


def _answer(release: Release, population: Population) -> Section:
    answers = _horizons(release, population)
    main = _main(answers)
    starts = _starts_day(release, population)
    blocks: list[Block] = [closing.origin(release, population)]
    if main is not None:
        blocks.append(Paragraph(words.returned(main, starts), "lead"))
        if rest := words.followed_on(_still(release, main), main):
            blocks.append(Paragraph(rest))
    blocks += basis(None, _heard(release, population, None))
    points = release.curve(ANALYSIS, population.population)
    if points:
        blocks.append(_figure(release, population, answers, points))
    return Section(population.label, tuple(blocks))


def _figure(
    release: Release, population: Population, answers: list[Answer], points: Sequence[Point]
) -> Figure:
    curve = Curve(
        style.first("Returned to prison"),
        tuple(Mark(p.x, p.estimate, p.ci_low, p.ci_high) for p in points),
    )
    starts = _starts_day(release, population)
    last = max((p.x for p in points if p.estimate is not None), default=1.0)
    years = axes.Axis(
        "Years since release", 0.0, last, tuple((float(y), str(y)) for y in range(int(last) + 1))
    )
    identifier = f"return-to-prison-{population.population}".replace("_", "-")
    main = _main(answers)
    who = " who ".join(
        t for t in (people(main.n_people), words.of_whom(main, starts)) if t
    ) if main else ""  # fmt: skip
    return Figure(
        identifier=identifier,
        headline=words.headline(main, starts),
        subtitle=(
            "Share of people who had returned to prison, by years since release; "
            f"{'; '.join(t for t in (who, population.label) if t)}; {closing.period(release, population)}"
        ),
        chart=CurveChart(
            (curve,), years, axes.shares("", (v for p in points for v in (p.estimate, p.ci_high)))
        ),
        alternative=words.horizons(answers) or ("No horizon is answered in this release.",),
        caption=(
            "Each dot is an estimated share, the bar through it its range; between dots nothing is "
            "estimated. People count until they returned, or for as long as they were followed. Dots that "
            "would show very few people are left out, to protect privacy."
        ),
        table=_table(release, population, answers),
        download=curve_download(f"{identifier}.csv", points, release),
        data=population.data,
    )


def _table(release: Release, population: Population, answers: list[Answer]) -> Table:
    """Set the horizons as a table, each with the people still followed there."""
    rows = tuple(
        (
            words.within(a.term).capitalize(),
            value_text(a),
            interval(a.ci_low, a.ci_high, percent),
            count(_still(release, a) if a.standing == "given" else None),
        )
        for a in answers
    )
    first = next((a.n_people for a in answers if a.n_people is not None), None)
    whom = f", of {people(first)}" if first is not None else ""
    return Table(
        f"Returned to prison by years since release{whom}. Still followed: without a return until then; – "
        "where it is not shown",
        (
            Column("Since release"),
            Column("Estimate", True),
            Column("Range", True),
            Column("Still followed", True),
        ),
        rows,
        population.data,
    )


def _studies(release: Release, populations: tuple[Population, ...]) -> tuple[Section, ...]:
    """Set what others published beside ours: the state first, then returns elsewhere, arrests apart."""
    rows = sorted(release.published_for(ANALYSIS), key=_nearest_first)
    if not rows:
        return ()
    here = sorted(
        (p for p in rows if _of_state(p) and p.outcome != ARREST), key=lambda p: p.outcome == OUTCOME
    )
    arrests = [p for p in rows if p.outcome == ARREST]
    returns = [p for p in rows if p not in here and p not in arrests]
    blocks: list[Block] = [Paragraph(closing.ADVICE)]
    if here:
        blocks += [Subheading(STATE), Paragraph(words.missouri(here, OUTCOME))]
        blocks += closing.citations(release, here)
    blocks += _comparison(release, populations)
    if returns:
        blocks += [Subheading("Elsewhere: return to prison"), *closing.citations(release, returns)]
    if arrests:
        blocks += [
            Subheading("Arrests, which are not returns to prison"),
            Paragraph("More people are arrested than return to prison: do not set these beside our shares."),
            *closing.citations(release, arrests),
        ]
    return (Section("Beside other studies", tuple(blocks), "other-studies"),)


def _comparison(release: Release, populations: tuple[Population, ...]) -> list[Block]:
    """Set our populations beside published figures for the same outcome, horizon and start of the clock."""
    theirs = [
        p
        for p in release.published_for(ANALYSIS)
        if p.outcome == OUTCOME and p.term == MAIN and p.value is not None and p.scale == "probability"
    ]
    ours = [
        a
        for population in populations
        for a in _horizons(release, population)
        if a.term == MAIN and _starts_day(release, population) == 0
    ]
    late = [population.label for population in populations if _starts_day(release, population) > 0]
    notes: list[Block] = [
        Paragraph(
            f"{label} is not set beside these figures: its shares hold only for people who had not returned "
            "in the first days after release."
        )
        for label in late
    ]
    if not theirs or not ours:
        return notes
    own, other = style.first("In this release"), style.published(PUBLISHED)
    rows = [Row(_our_label(release, a), (_dot(a, own),)) for a in ours]
    rows += [
        Row(_others_label(p), (Dot(other, p.value, None, None, published_percent(p.value or 0.0)),))
        for p in theirs
    ]
    kind = closing.data_kind(release, (ANALYSIS,))
    figure = Figure(
        identifier="return-to-prison-beside-others",
        headline=f"Return to prison {words.within(MAIN)}: here and elsewhere",
        subtitle=f"Share of people who had returned to prison {words.within(MAIN)} of release, by source",
        chart=DotChart(
            tuple(rows),
            axes.shares("", [v for row in rows for dot in row.dots for v in (dot.value, dot.high)]),
        ),
        alternative=(
            *words.side_by_side([(_our_label(release, a), a) for a in ours]),
            *(words.published(f"{_others_label(p)} ({PUBLISHED.lower()})", p.value or 0.0) for p in theirs),
        ),
        caption=(
            "Circles are people in this release, with their range. Squares are figures that others "
            "published, without a range because none was published; the lists above and below say what each "
            "counts and where it was read."
        ),
        table=Table(
            f"Returned to prison {words.within(MAIN)} of release",
            (Column("Who"), Column("Share", True), Column("Range", True), Column("People", True)),
            (
                *(
                    (
                        _our_label(release, a),
                        value_text(a),
                        interval(a.ci_low, a.ci_high, percent),
                        count(a.n_people),
                    )
                    for a in ours
                ),
                *(
                    (
                        f"{_others_label(p)} ({PUBLISHED.lower()})",
                        published_percent(p.value or 0.0),
                        NOTHING,
                        count(p.n_people),
                    )
                    for p in theirs
                ),
            ),
            kind,
        ),
        download=answers_download("return-to-prison-beside-others.csv", ours, release, theirs),
        data=kind,
    )
    return [*notes, figure]


def _of_state(p: Published) -> bool:
    return STATE.lower() in f"{p.study} {p.cohort or ''}".lower()


def _nearest_first(p: Published) -> tuple[int | str, ...]:
    """Put figures of our own outcome first, by years since release."""
    return (int(p.outcome != OUTCOME), words.years(p.term) or 99, p.study)


def _our_label(release: Release, answer: Answer) -> str:
    population = release.populations[answer.population]
    kind = DATA_KINDS[population.data].lower()
    return population.label if "synthetic" in population.label.lower() else f"{population.label} ({kind})"


def _others_label(p: Published) -> str:
    return p.cohort or p.study


def _dot(answer: Answer, series: style.Series) -> Dot:
    if answer.estimate is None:
        return Dot(series, None, None, None, short_value(answer).capitalize())
    return Dot(series, answer.estimate, answer.ci_low, answer.ci_high, percent(answer.estimate))
