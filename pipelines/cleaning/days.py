"""Dates and evenings: text in a declared format becomes a local date; a date becomes a day number."""

from __future__ import annotations

import re
from dataclasses import dataclass

import polars as pl

EARLIEST_YEAR = 1900  # a year written with two digits would otherwise be read as one of the first century

_TIME_DIRECTIVE = re.compile(r"%[-_0^#]*[HIkKlMSTRXrpPcs+]")
_WIDTHS = {
    "Y": r"\d{4}", "y": r"\d{2}", "m": r"\d{1,2}", "d": r"\d{1,2}", "e": r"\d{1,2}", "j": r"\d{1,3}",
    "H": r"\d{1,2}", "I": r"\d{1,2}", "k": r"\d{1,2}", "l": r"\d{1,2}", "M": r"\d{1,2}", "S": r"\d{1,2}",
    "F": r"\d{4}-\d{1,2}-\d{1,2}", "T": r"\d{1,2}:\d{2}:\d{2}", "R": r"\d{1,2}:\d{2}",
    "D": r"\d{1,2}/\d{1,2}/\d{2}", "z": r"(?:Z|[+-]\d{2}:?\d{2})", "%": "%",
}  # fmt: skip
_DIRECTIVE = re.compile(r"%[-_0^#:]*(?:\.\d*)?([A-Za-z%+])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Moments:
    """What a column of dates says, row by row.

    `dates` is the local calendar date, or the evening that a time after midnight belongs to; null
    where there is none. `misshapen` marks text that does not have the format, `impossible` text that
    has its shape and names no day or hour there is. `rather` is the format with day and month exchanged,
    where every impossible text names a day in that; empty otherwise.
    """

    dates: pl.Series
    misshapen: pl.Series
    impossible: pl.Series
    rather: str = ""


def has_time(date_format: str) -> bool:
    """Whether a strptime format holds a time of day."""
    return bool(_TIME_DIRECTIVE.search(date_format))


def read_dates(
    text: pl.Series,
    date_format: str,
    *,
    time_zones: pl.Series | None = None,
    source_zone: str,
    evening_until: int | None = None,
) -> Moments:
    """Read a column of dates or timestamps.

    Parameters
    ----------
    text
        Stripped text; null where there is none.
    date_format
        The strptime format. With `%z` the text carries its own offset from UTC.
    time_zones
        The zone of each row's clock (the file's); null where the file says nothing, which means the
        source's own zone. Only timestamps are moved between zones, never plain dates.
    source_zone
        The zone in which people live by the clock.
    evening_until
        Local hour before which a timestamp belongs to the evening before.

    Returns
    -------
    Moments
        A local time that the clocks skip in the file's zone is impossible; one that they repeat is
        read as the first of the two. Cost is O(rows), and one pass for each distinct zone.
    """
    if has_time(date_format):
        local = _local_times(text, date_format, time_zones, source_zone)
        dates = local.dt.date()
        if evening_until:
            late = local.dt.hour() < evening_until
            dates = pl.select(pl.when(late).then(dates.dt.offset_by("-1d")).otherwise(dates)).to_series()
    else:
        dates = text.str.to_date(date_format, strict=False)
    dates = dates.set(dates.dt.year() < EARLIEST_YEAR, None).alias(text.name)
    unread = text.is_not_null() & dates.is_null()
    shaped = text.str.contains(_shape(date_format)).fill_null(value=False)
    impossible = unread & shaped
    return Moments(
        dates=dates,
        misshapen=unread & ~shaped,
        impossible=impossible,
        rather=_rather(text.filter(impossible), date_format),
    )


def read_start_dates(
    text: pl.Series, date_format: str, *, time_zones: pl.Series | None = None, source_zone: str
) -> Moments:
    """Read the dates that days are counted from: written in the same format, or in its date part alone."""
    whole = read_dates(text, date_format, time_zones=time_zones, source_zone=source_zone)
    part = re.split(r"[ T]", date_format, maxsplit=1)[0]
    if part == date_format:
        return whole
    alone = read_dates(text, part, source_zone=source_zone)
    dates = pl.select(pl.coalesce(alone.dates, whole.dates)).to_series().alias(text.name)
    misshapen = alone.misshapen & whole.misshapen
    return Moments(
        dates=dates, misshapen=misshapen, impossible=text.is_not_null() & dates.is_null() & ~misshapen
    )


def day_numbers(dates: pl.Series, starts: pl.Series, first_day: int = 0) -> pl.Series:
    """Days from `starts` to `dates` (calendar days, so that a night of 23 or 25 hours is one day)."""
    return ((dates - starts).dt.total_days() + first_day).cast(pl.Int64).alias(dates.name)


def _rather(impossible: pl.Series, date_format: str) -> str:
    exchanged = re.sub("%[md]", lambda found: "%d" if found[0] == "%m" else "%m", date_format)
    if exchanged == date_format or not impossible.len():
        return ""
    read = impossible.str.to_datetime if has_time(date_format) else impossible.str.to_date
    return "" if read(exchanged, strict=False).has_nulls() else exchanged


def _local_times(text: pl.Series, date_format: str, zones: pl.Series | None, source_zone: str) -> pl.Series:
    """Timestamps on the clock of the source's zone."""
    if "%z" in date_format or "%:z" in date_format:
        read = text.str.replace(r"Z$", "+00:00").str.to_datetime(date_format, strict=False, time_zone="UTC")
        return read.dt.convert_time_zone(source_zone).dt.replace_time_zone(None)
    read = text.str.to_datetime(date_format, strict=False, time_unit="us")
    if zones is None:
        return read
    local = read
    clocks = zones.fill_null(source_zone)
    for zone in clocks.unique().to_list():
        if zone == source_zone:
            continue
        here = clocks == zone
        moved = (
            read.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null")
            .dt.convert_time_zone(source_zone)
            .dt.replace_time_zone(None)
        )
        local = pl.select(pl.when(here).then(moved).otherwise(local)).to_series()
    return local.alias(text.name)


def _shape(date_format: str) -> str:
    """Return a pattern of text that has the format's shape, whether or not it names a day there is."""
    parts, end = [], 0
    for match in _DIRECTIVE.finditer(date_format):
        parts.append(re.escape(date_format[end : match.start()]))
        parts.append(_WIDTHS.get(match.group(1), r"\S+"))
        end = match.end()
    return "^" + "".join(parts) + re.escape(date_format[end:]) + "$"
