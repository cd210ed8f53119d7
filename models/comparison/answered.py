"""Who answered, outcome by outcome: the gate on answers, and what is told of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.estimate import Diagnostic
from models.fitness import Gate, gate

ANSWERED = "answered_rate_"


def answered_rates(values: pl.Series, groups: Mapping[str, NDArray[np.bool_]]) -> dict[str, float | None]:
    """Share of each group's people who have the answer; None of a group without people."""
    has = values.is_not_null().to_numpy()
    return {name: float(has[who].mean()) if who.any() else None for name, who in groups.items()}


def answers_gate(rates: Sequence[float | None]) -> Gate:
    """Whether at least half of every group answered: an interview held is no answer to its every question."""
    known = [rate for rate in rates if rate is not None]
    return gate("answers", min(known) if known and len(known) == len(rates) else None)


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
