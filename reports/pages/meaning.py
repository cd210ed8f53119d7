"""W1, W2 and W4: recovery identity and the meaning of a day, by day, by program, and from day to day."""

from __future__ import annotations

from collections.abc import Sequence

from reports.page import Block, Figure, Finding, Link, Page, Paragraph, Section, Subheading
from reports.pages import closing
from reports.pages.finding import basis, finding
from reports.pages.question import question_page
from reports.pages.sensitivity import worked_out_otherwise
from reports.pages.slope_figure import Frame, comparable, per_step, slope_figure
from reports.release import Answer, Population, Published, Release
from reports.words import meaning as words
from reports.words import meetings, yesterday
from reports.words.followup import follow_up
from reports.words.phrases import people
from reports.words.published import figure
from reports.words.slopes import STEP, brief, published_points, unclear

ANALYSIS, MEETINGS, YESTERDAY = "W1", "W2", "W4"
OUTCOME = "meaningfulness"
FILE = "meaning.html"
NAME = "Meaning of the day"
WITHIN, BETWEEN = "recovery_identity_within", "recovery_identity_between"
SOCIAL_LESS_CLINICAL = f"{WITHIN}_social_minus_clinical"
LABELS = {WITHIN: "The same person, one day against another", BETWEEN: "One person against another"}
BY_MODEL = {
    f"{WITHIN}_in_{model}_programs": f"{model.capitalize()} programs"
    for model in ("social", "mixed", "clinical")
}
SAID_BY_DAY = {term: label for occasion in meetings.OCCASIONS for term, label in occasion.slopes}
UNIT = f"Points, for each {STEP} points of identity"
TABLE_UNIT = f"Points of meaningfulness for each {STEP} points of identity"
NO_TEST = (
    "The end points of their scale were not seen, and their people are others: they are no test of ours."
)


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
        also=(MEETINGS, YESTERDAY),
    )


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


def _beside(release: Release) -> list[Section]:
    """Make the sections of what others found."""
    studies = closing.other_studies(release, (ANALYSIS, MEETINGS), write=_published_value)
    return [studies] if studies else []


def _published_value(p: Published) -> str:
    return figure(p) if p.scale != "points per point" or p.value is None else published_points(p.value)


def _heard(release: Release, population: Population, answer: Answer | None) -> str:
    facts = release.facts_of(ANALYSIS, population=population.population)
    return follow_up(facts, answer, of=population.n_people)


def _answers(release: Release, population: Population, analysis: str, terms: Sequence[str]) -> list[Answer]:
    """Return the answers to these terms of meaningfulness that the release has, in their order."""
    mine = release.answers_of(analysis, population=population.population, outcome=OUTCOME)
    found = {a.term: a for a in mine}
    return [found[term] for term in terms if term in found]


def _answer(release: Release, population: Population) -> Section:
    answers = _answers(release, population, ANALYSIS, list(LABELS))
    main = next((a for a in answers if a.term == WITHIN), None)
    lead: list[Block] = [closing.origin(release, population), Paragraph(words.ASKED)]
    for answer in answers:
        if answer.term == WITHIN:
            lead.append(Paragraph(words.within(answer), "lead"))
            lead += _as_answered(release, population, answer)
        else:
            lead.append(Paragraph(words.between_people(answer)))
    lead += basis(main, _heard(release, population, main))
    return Section(
        population.label,
        (
            *lead,
            _main_figure(release, population, answers),
            *worked_out_otherwise(release, population, answers, labels=LABELS, caption=TABLE_UNIT),
            *_by_model(release, population),
            *_by_day(release, population),
            *_from_day_to_day(release, population),
        ),
    )


def _as_answered(release: Release, population: Population, answer: Answer) -> list[Block]:
    """Say what the slope is in the answers as given; only beside a slope that is clear."""
    fact = release.fact(ANALYSIS, f"observed_scale_{WITHIN}", population.population)
    if answer.standing != "given" or unclear(answer) or fact is None or fact.value is None:
        return []
    return [Paragraph(words.as_answered(fact.value))]


def _subtitle(release: Release, population: Population, answer: Answer | None, what: str) -> str:
    said = (people(answer.n_people if answer else None), population.label)
    return f"{what}; {', '.join(t for t in said if t)}; {closing.period(release, population)}"


def _beside_theirs(answer: Answer | None) -> str:
    """Say how the model of the published figures compares with ours."""
    ours = "as does ours" if answer is not None and "Tobit" in answer.method else "ours is a linear one"
    return f"Their model allows for answers at the top of the scale, {ours}. {NO_TEST}"


