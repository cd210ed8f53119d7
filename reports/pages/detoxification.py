"""A1: days to first use after detoxification, by support from friends and by link to primary care."""

from __future__ import annotations

from models.survival.first_use_ratios import DRIFT_NOTE
from reports.figures import axes, style
from reports.figures.chart import Curve, CurveChart, Dot, DotChart, Mark, Row
from reports.numbers import count, decimal, interval, percent, times
from reports.page import Block, Column, Figure, Finding, Link, Page, Paragraph, Section, Table
from reports.pages import closing
from reports.pages.answers import answers_download, answers_table, curve_download, short_value
from reports.pages.finding import basis, finding
from reports.pages.question import question_page
from reports.release import Answer, Point, Population, Release
from reports.words import detoxification as words
from reports.words.followup import follow_up
from reports.words.phrases import NOT_SHOWN, because, listed, people, sentence

ANALYSIS = "A1"
FILE = "detoxification.html"
NAME = "After detoxification"
MAIN, LINK = "friend_support_per_sd", "linked_to_care"
RATIO = "hazard ratio"
SPOKEN = 183  # days; the points that are said in words are of this day, or the last one shown before it
TICKS = (30, 60, 90, 180, 365)  # days between the ticks of an axis; the first that gives few enough
MOST_TICKS = 8

FROM_NONE = " Both groups start at none on day 0."
STARTS_LATER = (
    " The dots start on the day by which people were sorted into groups; whoever had used again before that "
    "day is in neither."
)


def page(release: Release) -> Page | None:
    """Compose the page; None where the release has no answer to this question."""
    return question_page(
        release,
        ANALYSIS,
        file=FILE,
        name=NAME,
        eyebrow="After detoxification",
        answer=_answer,
        beside=_beside,
    )


def _beside(release: Release) -> list[Section]:
    """Make the sections of what others found."""
    studies = closing.other_studies(release, (ANALYSIS,))
    return [studies] if studies else []


def findings(release: Release) -> list[Finding]:
    """Give the finding for the front page, one for each population."""
    return [
        finding(
            release,
            population,
            words.rate(answer, _step(release, population)),
            _heard(release, population, answer),
            Link(NAME, FILE),
        )
        for population in release.populations_of(ANALYSIS)
        for answer in release.answers_of(ANALYSIS, population=population.population, term=MAIN)
    ]


def _heard(release: Release, population: Population, answer: Answer | None) -> str:
    return follow_up(release.facts_of(ANALYSIS, population=population.population), answer)


def _answer(release: Release, population: Population) -> Section:
    answers = release.answers_of(ANALYSIS, population=population.population)
    rates = sorted((a for a in answers if a.scale == RATIO), key=lambda a: _place(a.term))
    blocks: list[Block] = [closing.origin(release, population)]
    step = _step(release, population)
    blocks += [Paragraph(words.rate(a, step), "lead") for a in rates if a.term == MAIN]
    blocks += [Paragraph(words.rate(a)) for a in rates if a.term == LINK]
    main = next((a for a in rates if a.term == MAIN), None)
    if main is not None and main.standing == "given":
        size = "" if step is None else f" Here it is {words.as_points(step)}."
        blocks.append(Paragraph(words.STEP_UP + size))
    blocks += basis(main, _heard(release, population, main))
    if rates:
        blocks.append(_rates_figure(release, population, rates))
    points = release.curve(ANALYSIS, population.population)
    blocks += [
        _curves_figure(release, population, group, [p for p in points if words.group_of(p.curve) == group])
        for group in dict.fromkeys(words.group_of(p.curve) for p in points)
    ]
    return Section(population.label, tuple(blocks))


def _step(release: Release, population: Population) -> float | None:
    """Return how many points of support a step up is."""
    fact = release.fact(ANALYSIS, "friend_support_sd", population.population)
    return None if fact is None else fact.value


def _place(term: str) -> int:
    known = list(words.CONTRASTS)
    return known.index(term) if term in known else len(known)


def _rates_figure(release: Release, population: Population, rates: list[Answer]) -> Figure:
    series = style.first("This report")
    rows = tuple(Row(words.contrast(a.term).label, (_dot(a, series),)) for a in rates)
    drawn = [v for row in rows for dot in row.dots for v in (dot.value, dot.low, dot.high)]
    identifier = f"first-use-{population.population}".replace("_", "-")
    return Figure(
        identifier=identifier,
        headline=words.headline([a for a in rates if a.term in (MAIN, LINK)]),
        subtitle=(
            f"How common first use was at any one time, as a ratio; {population.label}; "
            f"{closing.period(release, population)}"
        ),
        chart=DotChart(
            rows, axes.ratios("Times as common (1: no difference), on a ratio scale", drawn), reference=1.0
        ),
        alternative=tuple(words.brief(a) for a in rates),
        caption=(
            "Left of the line at 1, first use was less common; right of it, more common. Half as common lies "
            "as far from the line as twice as common. These are associations: people with more support may "
            "differ in other ways as well." + _drifting(rates)
        ),
        table=answers_table(
            rates,
            caption="How common first use was at any one time (hazard ratio)",
            heading="Compared",
            label=lambda a: words.contrast(a.term).label,
            data=population.data,
        ),
        download=answers_download(f"{identifier}.csv", rates, release),
        data=population.data,
    )


