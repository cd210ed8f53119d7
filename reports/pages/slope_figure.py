"""One figure of slopes or of ratios: ours, and beside them what others published of the same."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from reports.figures import axes, style
from reports.figures.axes import Axis
from reports.figures.chart import Dot, DotChart, Row
from reports.numbers import as_published, count, times
from reports.numbers import interval as written_interval
from reports.page import Column, Figure, Table
from reports.pages.answers import answers_download, people_text, short_value, value_text
from reports.release import Answer, Population, Published, Release
from reports.words import slopes as words
from reports.words.phrases import PUBLISHED
from reports.words.published import Z, interval

Range = tuple[float | None, float | None]
THEIR_RANGE = (
    "Squares are figures that others published, with a range that is our arithmetic: their standard error "
    f"times {Z} on each side."
)
HOW_TO_READ = "Each dot is an estimate, its line the range that fits the answers."


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """How the numbers of a figure are shown: what of an estimate is drawn, how it is written, on which axis.

    `theirs` gives what is drawn of a published value and of its limits; `caption` is that of the table and
    `zero` the value of no link.
    """

    axis: Callable[[Iterable[float | None]], Axis]
    ours: Callable[[float], float]
    theirs: Callable[[float], float]
    write: Callable[[float], str]
    write_theirs: Callable[[float], str]
    caption: str
    zero: float


def per_step(unit: str, caption: str) -> Measure:
    """Show slopes as points for each ten points."""
    return Measure(
        axis=partial(axes.plain, unit),
        ours=_ten_times,
        theirs=_ten_times,
        write=words.points,
        write_theirs=lambda slope: as_published(_ten_times(slope)),
        caption=caption,
        zero=0.0,
    )


def ratio(unit: str, caption: str) -> Measure:
    """Show ratios as they stand."""
    return Measure(
        axis=partial(axes.ratios, unit),
        ours=float,
        theirs=float,
        write=times,
        write_theirs=times,
        caption=caption,
        zero=1.0,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What is said around the chart."""

    name: str
    headline: str
    subtitle: str
    caption: str


def slope_figure(
    release: Release,
    population: Population,
    answers: Sequence[Answer],
    *,
    label: Callable[[Answer], str],
    measure: Measure,
    frame: Frame,
    say: Callable[[str, Answer], str],
    others: Mapping[str, Sequence[Published]],
    say_theirs: Callable[[str, float, float | None, float | None], str] = words.published,
) -> Figure:
    """Draw answers, a row each, with what others published of the same term under them.

    `label` names the row of an answer. `say` puts an answer in words by its label, `say_theirs` a published
    value with its range.
    """
    ours, theirs = style.first("This report"), style.published(PUBLISHED)
    rows = [
        Row(
            label(a),
            (_dot(a, ours, measure), *(_their_dot(p, theirs, measure) for p in others.get(a.term, ()))),
        )
        for a in answers
    ]
    drawn = [v for row in rows for dot in row.dots for v in (dot.value, dot.low, dot.high)]
    shown = [(label(a), p) for a in answers for p in others.get(a.term, ())]
    identifier = f"{frame.name}-{population.population}".replace("_", "-")
    return Figure(
        identifier=identifier,
        headline=frame.headline,
        subtitle=frame.subtitle,
        chart=DotChart(tuple(rows), measure.axis(drawn), reference=measure.zero).with_room(),
        alternative=(
            *(say(label(a), a) for a in answers),
            *(say_theirs(name, p.value or 0.0, *interval(p)) for name, p in shown),
        ),
        caption=" ".join([HOW_TO_READ, frame.caption, *([THEIR_RANGE] if shown else [])]),
        table=_table(population, answers, label, shown, measure),
        download=answers_download(f"{identifier}.csv", answers, release, [p for _, p in shown]),
        data=population.data,
    )


def comparable(release: Release, analysis: str, answers: Iterable[Answer]) -> dict[str, list[Published]]:
    """Find what others published of the same terms on the same scale, by term."""
    found: dict[str, list[Published]] = {}
    for answer in answers:
        for p in release.published_for(analysis):
            if p.term == answer.term and p.scale == answer.scale and p.value is not None:
                found.setdefault(answer.term, []).append(p)
    return found


def _ten_times(slope: float) -> float:
    return words.STEP * slope


def _dot(answer: Answer, series: style.Series, measure: Measure) -> Dot:
    if answer.estimate is None:
        return Dot(series, None, None, None, short_value(answer).capitalize())
    low, high = (None if v is None else measure.ours(v) for v in (answer.ci_low, answer.ci_high))
    return Dot(series, measure.ours(answer.estimate), low, high, measure.write(answer.estimate))


def _their_dot(p: Published, series: style.Series, measure: Measure) -> Dot:
    value = p.value or 0.0
    low, high = (None if v is None else measure.theirs(v) for v in interval(p))
    return Dot(series, measure.theirs(value), low, high, measure.write_theirs(value))


def _table(
    population: Population,
    answers: Sequence[Answer],
    label: Callable[[Answer], str],
    shown: Sequence[tuple[str, Published]],
    measure: Measure,
) -> Table:
    """Set our numbers and those of others in one table."""
    rows = [
        (
            label(a),
            value_text(a, measure.write),
            written_interval(a.ci_low, a.ci_high, measure.write),
            people_text(a),
        )
        for a in answers
    ]
    rows += [
        (
            f"{name} ({PUBLISHED.lower()})",
            measure.write_theirs(p.value or 0.0),
            _their_range(p, measure),
            count(p.n_people),
        )
        for name, p in shown
    ]
    columns = (Column("Compared"), Column("Estimate", True), Column("Range", True), Column("People", True))
    return Table(measure.caption, columns, tuple(rows), population.data)


def _their_range(p: Published, measure: Measure) -> str:
    low, high = interval(p)
    return written_interval(low, high, measure.write)
