"""What an adapter hands to `read`, before the checks and columns that all shapes share."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from pipelines.sources.columns import Layout
from pipelines.sources.extract import Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Data rows as text, in the order of the file, with what the shape knows about them.

    `time_zone` is the zone that the file itself names. `file` and `sha256` are given by shapes that do
    not come as one file on disk.
    """

    rows: pl.DataFrame
    layout: Layout
    refusals: tuple[Refusal, ...] = ()
    allowed_codes: dict[str, frozenset[str]] | None = None
    time_zone: str | None = None
    notes: tuple[str, ...] = ()
    file: str | None = None
    sha256: str | None = None