def _main_figure(release: Release, population: Population, answers: list[Answer]) -> Figure:
    main = next((a for a in answers if a.term == WITHIN), None)
    others = comparable(release, ANALYSIS, answers)
    what = (
        f"Difference in a day's meaningfulness (0 to 100) for each {STEP} points of recovery identity "
        "(0 to 100)"
    )
    said = {
        LABELS[WITHIN]: words.within,
        LABELS[BETWEEN]: words.between_people,
    }
    return slope_figure(
        release,
        population,
        answers,
        label=lambda a: LABELS[a.term],
        measure=per_step(UNIT, TABLE_UNIT),
        frame=Frame(
            name="meaning",
            headline=words.headline(main),
            subtitle=_subtitle(release, population, main, what),
            caption="Zero would mean no link." + (f" {_beside_theirs(main)}" if others else ""),
        ),
        say=lambda label, answer: said[label](answer),
        others=others,
    )


def _by_model(release: Release, population: Population) -> tuple[Block, ...]:
    """Tell the link within people of programs of each model."""
    answers = _answers(release, population, ANALYSIS, list(BY_MODEL))
    if not answers:
        return ()
    difference = _answers(release, population, ANALYSIS, [SOCIAL_LESS_CLINICAL])
    return (
        Subheading("In programs of each kind"),
        *(Paragraph(words.social_less_clinical(a)) for a in difference),
        slope_figure(
            release,
            population,
            answers,
            label=lambda a: BY_MODEL[a.term],
            measure=per_step(UNIT, TABLE_UNIT),
            frame=Frame(
                name="meaning-by-program",
                headline=words.headline_by_model(difference[0] if difference else None),
                subtitle=_subtitle(
                    release, population, None, "The same link, within people whose programs were of one kind"
                ),
                caption=(
                    "Zero would mean no link. Nobody is placed in a program by chance: people in one kind of "
                    "program may differ from people in another."
                ),
            ),
            say=brief,
            others={},
        ),
    )


def _by_day(release: Release, population: Population) -> tuple[Block, ...]:
    """Tell the link on days with and without a meeting, and with and without a visit to a center."""
    found = {a.term: a for a in release.answers_of(MEETINGS, population=population.population)}
    answers = [found[term] for term in SAID_BY_DAY if term in found]
    if not answers:
        return ()
    said = [(o, found[o.difference]) for o in meetings.OCCASIONS if o.difference in found]
    others = comparable(release, MEETINGS, answers)
    return (
        Subheading("On days with a meeting or a visit to a recovery center"),
        *(Paragraph(meetings.difference(occasion, answer)) for occasion, answer in said),
        slope_figure(
            release,
            population,
            answers,
            label=lambda a: SAID_BY_DAY[a.term],
            measure=per_step(UNIT, TABLE_UNIT),
            frame=Frame(
                name="meaning-by-day",
                headline=meetings.headline(found),
                subtitle=_subtitle(
                    release,
                    population,
                    said[0][1] if said else None,
                    "The link within a person, on days with and without a meeting or a visit",
                ),
                caption="Zero would mean no link." + (f" {_beside_theirs(answers[0])}" if others else ""),
            ),
            say=brief,
            others=others,
        ),
        *worked_out_otherwise(
            release,
            population,
            [answer for _, answer in said],
            labels={o.difference: f"Days with {o.name} against other days" for o in meetings.OCCASIONS},
            caption=f"{TABLE_UNIT}: difference by kind of day",
            explained=True,
        ),
    )


def _from_day_to_day(release: Release, population: Population) -> tuple[Block, ...]:
    """Tell what of yesterday goes with the meaning of today, and the other way round."""
    mine = release.answers_of(YESTERDAY, population=population.population)
    found = {(a.outcome, a.term): a for a in mine}
    answers = [found[key] for key in yesterday.LABELS if key in found]
    if not answers:
        return ()
    main = found.get(yesterday.IDENTITY_FIRST)
    back = found.get(yesterday.MEANING_FIRST)
    return (
        Subheading("From one day to the next"),
        *([Paragraph(yesterday.meaning_after(main))] if main else []),
        *([Paragraph(yesterday.identity_after(back))] if back else []),
        slope_figure(
            release,
            population,
            answers,
            label=lambda a: yesterday.LABELS[a.outcome, a.term],
            measure=per_step(f"Points, for each {STEP} points", f"Points for each {STEP} points"),
            frame=Frame(
                name="meaning-day-after",
                headline=yesterday.headline(main),
                subtitle=_subtitle(
                    release, population, main,
                    f"What goes with {STEP} points more than usual of the day before, or of the same day, "
                    "within a person",
                ),
                caption=(
                    "Zero would mean no link. Rows about the day before hold for days after which the other "
                    "answer was the same; the row about the same day is what is left after the day before. "
                    "Evenings without an answer are gaps. Answers at the ends of the scale are taken as they "
                    "stand, so these figures are smaller than those at the top of this page."
                ),
            ),
            say=brief,
            others={},
        ),
        *(
            worked_out_otherwise(
                release, population, [main], labels={main.term: yesterday.LABELS[yesterday.IDENTITY_FIRST]},
                caption=f"Points for each {STEP} points of the day before", explained=True,
            )
            if main
            else ()
        ),
    )  # fmt: skip
