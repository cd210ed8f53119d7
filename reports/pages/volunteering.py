"""V1: what the same people say of active addiction and of recovery."""

from __future__ import annotations

from collections.abc import Callable

from reports.figures import axes, style
from reports.figures.chart import Dot, DotChart, Row
from reports.numbers import (
    NOTHING,
    count,
    decimal,
    percent,
    published_percent,
    writer,
)
from reports.page import (
    Block,
    Citation,
    Citations,
    Column,
    Figure,
    Finding,
    Link,
    Page,
    Paragraph,
    Section,
    Table,
)
from reports.pages import closing
from reports.pages.answers import answers_download, short_value, with_interval
from reports.pages.finding import basis, finding
from reports.pages.question import question_page
from reports.release import Answer, Population, Published, Release
from reports.words import volunteering as words
from reports.words.followup import follow_up
from reports.words.phrases import PUBLISHED, sentence
from reports.words.published import figure, in_words
from reports.words.volunteering import Item

ANALYSIS = "V1"
FILE = "volunteering.html"
NAME = "Volunteering"
LEAD = ("volunteered", "community_service", "helped_others", "voted")  # taking part: the page's question
SETBACKS = ("arrested", "incarcerated", "fired", "emergency_room", "domestic_violence")  # fewer is better
TERMS = ("active_addiction", "recovery", "difference", "difference_from_rates", "ratio", "relative_change")


def page(release: Release) -> Page | None:
    """Compose the page; None where the release has no answer to this question."""
    return question_page(
        release,
        ANALYSIS,
        file=FILE,
        name=NAME,
        eyebrow="Taking part in the community",
        answer=_answer,
        beside=_beside,
    )


def _beside(release: Release) -> list[Section]:
    """Make the sections of what others found."""
    order = [*LEAD, *release.labels.get("civic_item", {})]
    studies = closing.other_studies(
        release,
        (ANALYSIS,),
        order=lambda p: (order.index(p.outcome) if p.outcome in order else len(order), p.study, p.term),
    )
    return [*([studies] if studies else []), *_general_population(release)]


def findings(release: Release) -> list[Finding]:
    """Give the finding for the front page, one for each population: the first item asked for."""
    found = []
    for population in release.populations_of(ANALYSIS):
        item = _items(release, population)[0]
        said = " ".join(t for t in (words.both_rates(item), words.difference(item)) if t)
        heard = _heard(release, population, item)
        found.append(finding(release, population, said, heard, Link(NAME, FILE)))
    return found


def _codes(release: Release, population: Population) -> list[str]:
    """Return the items answered: the page's own first, the others in the order of the codebook."""
    asked = {a.outcome for a in release.answers_of(ANALYSIS, population=population.population)}
    order = list(dict.fromkeys([*LEAD, *release.labels.get("civic_item", {}), *sorted(asked)]))
    return [code for code in order if code in asked]


def _items(release: Release, population: Population) -> list[Item]:
    items = []
    for code in _codes(release, population):
        answers = release.answers_of(ANALYSIS, population=population.population, outcome=code)
        by_term = {a.term: a for a in answers}
        items.append(Item(release.label("civic_item", code), *(by_term.get(term) for term in TERMS)))
    return items


def _heard(release: Release, population: Population, item: Item) -> str:
    outcome = next(a.outcome for a in (item.then, item.now, item.difference) if a is not None)
    facts = release.facts_of(ANALYSIS, population=population.population)
    return follow_up(f for f in facts if f.outcome == outcome)


def _answer(release: Release, population: Population) -> Section:
    items = _items(release, population)
    codes = _codes(release, population)
    first = items[0]
    blocks: list[Block] = [closing.origin(release, population), Paragraph(words.both_rates(first), "lead")]
    blocks += [Paragraph(said) for said in (words.difference(first), words.ratio(first)) if said]
    blocks += basis(first.gap, _heard(release, population, first))
    coded = list(zip(codes, items, strict=True))
    for name, subject, group in (
        ("taking-part", "taking part in the community", [pair for pair in coded if pair[0] in LEAD]),
        (
            "daily-life",
            "work, money, family and health",
            [pair for pair in coded if pair[0] not in (*LEAD, *SETBACKS)],
        ),
        ("setbacks", "arrests and other setbacks", [pair for pair in coded if pair[0] in SETBACKS]),
    ):
        if group:
            blocks.append(_figure(release, population, name, subject, group))
    return Section(population.label, tuple(blocks))


