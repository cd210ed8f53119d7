"""W1, W2 and W4: recovery identity and the meaning of a day, by day, by program, and from day to day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from reports.numbers import percent
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
from reports.words.slopes import STEP, allows, brief, published_points

ANALYSIS, MEETINGS, YESTERDAY = "W1", "W2", "W4"
OUTCOME = "meaningfulness"
FILE = "meaning.html"
NAME = "Meaning of the day"
WITHIN, BETWEEN = "recovery_identity_within", "recovery_identity_between"
SOCIAL_LESS_CLINICAL = f"{WITHIN}_social_minus_clinical"
AS_GIVEN = f"observed_scale_{WITHIN}"
LABELS = {WITHIN: "The same person, one day against another", BETWEEN: "One person against another"}
SAID_AS_GIVEN = f"{LABELS[WITHIN]}, answers as given"
BY_MODEL = {
    f"{WITHIN}_in_{model}_programs": f"{model.capitalize()} programs"
    for model in ("social", "mixed", "clinical")
}
SAID_BY_DAY = {term: label for occasion in meetings.OCCASIONS for term, label in occasion.slopes}
UNIT = f"Points, for each {STEP} points of identity"
TABLE_UNIT = f"Points of meaningfulness for each {STEP} points of identity"
MIND = "This is a link between answers of the same evening. It does not say which of the two came first."
ALLOWING = ", allowing for the end of the slider"
OURS = {"share_of_days": "share_of_days_visited_center"}  # a published term, and our name for the same
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
            " ".join(
                [
                    *([words.ASKED] if answer.standing == "given" else []),
                    words.within(answer, _as_given(release, population, answer)),
                ]
            ),
            _heard(release, population, answer),
            Link(NAME, FILE),
        )
        for population in release.populations_of(ANALYSIS)
        for answer in release.answers_of(ANALYSIS, population=population.population, term=WITHIN)
    ]


def _beside(release: Release) -> list[Section]:
    """Make the sections of what others found."""

    def write(p: Published) -> str:
        if p.scale == "points per point" and p.value is not None:
            return published_points(p.value, p.std_error)
        return figure(p) + _here(release, p)

    studies = closing.other_studies(release, (ANALYSIS, MEETINGS), write=write, order=_as_on_the_page)
    return [studies] if studies else []


def _as_on_the_page(p: Published) -> tuple[int | str, ...]:
    """Order slopes before shares, then by question, days of a person before people."""
    return p.scale != "points per point", p.analysis, "_within" not in p.term, p.term, p.study


def _here(release: Release, p: Published) -> str:
    """Say the same share of ours, where one population has it."""
    mine = [
        fact.value
        for fact in release.facts_of(p.analysis)
        if fact.diagnostic == OURS.get(p.term, p.term) and fact.value is not None
    ]
    return f" (here {percent(mine[0])})" if len(mine) == 1 and p.scale == "proportion" else ""


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
            told = words.within(answer, _as_given(release, population, answer))
            lead.append(Paragraph(told, "lead"))
        else:
            lead.append(Paragraph(words.between_people(answer)))
    lead += [Paragraph(text) for text in [_how_large(release, population)] if text]
    lead += basis(main, _heard(release, population, main), mind=MIND)
    return Section(
        population.label,
        (
            *lead,
            _main_figure(release, population, answers),
            *worked_out_otherwise(
                release, population, answers, labels=LABELS, caption=TABLE_UNIT, name="meaning-in-other-ways"
            ),
            *_by_model(release, population),
            *_by_day(release, population),
            *_from_day_to_day(release, population),
        ),
    )


def _as_given(release: Release, population: Population, answer: Answer) -> words.AsGiven:
    """Find what the answers as given did: their slope as a row beside that of the model, and the top."""
    slope = release.fact(ANALYSIS, AS_GIVEN, population.population)
    top = release.fact(ANALYSIS, "share_at_ceiling", population.population)
    row = None
    if slope is not None and answer.standing == "given":
        row = replace(
            answer, term=AS_GIVEN, estimate=slope.value, std_error=None, ci_low=slope.ci_low,
            ci_high=slope.ci_high, p_value=None, df=None, n_people=slope.n_people, small_sample="",
            note=slope.detail,
        )  # fmt: skip
    return words.AsGiven(row, top.value if top else None)


def _how_large(release: Release, population: Population) -> str:
    """Say what ten points of identity are beside a person's ordinary evenings."""
    spread = release.fact(ANALYSIS, "spread_of_days_recovery_identity", population.population)
    far = release.fact(ANALYSIS, "share_of_days_10_points_from_usual", population.population)
    return words.how_large(spread.value if spread else None, far.value if far else None)


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
    given_as = _as_given(release, population, main) if main else words.UNTOLD
    rows = [*([given_as.slope] if given_as.slope else []), *answers]
    what = f"Difference in a day's meaningfulness for each {STEP} points of recovery identity"
    labels = {term: f"{said}{_allowing(main)}" for term, said in LABELS.items()} | {AS_GIVEN: SAID_AS_GIVEN}
    return slope_figure(
        release,
        population,
        rows,
        label=lambda a: labels[a.term],
        measure=per_step(UNIT, TABLE_UNIT),
        frame=Frame(
            name="meaning",
            headline=words.headline(main),
            subtitle=_subtitle(release, population, main, what),
            caption="Zero would mean no link." + (f" {_beside_theirs(main)}" if others else ""),
        ),
        say=brief,
        others=others,
    )


