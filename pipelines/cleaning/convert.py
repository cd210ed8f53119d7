"""One column of a file becomes one variable: missing codes, codes, types, units, ranges, dates.

Every check says what was expected, never what was found. A value that a check refuses becomes null
here; the row it stands in is refused as a whole elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import polars as pl

from pipelines.cleaning.days import Moments, day_numbers, read_dates, read_start_dates
from pipelines.cleaning.refuse import CleaningError, Fault
from pipelines.codebook.spec import Variable
from pipelines.codebook.to_polars import DTYPES
from pipelines.sources.declaration import Column

BOOLEANS = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}
SHOWN_CODES = 12  # a longer list of codes is counted instead of written out


@dataclass(frozen=True, slots=True, kw_only=True)
class Converted:
    """A converted column.

    `values` has the codebook's type, or is a date where `pending`: a day still to be counted from the
    participant's day 0. `why` is the reason of each missing code, null elsewhere. `dates` are the
    local dates (evenings) behind a day number.
    """

    values: pl.Series
    why: pl.Series
    faults: tuple[Fault, ...] = ()
    dates: pl.Series | None = None
    pending: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """The zone of each row's clock (null: the source's), and the zone in which the source's people live."""

    time_zones: pl.Series | None
    source_zone: str


def convert(
    text: pl.Series,
    *,
    variable: Variable,
    column: Column,
    clock: Clock,
    missing_codes: Mapping[str, str] | None = None,
    allowed: frozenset[str] | None = None,
    since: pl.Series | None = None,
) -> Converted:
    """Convert a column of stripped text (null where blank) to a variable of the codebook.

    Parameters
    ----------
    text
        The cells.
    variable, column
        What the values must be, and how the file writes them.
    clock
        For timestamps.
    missing_codes
        The file's and the column's missing codes, with their reasons.
    allowed
        Codes that the file's own data dictionary lists; null if it lists none.
    since
        Text of the column that days are counted from, where `column.since` names one.

    Raises
    ------
    CleaningError
        The declaration asks for a date in a variable that holds neither a number nor a day.
    """
    shown = column.source_column or variable.name
    why = recode(text, missing_codes or {}, pl.String())
    text = text.set(why.is_not_null(), None)
    faults: list[Fault] = []
    if allowed is not None:
        text = only_listed(text, allowed, shown, faults)
    if column.codes is not None:
        text = only_listed(text, column.codes, shown, faults)
        text = recode(text, {code: as_text(value) for code, value in column.codes.items()}, pl.String())
    if column.prefix is not None:
        text = column.prefix + text
    if column.date is not None:
        return _as_day(text, why, variable=variable, column=column, clock=clock, since=since, faults=faults)
    if variable.bands is not None and column.codes is None:
        values = _as_band(text, variable, column, shown, faults)
    elif variable.type in ("integer", "number"):
        values = _as_number(text, variable, column, shown, faults)
    elif variable.type == "boolean":
        text = only_listed(text.str.to_lowercase(), BOOLEANS, shown, faults)
        values = recode(text, BOOLEANS, pl.Boolean())
    elif variable.type == "category":
        values = only_listed(text, variable.values or {}, shown, faults)
    elif variable.type == "text":
        values = text
    else:
        raise CleaningError(f"[{variable.name}] is a {variable.type}: its column needs a `date` format")
    return Converted(values=values.alias(variable.name), why=why, faults=tuple(faults))


def range_faults(days: pl.Series, variable: Variable, shown: str) -> tuple[Fault, ...]:
    """Check numbers or days against the range that the codebook permits."""
    low, high = variable.minimum, variable.maximum
    below = (days < low).fill_null(value=False) if low is not None else None
    above = (days > high).fill_null(value=False) if high is not None else None
    faults = []
    if below is not None and variable.day_offset and low == 0:
        faults.append(
            Fault(mask=below, column=shown, reason="date_before_origin", expected="a date on or after day 0")
        )
        below = None
    outside = [mask for mask in (below, above) if mask is not None]
    if outside:
        mask = outside[0] if len(outside) == 1 else outside[0] | outside[1]
        faults.append(Fault(mask=mask, column=shown, reason="out_of_range", expected=_expected(variable)))
    return tuple(faults)


def recode(text: pl.Series, codes: Mapping[str, object], dtype: pl.DataType) -> pl.Series:
    """Put what each code stands for in its place; null for any other text."""
    if not codes:
        return pl.Series(text.name, [None], dtype=dtype).new_from_index(0, text.len())
    return text.replace_strict(list(codes), list(codes.values()), default=None, return_dtype=dtype)


