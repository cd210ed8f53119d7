"""C1 in pictures: the forest plot against margins, and people of every hundred in both kinds of programs."""

from __future__ import annotations

from functools import partial

from reports.figures import axes, style
from reports.figures.chart import Dot, DotChart, Row
from reports.numbers import NOTHING, count, interval, of_100
from reports.page import Column, Figure, Table
from reports.pages.answers import answers_download, short_value, value_text
from reports.pages.programs_wave import HIDDEN, MAIN, PLAIN, Wave, facts_download, identifier, subtitle
from reports.release import Answer, Fact
from reports.words import programs_compared as words
from reports.words import programs_verdicts as verdicts
from reports.words.phrases import aside, because, verdict
from reports.words.programs_compared import Outcome

AXIS = "Margins: worse left, better right"
READ = (
    "Each dot is the difference, its line the range that fits the answers. The solid line is no difference. "
    "The broken lines are the margin: social programs do worse, or better, by that much."
)


def shares(of: Wave) -> Table | None:
    """Set the adjusted shares of both kinds of programs; None where the release has none."""
    found = [
        (outcome, social, clinical)
        for outcome, answer in of.told
        if outcome.share
        and answer.standing == "given"
        and (social := of.fact(outcome, "adjusted_social")) is not None
        and (clinical := of.fact(outcome, "adjusted_clinical")) is not None
    ]
    if not found:
        return None
    name = identifier(f"programs-shares-{of.wave}", of.population)
    return Table(
        f"People of every 100 {of.when} after entry, made alike at entry, with ranges{_of(of)}",
        (Column("Outcome"), Column("Social programs", True), Column("Clinical programs", True)),
        tuple((outcome.label, _share(social), _share(clinical)) for outcome, social, clinical in found),
        of.population.data,
        download=facts_download(f"{name}.csv", [fact for _, *facts in found for fact in facts], of.release),
    )


def forest(of: Wave) -> Figure | None:
    """Draw all outcomes of a wave against their margins; None where the release has none."""
    if not of.told:
        return None
    series = style.first("This report")
    rows = tuple(
        Row(_label(outcome, answer), (_dot(of, outcome, answer, series),)) for outcome, answer in of.told
    )
    drawn = [v for row in rows for dot in row.dots for v in (dot.value, dot.low, dot.high)]
    margins = words.margins([(outcome, margin) for outcome, _ in of.told if (margin := of.margin(outcome))])
    caption = f"{READ} {verdicts.RANGES_ALONE} {margins}"
    name = identifier(f"programs-forest-{of.wave}", of.population)
    answers = [a for outcome, _ in of.told for term in (MAIN, PLAIN) if (a := of.answer(outcome, term))]
    return Figure(
        identifier=name,
        headline=verdicts.headline(of.told, of.wave),
        subtitle=subtitle(
            of.release,
            of.population,
            "Social programs less clinical programs, people made alike at entry, in margins",
            of.count,
        ),
        chart=DotChart(
            rows, axes.plain(AXIS, (*drawn, -1.0, 1.0)), reference=0.0, limits=(-1.0, 1.0), together=True
        ),
        alternative=(
            f"{of.when} after entry, people of social programs against people like them of clinical programs"
            f"{_of(of)}:",
            *(verdicts.brief(outcome, answer) for outcome, answer in of.told),
        ),
        caption=caption.strip(),
        table=_table(of),
        download=answers_download(f"{name}.csv", answers, of.release),
        data=of.population.data,
    )


def gain(outcome: Outcome, value: float | None, margin: float) -> float | None:
    """Turn a difference into margins, so that above zero social programs do better."""
    if value is None:
        return None
    return (-value if outcome.fewer else value) / margin


def _dot(of: Wave, outcome: Outcome, answer: Answer, series: style.Series) -> Dot:
    margin = of.margin(outcome)
    if answer.standing != "given" or answer.estimate is None:
        return Dot(series, None, None, None, short_value(answer).capitalize())
    said = words.more_or_less(outcome, answer.estimate)
    if not margin:
        return Dot(series, None, None, None, f"{said}; no margin to draw it by")
    ends = [gain(outcome, v, margin) for v in (answer.ci_low, answer.ci_high)]
    low, high = reversed(ends) if outcome.fewer else ends
    return Dot(series, gain(outcome, answer.estimate, margin), low, high, said)


def _label(outcome: Outcome, answer: Answer) -> str:
    if answer.standing != "given" or answer.estimate is None:
        return outcome.label
    word, _ = verdict(answer)
    said = f"{outcome.label}: {words.whole(outcome, answer.estimate)}"
    return f"{said} ({because(word)})" if word else said


def _table(of: Wave) -> Table:
    rows = tuple(
        (
            outcome.label,
            value_text(answer, partial(words.whole, outcome)),
            words.short_range(outcome, answer.ci_low, answer.ci_high),
            verdicts.ruled_out_text(outcome, answer) or NOTHING,
            _plain(outcome, of.answer(outcome, PLAIN)),
            _judged(answer),
        )
        for outcome, answer in of.told
    )
    return Table(
        f"Social programs less clinical programs, {of.when} after entry, in people of every 100 or in points"
        f"{_of(of)}",
        (
            Column("Outcome"),
            Column("Difference, people made alike", True),
            Column("Range", True),
            Column("Gap ruled out, either way", True),
            Column("As the groups stand", True),
            Column("Verdict on social programs"),
        ),
        rows,
        of.population.data,
        technical=True,  # the words beside the chart give the same numbers on paper
    )


def _plain(outcome: Outcome, answer: Answer | None) -> str:
    if answer is None or answer.estimate is None:
        return HIDDEN if answer is not None and answer.suppressed else "not given"
    ends = words.short_range(outcome, answer.ci_low, answer.ci_high)
    return f"{words.short(outcome, answer.estimate)} ({ends})"


def _judged(answer: Answer) -> str:
    return verdicts.in_short(answer) or HIDDEN.capitalize()


def _share(fact: Fact) -> str:
    if fact.value is None or fact.suppressed:
        return HIDDEN
    ends = fact.limits
    return f"{of_100(fact.value)}{aside('' if ends is None else interval(*ends, of_100))}"


def _of(of: Wave) -> str:
    return f", {count(of.count)} people compared" if of.count is not None else ""