def _curves_figure(release: Release, population: Population, group: str, points: list[Point]) -> Figure:
    names = list(dict.fromkeys(p.curve for p in points))
    curves = tuple(
        Curve(
            make(words.curve_name(name).capitalize()),
            _marks([p for p in points if p.curve == name], from_start=group == words.FRIENDS),
        )
        for name, make in zip(names, style.SERIES, strict=False)
    )
    last = max((p.x for p in points if p.estimate is not None), default=float(TICKS[0]))
    step = next((days for days in TICKS if last / days <= MOST_TICKS), TICKS[-1])
    ticks = tuple((float(day), str(day)) for day in range(0, int(last) + 1, step))
    sizes = _sizes(points, names) if group == words.CARE else ""
    medians = [
        a
        for a in release.answers_of(ANALYSIS, population=population.population)
        if a.scale != RATIO and words.group_of(a.term) == group
    ]
    said = [words.median(a) for a in medians]
    said += [
        words.by_then(p.curve, p.estimate or 0.0, p.ci_low, p.ci_high, p.x) for p in _same_day(points, names)
    ]
    identifier = f"first-use-by-{group}-{population.population}".replace("_", "-").replace(" ", "-")
    return Figure(
        identifier=identifier,
        headline=f"First use after detoxification, by {group}",
        subtitle=(
            "Share of people who had used again, by days since detoxification; "
            f"{'; '.join(t for t in (sizes, population.label) if t)}; {closing.period(release, population)}"
        ),
        chart=CurveChart(
            curves,
            axes.Axis("Days since detoxification", 0.0, last, ticks),
            axes.shares("", (v for p in points for v in (p.estimate, p.ci_high))),
        ),
        alternative=tuple(said) or ("No point of these curves may be shown.",),
        caption=(
            "Each dot is an estimated share of one group, the bar through it its range; between dots "
            "nothing is estimated. Dots that would show very few people are left out, so a row of dots may "
            "stop before the records do."
            + (STARTS_LATER if group == words.CARE else FROM_NONE + _cut(medians))
        ),
        table=_curve_table(points, population, group),
        download=curve_download(f"{identifier}.csv", points, release),
        data=population.data,
    )


def _drifting(rates: list[Answer]) -> str:
    """Name the ratios whose check says that they may change over time; empty where none may."""
    named = tuple(f"“{words.contrast(a.term).label}”" for a in rates if DRIFT_NOTE.strip() in a.note)
    return f" The ratio may change over time for {listed(named)}: read it as an average." if named else ""


def _marks(points: list[Point], *, from_start: bool) -> tuple[Mark, ...]:
    """Return the marks of a curve; one that speaks of everybody from the start begins at none on day 0."""
    marks = tuple(Mark(p.x, p.estimate, p.ci_low, p.ci_high) for p in points)
    if from_start and points and points[0].x > 0:
        return (Mark(0.0, 0.0, None, None), *marks)
    return marks


def _sizes(points: list[Point], names: list[str]) -> str:
    """Say how many people each group has where its curve starts; empty where that is withheld."""
    first = [(name, next(p.n_at_risk for p in points if p.curve == name)) for name in names]
    if any(number is None for _, number in first):
        return ""
    return listed(tuple(f"{people(number)} {words.curve_name(name)}" for name, number in first))


def _cut(medians: list[Answer]) -> str:
    """Say where support was cut in two: the first sentence of each group's note."""
    said = [
        sentence(f"{words.curve_name(a.term)}: {because(a.note.split('. ')[0])}")
        for a in medians
        if a.standing == "given" and a.note
    ]
    return "".join(f" {text}" for text in said)


def _same_day(points: list[Point], names: list[str]) -> list[Point]:
    """Return one point of each curve, all of the latest day up to `SPOKEN` that every curve shows."""
    shown = [
        {p.x for p in points if p.curve == name and p.estimate is not None and p.x <= SPOKEN}
        for name in names
    ]
    common = set.intersection(*shown)
    return [p for p in points if common and p.x == max(common)]


def _curve_table(points: list[Point], population: Population, group: str) -> Table:
    rows = tuple(
        (
            f"{words.curve_name(p.curve).capitalize()}, day {decimal(p.x, 0)}",
            NOT_SHOWN if p.estimate is None else percent(p.estimate),
            interval(p.ci_low, p.ci_high, percent),
            count(p.n_at_risk),
        )
        for p in points
    )
    return Table(
        f"Share of people who had used again, by {group}",
        (
            Column("Group and day"),
            Column("Estimate", True),
            Column("Range", True),
            Column("Still followed", True),
        ),
        rows,
        population.data,
    )


def _dot(answer: Answer, series: style.Series) -> Dot:
    if answer.estimate is None:
        return Dot(series, None, None, None, short_value(answer).capitalize())
    return Dot(series, answer.estimate, answer.ci_low, answer.ci_high, times(answer.estimate))
