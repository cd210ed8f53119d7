"""The frame of every question's page: answers by population, others' figures, limits, how it was made."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from reports.page import Page, Section
from reports.pages import closing
from reports.release import Population, Release


def question_page(
    release: Release,
    analysis: str,
    *,
    file: str,
    name: str,
    title: str = "",
    eyebrow: str,
    answer: Callable[[Release, Population], Section],
    beside: Callable[[Release], Iterable[Section]] | None = None,
    also: Iterable[str] = (),
) -> Page | None:
    """Compose the page of one analysis; None where the release has no answer to its question.

    `title` is the question in short, where the catalog asks several at once; without, the catalog's question.
    `answer` makes the section of one population; `beside` the sections that follow, of what others found;
    without, what they published on this analysis.
    `also` names further analyses that the sections tell of.
    """
    populations = release.populations_of(analysis)
    if not populations:
        return None
    told = (analysis, *(other for other in also if release.answers_of(other)))
    return Page(
        file=file,
        name=name,
        title=title or release.analyses[analysis].question,
        eyebrow=eyebrow,
        data=closing.data_kind(release, told),
        sections=(
            *(answer(release, population) for population in populations),
            *(beside(release) if beside is not None else [closing.others_or_none(release, analysis)]),
            closing.not_said(release, told),
            closing.how_made(release, told),
        ),
    )