def as_text(value: object) -> str:
    """Write a constant or a code of the declaration as a file would: true, 12, felony."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def only_listed(text: pl.Series, listed: Iterable[str], shown: str, faults: list[Fault]) -> pl.Series:
    """Null what is not one of the listed codes, and note it as a fault."""
    codes = sorted(set(listed))
    unknown = text.is_not_null() & ~text.is_in(codes)
    many = f"one of the {len(codes)} codes that are listed"
    expected = f"one of the codes {', '.join(codes)}" if len(codes) <= SHOWN_CODES else many
    faults.append(Fault(mask=unknown, column=shown, reason="unknown_code", expected=expected))
    return text.set(unknown, None)


def _numbers(
    text: pl.Series, variable: Variable, column: Column, shown: str, faults: list[Fault]
) -> pl.Series:
    """Read finite numbers and bring them to the codebook's unit."""
    numbers = text.cast(pl.Float64, strict=False)
    numbers = numbers.set(~numbers.is_finite(), None)
    unread = text.is_not_null() & numbers.is_null()
    faults.append(Fault(mask=unread, column=shown, reason="not_a_number", expected=_expected(variable)))
    return numbers if column.multiply is None else numbers * column.multiply


def _as_number(
    text: pl.Series, variable: Variable, column: Column, shown: str, faults: list[Fault]
) -> pl.Series:
    numbers = _numbers(text, variable, column, shown, faults)
    if variable.type == "integer":
        whole = numbers.round(0)
        if column.multiply is not None:
            numbers = whole  # a change of unit: 2 months are 60.875 days, and whole days are asked for
        broken = (numbers != whole).fill_null(value=False)
        faults.append(
            Fault(mask=broken, column=shown, reason="not_a_whole_number", expected=_expected(variable))
        )
        numbers = whole.set(broken, None).cast(pl.Int64, strict=False)
    outside = range_faults(numbers, variable, shown)
    faults.extend(outside)
    for fault in outside:
        numbers = numbers.set(fault.mask, None)
    return numbers.cast(DTYPES[variable.type])


def _as_band(
    text: pl.Series, variable: Variable, column: Column, shown: str, faults: list[Fault]
) -> pl.Series:
    """Find the band whose lower edge is the highest at or below the number."""
    edges, codes = variable.bands or [], list(variable.values or {})
    numbers = _numbers(text, variable, column, shown, faults)
    ranked = pl.select(pl.sum_horizontal((numbers >= edge).cast(pl.Int64) for edge in edges) - 1).to_series()
    outside = (ranked < 0) & numbers.is_not_null()
    if variable.maximum is not None:
        outside |= (numbers > variable.maximum).fill_null(value=False)
    faults.append(Fault(mask=outside, column=shown, reason="out_of_range", expected=_expected(variable)))
    ranked = ranked.set(outside | numbers.is_null(), None)
    return ranked.replace_strict(dict(enumerate(codes)), default=None, return_dtype=pl.String)


def _as_day(
    text: pl.Series,
    why: pl.Series,
    *,
    variable: Variable,
    column: Column,
    clock: Clock,
    since: pl.Series | None,
    faults: list[Fault],
) -> Converted:
    """Read dates; count days from another column now, or leave them to be counted from day 0."""
    if column.date is None or variable.type not in ("integer", "number"):
        raise CleaningError(
            f"[{variable.name}] has a `date`, but is a {variable.type}: a date becomes a number of days"
        )
    shown = column.source_column or variable.name
    zones, source_zone = clock.time_zones, clock.source_zone
    read = read_dates(
        text, column.date, time_zones=zones, source_zone=source_zone, evening_until=column.evening_until
    )
    faults.extend(date_faults(read, column.date, shown))
    if column.since is None:
        dates = read.dates.alias(variable.name)
        return Converted(values=dates, why=why, faults=tuple(faults), dates=dates, pending=True)
    if since is None:
        raise CleaningError(
            f"[{variable.name}] counts days since [{column.since}], which the file does not have"
        )
    start = read_start_dates(since, column.date, time_zones=zones, source_zone=source_zone)
    faults.extend(date_faults(start, column.date, column.since))
    absent = read.dates.is_not_null() & since.is_null()
    wanted = f"the date that [{shown}] is counted from"
    faults.append(Fault(mask=absent, column=column.since, reason="missing_required", expected=wanted))
    days = day_numbers(read.dates, start.dates, column.first_day).cast(DTYPES[variable.type])
    faults.extend(range_faults(days, variable, shown))
    return Converted(values=days.alias(variable.name), why=why, faults=tuple(faults), dates=read.dates)


def date_faults(read: Moments, date_format: str, shown: str) -> tuple[Fault, Fault]:
    """Turn what could not be read as a date into faults."""
    written = f"a date written as {date_format}"
    real = f"a date and time that exist, written as {date_format}"
    if read.rather:
        real += f" (written as {read.rather} they would: which of the two does the file use?)"
    return (
        Fault(mask=read.misshapen, column=shown, reason="not_a_date", expected=written),
        Fault(
            mask=read.impossible,
            column=shown,
            reason="impossible_date",
            expected=real,
        ),
    )


def _expected(variable: Variable) -> str:
    """Say in words what a number must be, in the codebook's unit."""
    kind = "a whole number" if variable.type == "integer" else "a number"
    low, high = variable.minimum, variable.maximum
    if variable.bands:
        low = variable.bands[0]
    if low is not None and high is not None:
        return f"{kind} from {low:g} to {high:g}"
    if low is not None:
        return f"{kind} of at least {low:g}"
    return kind if high is None else f"{kind} of at most {high:g}"
