"""The order connection, hope, identity, meaning, empowerment, community, as far as interviews ask for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import polars as pl

from models.civic.cross_lagged import BACKWARD_PER_SD, FORWARD_PER_SD
from models.civic.panel import CONNECTION, ENGAGEMENT, MEANING, ROLES, WAVES, pair_of
from models.civic.panel_answers import FIRST_COPIES, imputed_paths
from models.comparison.comparable_people import usable
from models.estimate import Diagnostic
from models.inference.contrast import contrast_of
from models.refusal import NotIdentifiedError

# Connection to empowerment, then community: Dynamic Pathways to Recovery from Alcohol Use Disorder, Cambridge
# University Press, chapter on recovery communities. Below, what stands for each.
ORDER: Final = ("connection", "hope", "identity", "meaning", "empowerment", "community")
STANDS_FOR: Final = {
    "connection": CONNECTION,
    "meaning": MEANING,
    "empowerment": ROLES,
    "community": ENGAGEMENT,
}
LINKS: Final = (("connection", "meaning"), ("meaning", "empowerment"))  # the next is the analysis itself
NOT_ASKED: Final = tuple(name for name in ORDER if name not in STANDS_FOR)
STEPS: Final = tuple(
    f"{name}_{wave}" for name in (CONNECTION, MEANING) for wave in WAVES
)  # beside roles and engagement


def steps_known(people: pl.DataFrame) -> tuple[str, ...]:
    """Columns of the steps before roles that enough people answered to impute the rest."""
    return usable(people, STEPS)


def pathway_order(
    people: pl.DataFrame, copies: Sequence[pl.DataFrame], *, population: str, n_people: int
) -> tuple[Diagnostic, ...]:
    """Paths between neighbors of the order, each both ways, in standard units.

    path_<earlier>_to_<later> is the path from a step at the wave before to the next step, and
    path_<later>_to_<earlier> the reverse, as in `cross_lagged.cross_lagged`; from the first imputed copies.
    The last link, empowerment to community, is the question of the analysis and told there. Hope and identity
    are asked at no interview (identity in the diary of the first weeks), so that links skip them: a link
    between others may run through them. Read as a summary of what goes before what; links are not multiplied.
    """
    told = [
        Diagnostic(
            outcome=ENGAGEMENT, diagnostic="steps_measured", population=population,
            value=float(len(STANDS_FOR)), n_people=n_people,
            detail=f"steps of the order {', '.join(ORDER)} for which an interview asks something: "
            + ", ".join(f"{name} ({variable})" for name, variable in STANDS_FOR.items())
            + f"; left out: {', '.join(NOT_ASKED)}",
        )
    ]  # fmt: skip
    for earlier, later in LINKS:
        told += _link(people, copies, (earlier, later), population=population, n_people=n_people)
    return tuple(told)


def _link(
    people: pl.DataFrame, copies: Sequence[pl.DataFrame], link: tuple[str, str], *, population: str,
    n_people: int,
) -> list[Diagnostic]:  # fmt: skip
    earlier, later = link
    ways = ((earlier, later, FORWARD_PER_SD), (later, earlier, BACKWARD_PER_SD))
    detail = "standard deviations later per standard deviation at the wave before"
    try:
        pair = pair_of(people, STANDS_FOR[earlier], STANDS_FOR[later])
        paths = imputed_paths(copies[:FIRST_COPIES], pair).inference
        found = {term: contrast_of(paths, {term: 1.0}) for _, _, term in ways}
    except NotIdentifiedError as reason:
        found, detail = {}, f"{detail}; not answered: {reason}"
    return [
        Diagnostic(
            outcome=STANDS_FOR[to], diagnostic=f"path_{before}_to_{to}", population=population,
            value=found[term].estimate if found else None, ci_low=found[term].low if found else None,
            ci_high=found[term].high if found else None, detail=detail, n_people=n_people,
        )
        for before, to, term in ways
    ]  # fmt: skip