def _allowing(answer: Answer | None) -> str:
    return ALLOWING if answer is not None and allows(answer) else ""


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
                    release,
                    population,
                    None,
                    "The same link, within people whose programs were of one kind" + _allowing(answers[0]),
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
        *(Paragraph(text) for text in [_how_common(release, population)] if text),
        *(
            Paragraph(meetings.more_meaningful(occasion, found[occasion.level]))
            for occasion in meetings.OCCASIONS
            if occasion.level in found
        ),
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
                    "The link within a person, on days with and without a meeting or a visit"
                    + _allowing(answers[0]),
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
            name="meaning-by-day-in-other-ways",
            explained=True,
        ),
    )


def _how_common(release: Release, population: Population) -> str:
    """Say on how many evenings there was a meeting or a visit."""
    shares = {
        occasion.name: release.fact(MEETINGS, occasion.share, population.population)
        for occasion in meetings.OCCASIONS
    }
    return meetings.how_common({n: f.value for n, f in shares.items() if f and f.value is not None})


def _from_day_to_day(release: Release, population: Population) -> tuple[Block, ...]:
    """Tell what of yesterday goes with the meaning of today, and the other way round."""
    mine = release.answers_of(YESTERDAY, population=population.population)
    found = {(a.outcome, a.term): a for a in mine}
    answers = [found[key] for key in yesterday.LABELS if key in found and key != yesterday.SAME_DAY]
    if not answers:
        return ()
    main = found.get(yesterday.IDENTITY_FIRST)
    back, same = found.get(yesterday.MEANING_FIRST), found.get(yesterday.SAME_DAY)
    return (
        Subheading("From one day to the next"),
        *([Paragraph(yesterday.meaning_after(main))] if main else []),
        *([Paragraph(yesterday.identity_after(back))] if back else []),
        *([Paragraph(yesterday.same_day(same))] if same else []),
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
                    f"What goes with {STEP} points more than usual of the day before, within a person",
                ),
                caption=(
                    "Zero would mean no link. Each row compares days after which the other answer was the "
                    "same. Evenings without an answer are gaps. Answers at the ends of the scale are taken "
                    "as they stand, so these figures are smaller than those at the top of this page."
                ),
            ),
            say=brief,
            others={},
        ),
        *(
            worked_out_otherwise(
                release, population, [main], labels={main.term: yesterday.LABELS[yesterday.IDENTITY_FIRST]},
                caption=f"Points for each {STEP} points of the day before",
                name="meaning-day-after-in-other-ways", explained=True,
            )
            if main
            else ()
        ),
    )  # fmt: skip
