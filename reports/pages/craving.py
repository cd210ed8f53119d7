"""W3: recovery identity and craving, whether there was any and how strong it was."""

from __future__ import annotations

from collections.abc import Mapping

from reports.page import Block, Figure, Finding, Link, Page, Paragraph, Section, Subheading
from reports.pages import closing
from reports.pages.finding import basis, finding
from reports.pages.question import question_page
from reports.pages.sensitivity import worked_out_otherwise
from reports.pages.slope_figure import Frame, per_step, ratio, slope_figure
from reports.release import Answer, Population, Published, Release
from reports.words import craving as words
from reports.words.followup import follow_up
from reports.words.phrases import people
from reports.words.published import figure
from reports.words.slopes import STEP, brief, published_points

ANALYSIS = "W3"
FILE = "craving.html"
NAME = "Craving"
LOG_ODDS = "log odds per point"
SAID_OF_ANY = {words.ANY_WITHIN: words.any_within, words.ANY_BETWEEN: words.any_between}
SAID_OF_EXTENT = {
    words.EXTENT_WITHIN: words.extent_within,
    words.EXTENT_BETWEEN: words.extent_between,
}
MIND = "This is a link between answers of the same evening. It does not say which of the two came first."


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


def findings(release: Release) -> list[Finding]:
    """Give the finding for the front page, one for each population."""
    return [
        finding(
            release,
            population,
            f"{words.ASKED} {said}" if answer.standing == "given" else said,
            _heard(release, population, answer),
            Link(NAME, FILE),
            brief=said,
        )
        for population in release.populations_of(ANALYSIS)
        for answer in release.answers_of(ANALYSIS, population=population.population, term=words.ANY_WITHIN)
        for said in (words.any_within(answer),)
    ]


def _heard(release: Release, population: Population, answer: Answer | None) -> str:
    facts = release.facts_of(ANALYSIS, population=population.population)
    return follow_up(facts, answer, of=population.n_people)


def _beside(release: Release) -> list[Section]:
    """Make the sections of what others found."""
    studies = closing.other_studies(release, (ANALYSIS,), write=_published_value, order=_as_on_the_page)
    return [studies] if studies else []


def _published_value(p: Published) -> str:
    if p.value is None:
        return figure(p)
    if p.scale == LOG_ODDS:
        return words.published_log_odds(p.value, p.std_error)
    return published_points(p.value, p.std_error) if p.scale == "points per point" else figure(p)


def _as_on_the_page(p: Published) -> tuple[int | str, ...]:
    """Order any craving before its strength, and days of a person before people."""
    return not p.term.startswith("any_"), "_within" not in p.term, p.term, p.study


def _answer(release: Release, population: Population) -> Section:
    found = {a.term: a for a in release.answers_of(ANALYSIS, population=population.population)}
    main = found.get(words.ANY_WITHIN)
    lead: list[Block] = [closing.origin(release, population), Paragraph(words.ASKED)]
    lead += [
        Paragraph(say(found[term]), "lead" if term == words.ANY_WITHIN else "plain")
        for term, say in SAID_OF_ANY.items()
        if term in found
    ]
    share = release.fact(ANALYSIS, "share_of_days_with_craving", population.population)
    if share is not None and share.value is not None:
        lead.append(Paragraph(words.how_common(share.value)))
    lead += basis(main, _heard(release, population, main), mind=MIND)
    return Section(
        population.label,
        (
            *lead,
            *_any(release, population, found),
            *_extent(release, population, found),
        ),
    )


def _subtitle(release: Release, population: Population, answer: Answer | None, what: str) -> str:
    said = (people(answer.n_people if answer else None), population.label)
    return f"{what}; {', '.join(t for t in said if t)}; {closing.period(release, population)}"


def _any(release: Release, population: Population, found: Mapping[str, Answer]) -> tuple[Block, ...]:
    """Draw the ratios of the odds of any craving; what others published as log odds is cited, not drawn."""
    answers = [found[term] for term in words.ANY if term in found]
    if not answers:
        return ()
    main = found.get(words.ANY_WITHIN)
    chart = slope_figure(
        release,
        population,
        answers,
        label=lambda a: words.ANY[a.term],
        measure=ratio(
            f"Times as many {words.ODDS}",
            f"Times as many {words.ODDS}, for each {STEP} points of identity",
        ),
        frame=Frame(
            name="any-craving",
            headline=words.headline_any(main),
            subtitle=_subtitle(
                release, population, main, "Having any craving, for each 10 points of recovery identity"
            ),
            caption=(
                "One would mean no link; below one, craving was less common. Figures of others are not "
                "drawn: they were given in another unit, to two decimals, and their scale was not seen."
            ),
        ),
        say=words.brief_any,
        others={},
    )
    return Subheading("Whether there was any craving"), chart


def _extent(release: Release, population: Population, found: Mapping[str, Answer]) -> tuple[Block, ...]:
    """Draw the slopes of the strength of craving, and set them beside other ways to work them out."""
    answers = [found[term] for term in words.EXTENT if term in found]
    if not answers:
        return ()
    main = found.get(words.EXTENT_WITHIN)
    unit = f"Points, for each {STEP} points of identity"
    caption = f"Points of craving for each {STEP} points of identity, on evenings with craving"
    chart: Figure = slope_figure(
        release,
        population,
        answers,
        label=lambda a: words.EXTENT[a.term],
        measure=per_step(unit, caption),
        frame=Frame(
            name="strength-of-craving",
            headline=words.headline_extent(main),
            subtitle=_subtitle(
                release, population, main,
                f"Strength of craving (1 to 100) on evenings with any, for each {STEP} points of identity",
            ),
            caption=(
                "Zero would mean no link. Figures of others are not drawn: on which scale craving was "
                "answered in their study was not seen."
            ),
        ),
        say=brief,
        others={},
    )  # fmt: skip
    checked = [found[term] for term in words.OTHERWISE if term in found]
    otherwise = worked_out_otherwise(
        release, population, checked, labels=words.OTHERWISE, caption=caption, name="craving-in-other-ways"
    )
    said = [say(found[term]) for term, say in SAID_OF_EXTENT.items() if term in found]
    if words.BY_MEETING in found:
        days = (found.get(words.NO_MEETING_DAY), found.get(words.MEETING_DAY))
        said.append(words.by_meeting(found[words.BY_MEETING], *days))
    if words.CORRELATION in found:
        said.append(words.together(found[words.CORRELATION]))
    return (
        Subheading("How strong it was, where there was any"),
        *(Paragraph(text) for text in said if text),
        chart,
        *otherwise,
    )
