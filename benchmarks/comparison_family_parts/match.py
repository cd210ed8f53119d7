"""One fit that both sides make."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """One fit of both sides.

    `rows` are handed to R as text, `settings` as numbers; `fit` gives what is compared. `share` is the part
    of our work that R is asked for (replicates): R's time is divided by it. `compared` says why the numbers
    cannot agree, where they cannot.
    """

    analysis: str
    ours: str
    theirs: str
    call: str
    rows: pl.DataFrame
    fit: Callable[[], list[float]]
    settings: dict[str, float]
    share: float = 1.0
    compared: str = ""
