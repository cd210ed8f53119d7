"""Who answered, outcome by outcome: the gate on answers, and what is told of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import special

from models.estimate import Diagnostic
from models.fitness import Gate, gate
from models.inference.pooling import MissingInformation

ANSWERED: Final = "answered_rate_"
SURELY: Final = 0.05


def answered_rates(values: pl.Series, groups: Mapping[str, NDArray[np.bool_]]) -> dict[str, float | None]:
    """Share of each group's people who have the answer; None of a group without people."""
    has = values.is_not_null().to_numpy()
    return {name: float(has[who].mean()) if who.any() else None for name, who in groups.items()}


def answers_gate(rates: Sequence[float | None]) -> Gate:
    """Whether at least half of every group answered: an interview held is no answer to its every question."""
    known = [rate for rate in rates if rate is not None]
    return gate("answers", min(known) if known and len(known) == len(rates) else None)


def share_surely_missing(known: MissingInformation, *, least: float = 0.0) -> float:
    """Share of a variance that is due to missing answers, at the least: B / (W + B), both for m copies.

    Van Buuren 2018 (Flexible Imputation of Missing Data, 2nd ed., section 2.3.5) calls the share
    lambda = (1 + 1/m) B / T; above .5 the imputation model says more than the answers given. B of m copies
    varies as a chi-square of m - 1 over that, so that its lower 95% limit stands here: five copies reach .5
    by chance with a fifth of the answers missing. W counts as no less than `least`.
    """
    copies = known.imputations
    low = known.between * (copies - 1) / float(special.chdtri(copies - 1, SURELY))
    drawn = (1.0 + 1.0 / copies) * low
    return drawn / (drawn + max(known.within, least))


def arms(social: NDArray[np.bool_]) -> dict[str, NDArray[np.bool_]]:
    """Group people by the arms of a comparison of two kinds of programs."""
    return {"social": social, "clinical": ~social}


def rate_facts(
    rates: Mapping[str, float | None],
    groups: Mapping[str, NDArray[np.bool_]],
    *,
    outcome: str,
    population: str,
) -> tuple[Diagnostic, ...]:
    """`answered_rate_<group>` of an outcome."""
    return tuple(
        Diagnostic(
            outcome=outcome, diagnostic=f"{ANSWERED}{name}", population=population, value=rate,
            detail="share of those compared of whom this outcome is known", n_people=int(groups[name].sum()),
        )
        for name, rate in rates.items()
    )  # fmt: skip
