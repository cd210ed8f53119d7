"""Methods and glossary: what each number estimates, what it does not say, and the few terms."""

from __future__ import annotations

from models.estimate import LEVEL
from reports.page import Column, Link, Page, Paragraph, Section, Table, Terms
from reports.release import Analysis, Release
from reports.words.detoxification import STEP_UP
from reports.words.phrases import SYNTHETIC, SYNTHETIC_SENTENCE
from reports.words.programs_verdicts import GLOSSARY

FILE = "methods.html"
CODEBOOK = "codebook.html"


def page(release: Release, *, codebook: bool) -> Page:
    """Compose the page; `codebook` says whether the codebook's page lies beside it."""
    answered = {a.analysis for a in release.answers}
    sections = [_analysis(about) for name, about in release.analyses.items() if name in answered]
    return Page(
        file=FILE,
        name="Methods",
        title="Methods and glossary",
        eyebrow="How to read this report",
        data=release.data_kind(),
        opening=(
            Paragraph(
                "What each figure estimates, what it does not say, and the few terms this report uses."
            ),
        ),
        sections=(
            Section("Glossary", (Terms(_glossary(release)),), "glossary"),
            *sections,
            *((_codebook(),) if codebook else ()),
        ),
    )


def _analysis(about: Analysis) -> Section:
    pairs = (
        ("Question", about.question),
        ("What is estimated", about.estimand),
        ("How", about.method),
        ("What it does not say", about.not_said),
    )
    return Section(f"{about.analysis}: {about.label}", (Terms(pairs),), about.analysis.lower())


def _codebook() -> Section:
    table = Table(
        "The codebook",
        (Column("Page"), Column("What it holds")),
        (
            (
                Link("Codebook", CODEBOOK),
                "Every table and variable of the released data, with its question and values",
            ),
        ),
    )
    return Section("Codebook", (table,), "codebook")


def _glossary(release: Release) -> tuple[tuple[str, str], ...]:
    level = f"{100 * LEVEL:.0f}"
    return (
        (
            "Estimate",
            "Our best figure from the people we heard from. Other people, or the same people another time, "
            "would have given a somewhat different figure.",
        ),
        (
            "Range (“between … and …”)",
            f"The figures that fit the answers well. Ranges are made so that {level} of 100 of them hold the "
            "true figure, if the method's assumptions hold. A wide range means that we know little.",
        ),
        (
            "Follow-up",
            "How many of those asked were heard from. When many were not, those who answered may differ from "
            "those who did not.",
        ),
        (
            "Within a person, between people",
            "Within a person: the same person on different days. Between people: one person set against "
            "another. A difference between people does not mean that anyone changed.",
        ),
        (
            "Association",
            "Two things that go together. It does not tell which comes first, or whether a third thing lies "
            "behind both.",
        ),
        (
            "Share who returned, over time",
            "How many had returned by each point after release, counting everyone for as long as they were "
            "followed (the Kaplan-Meier method).",
        ),
        (
            "Times as common at any one time",
            "The hazard ratio: among those still without the event on a day, how common the event is in one "
            "group compared with another. Below 1 is less common, above 1 more common.",
        ),
        (
            "Times as many evenings with craving for each evening without",
            "The odds ratio. With 1 evening with craving for each evening without, twice as many means 2 for "
            "each evening without. Below 1 there are fewer, above 1 more.",
        ),
        (
            "Correlation",
            "How closely two things go together: 0 is not at all, 1 is in full step, and −1 is one up as the "
            "other goes down.",
        ),
        (
            "Ends of the scale",
            "An answer of 0 or 100 may stand for a day that was lower or higher still: the slider stops "
            "there. A Tobit model counts such an answer as there or beyond.",
        ),
        (
            "A step up in support",
            STEP_UP.removeprefix("A step up in support is ").capitalize(),
        ),
        *(GLOSSARY if release.answers_of("C1") else ()),
        (
            "Not enough to say",
            "The answer where too few people, programs or interviews stand behind a figure to carry it. The "
            "limits were set before looking; the reason stands beside it.",
        ),
        (
            "Upper limit not reached",
            "The range has no upper end within the years that the records or the survey cover. “Not reached” "
            "alone means that the figure itself lies beyond them.",
        ),
        (
            "More than measurement error explains",
            "A person's score moves a little from one day to the next without any change. A rise or a fall "
            "is counted where it is larger than 95 of 100 such moves.",
        ),
        (
            "Missing scores filled in",
            "Where a person gave no score, likely ones are put in its place, many times over, from what else "
            "is known of that person. The ranges allow for not knowing which is right.",
        ),
        (
            "We cannot say yet",
            "The answer where too few people answered, or where the method did not settle on a figure. The "
            "reason stands beside it.",
        ),
        (
            "Not shown, to protect privacy",
            f"Counts of 1 to {release.small_cell_maximum} people are withheld, with the figures that rest on "
            "them. So are figures from which such a count could be worked out, in the ways that we know of. "
            "A zero is shown; counts of rows of files, which are not counts of people, are shown as well.",
        ),
        (
            "Refused rows",
            "Rows of a delivered file that break a rule, such as an unknown code. They are kept apart with "
            "their reason and enter no figure.",
        ),
        (SYNTHETIC, SYNTHETIC_SENTENCE),
    )
