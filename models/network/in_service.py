"""The "in service" index: how mutual help is, of three stated parts; and what else is told of a network."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.network.reciprocity import Counts

Floats = NDArray[np.float64]
TERMS: Final = (
    "reciprocity",
    "reciprocity_beyond_chance",
    "share_give_and_receive",
    "balance_spread",
    "in_service_index",
)
PARTS: Final = (
    "in_service_part_reciprocity",
    "in_service_part_give_and_receive",
    "in_service_part_balance",
)
FACTS: Final = ("reciprocity_by_chance", "density", "share_with_tie", *PARTS)
NEEDS_CHANCE: Final = ("reciprocity_beyond_chance", "in_service_index")
COLUMNS: Final = (*TERMS, *FACTS)


def measures(sums: Floats, chance: Floats) -> Floats:
    """All that is told of a network, or of several put together: (k, len(COLUMNS)).

    With M mutual pairs, D pairs with a tie, T ties, E the mutual pairs expected by chance, P people with a
    tie, B of them who both give and receive, S the sum of their squared balances:

    - reciprocity R = M / D (mutual over non-null dyads); by chance C = E / (T - E); their difference R - C;
    - share who both give and receive B / P; spread of balance sqrt(S / P), the root mean square distance from
      giving as much as one receives: 0 where everybody does, 1 where nobody does both;
    - density T / n(n - 1); share of people with a tie P / n.

    The index is the mean of its parts, each from 0 to 100 and equally weighted: beyond chance, 100 (R - C) /
    (1 - C), not below 0 (0: no more than by chance; 100: every pair mutual); 100 B / P; and 100 (1 - sqrt(S /
    P)). The weights are a convention: nothing here says what one part is worth against another.

    Parameters
    ----------
    sums : array (k, 9)
        Sums of `Counts`, in the order of its fields.
    chance : array (k,)
        E; NaN where not known.

    Returns
    -------
    array (k, 11)
        In the order of `COLUMNS`; NaN where there is nothing to divide by.
    """
    told = dict(zip(_FIELDS, np.atleast_2d(sums).T, strict=True))
    expected = np.atleast_1d(np.asarray(chance, dtype=float))
    with np.errstate(divide="ignore", invalid="ignore"):
        reciprocity = told["mutual"] / told["pairs"]
        by_chance = expected / (told["ties"] - expected)
        both = told["both"] / told["with_tie"]
        spread = np.sqrt(told["squares"] / told["with_tie"])
        density = told["ties"] / told["possible"]
        beyond = 100.0 * np.maximum(reciprocity - by_chance, 0.0) / (1.0 - by_chance)
        parts = (beyond, 100.0 * both, 100.0 * (1.0 - spread))
        columns = (
            reciprocity, reciprocity - by_chance, both, spread, (parts[0] + parts[1] + parts[2]) / 3.0,
            by_chance, density, told["with_tie"] / told["people"], *parts,
        )  # fmt: skip
    made = np.column_stack(columns)
    made[~np.isfinite(made)] = np.nan
    return made


_FIELDS: Final = tuple(Counts.__dataclass_fields__)