def _table(
    population: Population, subject: str, items: list[Item], others: dict[str, list[Published]]
) -> Table:
    """Set both rates, their difference, ratio and percent change, an item a row, with what others found."""
    columns = (
        Column("Item"),
        Column("In recovery", True),
        Column("In active addiction", True),
        Column("Difference, points", True),
        Column("Ratio", True),
        Column("Percent change", True),
        Column("People", True),
        *((Column(f"{PUBLISHED}, in recovery", True),) if others else ()),
    )
    rows = []
    for item in items:
        people = next((a.n_people for a in (item.now, item.then) if a is not None), None)
        cells = (
            _cell(item.now),
            _cell(item.then),
            _cell(item.gap, lambda share: decimal(100 * share, 0, signed=True)),
            _cell(item.ratio),
            _cell(item.change),
        )
        found = ", ".join(figure(p) for p in others.get(item.label, [])) or NOTHING
        rows.append((item.label, *cells, count(people), *((found,) if others else ())))
    caption = (
        f"Then and now: {subject}. A percent change is not given where fewer than 10 of every 100 said yes "
        "for active addiction; “not shown” protects privacy"
    )
    return Table(caption, columns, tuple(rows), population.data)


def _cell(answer: Answer | None, write: Callable[[float], str] | None = None) -> str:
    if answer is None:
        return NOTHING
    if answer.standing != "given":
        return "not given" if answer.standing == "refused" else "not shown"
    return with_interval(answer, write)


def _general_population(release: Release) -> tuple[Section, ...]:
    """Set how common volunteering is in the general population beside the rates."""
    norms = [n for n in release.norms if "volunteering" in n.norm_id]
    if not norms:
        return ()
    usual = closing.usual_mark([n.mark for n in norms])
    items = tuple(
        Citation(
            in_words(n.note)
            or (published_percent(n.value) if n.scale == "probability" else writer(n.scale)(n.value)),
            Link(n.study, n.source_url) if n.source_url else n.study,
            " ".join(sentence(part) for part in (n.measure, str(n.year or ""), n.note) if part),
            closing.known(release, n.mark, usual),
        )
        for n in norms
    )
    advice = Paragraph(
        "These rates are of one year in the whole population. The rates above cover all the years since "
        "recovery began, so they are not the same measure."
    )
    return (
        Section(
            "In the general population",
            (advice, *closing.usually(release, usual), Citations(items)),
            "general-population",
        ),
    )


def _figure(
    release: Release, population: Population, name: str, subject: str, group: list[tuple[str, Item]]
) -> Figure:
    then, now = style.second("In active addiction"), style.first("In recovery")
    theirs = style.published(f"{PUBLISHED}, in recovery")
    others = {item.label: found for code, item in group if (found := _published(release, code))}
    rows = tuple(
        Row(
            item.label,
            (
                *(_dot(a, series) for a, series in ((item.then, then), (item.now, now)) if a is not None),
                *(Dot(theirs, p.value, None, None, figure(p)) for p in others.get(item.label, [])),
            ),
        )
        for _, item in group
    )
    answers = [
        a
        for code, _ in group
        for a in release.answers_of(ANALYSIS, population=population.population, outcome=code)
    ]
    identifier = f"{name}-{population.population}".replace("_", "-")
    items = [item for _, item in group]
    return Figure(
        identifier=identifier,
        headline=words.headline(subject, items),
        subtitle=(
            f"People who said yes, of those who answered for both times: {subject}; {population.label}; "
            f"{closing.period(release, population)}"
        ),
        chart=DotChart(rows, axes.Axis("People of every 100 who said yes", 0.0, 1.0, _TICKS)),
        alternative=(
            "Of every 100 people who answered for both times, so many said yes (with the range):",
            *(words.brief(item) for item in items),
            *(
                sentence(f"{label}, {PUBLISHED.lower()}: {figure(p)} in recovery")
                for label, found in others.items()
                for p in found
            ),
        ),
        caption=(
            "Filled circles: the time since recovery began. Open diamonds: active addiction. Lines are the "
            "ranges that fit the answers. Both are what people remember; recovery may have lasted longer or "
            "shorter."
            + (
                " Squares: figures of other studies, without a range because none was published."
                if others
                else ""
            )
        ),
        table=_table(population, subject, items, others),
        download=answers_download(
            f"{identifier}.csv", answers, release, [p for found in others.values() for p in found]
        ),
        data=population.data,
    )


def _published(release: Release, code: str) -> list[Published]:
    """Return rates in recovery that may be drawn beside ours: of everybody asked, so with their number."""
    return [
        p
        for p in release.published_for(ANALYSIS)
        if (p.outcome, p.term, p.scale) == (code, "recovery", "probability")
        and p.value is not None
        and p.n_people is not None
    ]


_TICKS = tuple((v / 100, str(v)) for v in (0, 20, 40, 60, 80, 100))


def _dot(answer: Answer, series: style.Series) -> Dot:
    if answer.estimate is None:
        return Dot(series, None, None, None, f"{series.name}: {short_value(answer)}")
    return Dot(series, answer.estimate, answer.ci_low, answer.ci_high, percent(answer.estimate))
