"""Random ids that stand for delivered identifiers, and each participant's day 0.

An id is drawn once and kept; it is never computed from the identifier, so that nobody who holds an
identifier can find the id without this table. A delivered identifier belongs to a population: the
same text in two populations is two people.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Final

import polars as pl

SCHEMA: Final = pl.Schema(
    {
        "variable": pl.String(),
        "population": pl.String(),
        "identifier": pl.String(),
        "random_id": pl.String(),
        "origin_date": pl.Datetime("us", "UTC"),  # midnight: the codebook's only type for a moment
    }
)
KEY = ["variable", "population", "identifier"]
LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # 32 signs without I, L, O and U, which people misread
LENGTH = 8
PREFIX = {"participant_id": "P", "episode_id": "E", "event_id": "J"}

RandomBytes = Callable[[int], bytes]


class Crosswalk:
    """Which random id stands for which identifier. Never changed in place: each step returns a new one."""

    def __init__(self, frame: pl.DataFrame | None = None) -> None:
        """Take the rows of `restricted.crosswalk`; none of them for a first run."""
        rows = (
            SCHEMA.to_frame()
            if frame is None
            else frame.select(list(SCHEMA)).with_columns(_as_midnight(_as_dates(frame["origin_date"])))
        )
        if rows.select(KEY).is_duplicated().any() or rows["random_id"].is_duplicated().any():
            raise ValueError(
                "the crosswalk holds an identifier or a random id twice; restore it from a backup"
            )
        self._frame = rows.sort(KEY)

    @property
    def frame(self) -> pl.DataFrame:
        """The rows as stored in `restricted.crosswalk`, sorted by key."""
        return self._frame

    def of(self, variable: str, population: str | None = None) -> pl.DataFrame:
        """Return population, identifier, random_id and origin_date (a date) of one variable."""
        rows = self._frame.filter(pl.col("variable") == variable)
        if population is not None:
            rows = rows.filter(pl.col("population") == population)
        return rows.drop("variable").with_columns(pl.col("origin_date").dt.date())

    def ids_for(
        self,
        variable: str,
        population: str,
        identifiers: pl.Series,
        *,
        random_bytes: RandomBytes = secrets.token_bytes,
    ) -> tuple[Crosswalk, pl.Series]:
        """Find the random id of each identifier, drawing ids for those not seen before.

        Parameters
        ----------
        variable, population
            What the identifiers identify, and among whom.
        identifiers
            Delivered identifiers as text; nulls stay null; repeats get the same id.
        random_bytes
            Where chance comes from. Tests pass a seeded one; everything else leaves the default.

        Returns
        -------
        tuple
            The crosswalk with the new ids, and the ids in the order of `identifiers`. Cost is
            O(n log n) in identifiers and rows of the crosswalk.
        """
        wanted = identifiers.cast(pl.String).alias("identifier").to_frame()
        known = self.of(variable, population)
        new = wanted.drop_nulls().unique().join(known, on="identifier", how="anti").sort("identifier")
        grown = self
        if new.height:
            taken = set(self._frame["random_id"])
            drawn = _draw(new.height, PREFIX.get(variable, variable[:1].upper()), taken, random_bytes)
            rows = new.select(
                pl.lit(variable).alias("variable"),
                pl.lit(population).alias("population"),
                "identifier",
                pl.Series("random_id", drawn, dtype=pl.String),
                pl.lit(None, dtype=SCHEMA["origin_date"]).alias("origin_date"),
            )
            grown = Crosswalk(pl.concat([self._frame, rows]))
        ids = wanted.join(grown.of(variable, population), on="identifier", how="left", maintain_order="left")
        return grown, ids["random_id"].alias(identifiers.name)

    def with_origins(self, origins: pl.DataFrame) -> Crosswalk:
        """Set day 0 of participants that have none yet; an origin once set is never moved.

        `origins` has columns population, identifier, origin_date, one row for each participant; people
        without an id are passed over.
        """
        offered = origins.select(
            pl.lit("participant_id").alias("variable"),
            "population",
            "identifier",
            _as_midnight(origins["origin_date"]).alias("offered"),
        )
        merged = self._frame.join(offered, on=KEY, how="left", validate="1:1")
        return Crosswalk(
            merged.with_columns(origin_date=pl.coalesce("origin_date", "offered")).drop("offered")
        )


def _as_midnight(dates: pl.Series) -> pl.Series:
    return dates.cast(pl.Datetime("us")).dt.replace_time_zone("UTC")


def _as_dates(origins: pl.Series) -> pl.Series:
    """Day 0 as a date, whether the store keeps it as a date, a timestamp or ISO text."""
    if origins.dtype != pl.String:
        return origins.cast(pl.Date)
    dates = origins.str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False)
    if dates.null_count() > origins.null_count():
        raise ValueError("an origin date of the crosswalk is not a date; restore it from a backup")
    return dates


def _draw(count: int, prefix: str, taken: set[str], random_bytes: RandomBytes) -> list[str]:
    """Draw ids such as P-7KQ2M9XA that are not taken; five bits of chance for each of eight signs."""
    drawn: list[str] = []
    while len(drawn) < count:
        chance = random_bytes((count - len(drawn)) * LENGTH)
        for start in range(0, len(chance), LENGTH):
            code = "".join(LETTERS[byte & 31] for byte in chance[start : start + LENGTH])
            random_id = f"{prefix}-{code}"
            if random_id not in taken:
                taken.add(random_id)
                drawn.append(random_id)
    return drawn
