"""Chance for the release: who is hidden among others is decided by what nobody outside can know."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import polars as pl

from pipelines.cleaning.crosswalk import Crosswalk
from pipelines.warehouse import CROSSWALK, Warehouse

VARIABLE: Final = "release_lot"
PARTS: Final = 4  # random ids put together: 160 bits, too many to try


def draw_lots(warehouse: Warehouse, populations: Iterable[str]) -> dict[str, str]:
    """Return a random text for each population: drawn once, kept in the crosswalk, never released.

    The order in which people are hidden must be the same in every release, or two releases would show who
    is always hidden; and nobody may be able to work it out from what is released, such as the random ids.

    Parameters
    ----------
    warehouse
        The restricted database, open to write.
    populations
        Names of the populations.
    """
    known = Crosswalk(warehouse.crosswalk())
    grown, lots = known, {}
    for population in sorted(populations):
        parts = pl.Series([str(part) for part in range(PARTS)])
        grown, drawn = grown.ids_for(VARIABLE, population, parts)
        lots[population] = "".join(drawn)
    new = grown.frame.join(known.frame, on=["variable", "population", "identifier"], how="anti")
    if new.height:
        warehouse.append(CROSSWALK, new)
    return lots
