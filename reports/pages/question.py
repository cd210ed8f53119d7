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
    eyebrow: str,
    answer: Callable[[Release, Population], Section],
    beside: Callable[[Release], Iterable[Section]],
    also: Iterable[str] = (),
) -> Page | None:
    """Compose the page of one analysis; None where the release has no answer to its question.

    `answer` makes the section of one population; `beside` the sections that follow, of what others found.
    `also` names further analyses that the sections tell of.
    """
    populations = release.populations_of(analysis)
    if not populations:
        return None
    told = (analysis, *(other for other in also if release.answers_of(other)))
    return Page(
        file=file,
        name=name,
        title=release.analyses[analysis].question,
        eyebrow=eyebrow,
        data=closing.data_kind(release, told),
        sections=(
            *(answer(release, population) for population in populations),
            *beside(release),
            closing.not_said(release, told),
            closing.how_made(release, told),
        ),
    )
