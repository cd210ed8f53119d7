"""What `data/raw/<source>/source.yaml` may say: the shape of each file and where each variable comes from.

Adding a site is writing this file; no code. Strict: an unknown field, an unknown variable or a code
that the codebook does not know is an error that names the place.
"""

from __future__ import annotations

import codecs
import re
from collections import Counter
from typing import Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

QUARTER = re.compile(r"\d{4}Q[1-4]")

Shape = Literal["redcap", "qualtrics", "delimited", "excel", "parquet", "package"]


class DeclarationError(ValueError):
    """What a source declares cannot be followed. `problems` are sentences, each naming its place."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(problems))


class Entry(BaseModel):
    """Base of every entry: frozen, strict, no unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Column(Entry):
    """Where one variable comes from: a column of the file, or a constant.

    `codes` maps a code of the file to a code of the codebook (`"1": female`); a code not listed is
    refused. `date` is the strptime format of a date or a timestamp; a `day_offset` variable becomes
    days since the participant's origin, or since the date in column `since` (the first day counts
    `first_day`). `evening_until` moves a timestamp before that local hour to the evening before.
    `multiply` changes the unit of a number, before range checks and bands; a whole-number variable is
    rounded after it (months times 30.4375 are a whole number of days).
    `prefix` is text put before the cell's text, so that one column can identify several core rows.
    `_row`, the number of the file row, may stand where a column is named (a file without ids).
    """

    source_column: str | None = Field(default=None, alias="from")
    constant: Any = None
    codes: dict[str, str | bool | int | float] | None = None
    date: str | None = None
    since: str | None = None
    first_day: int = 0
    evening_until: int | None = None
    multiply: float | None = None
    prefix: str | None = None
    missing_codes: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _shorthand(cls, value: Any) -> Any:
        """`variable: column` is short for `variable: {from: column}`."""
        return {"from": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _one_origin(self) -> Column:
        if (self.source_column is None) == (self.constant is None):
            raise ValueError("a variable comes from a column (`from`) or is a `constant`: exactly one")
        if self.date is None and (self.since is not None or self.evening_until is not None):
            raise ValueError("`since` and `evening_until` need the `date` format of the column")
        return self


class Repeat(Entry):
    """One more core row from the same file row: its own columns, added to those of the feed.

    `only_if` keeps the row only where these columns of the file hold one of these values; the value
    "*" stands for anything but a blank, "" for a blank.
    """

    columns: dict[str, Column]
    only_if: dict[str, list[str]] = Field(default_factory=dict)


class Feed(Entry):
    """How file rows become rows of one core table.

    `where` keeps file rows whose column holds one of the values ("*": anything but a blank, "": a blank);
    other rows feed other tables.
    `origin` names the column (with its `date` format) that fixes a participant's day 0.
    `each` makes several core rows of one file row. `items` maps an instrument of the codebook to a
    column pattern in which `{n}` is the item's number; the answers land in `assessment_items` and
    the scores in the table of this feed. `expected_days` fills the diary days without an answer.
    """

    table: str
    where: dict[str, list[str]] = Field(default_factory=dict)
    origin: Column | None = None
    columns: dict[str, Column]
    each: list[Repeat] = Field(default_factory=list)
    items: dict[str, str] = Field(default_factory=dict)
    item_missing_codes: dict[str, str] = Field(default_factory=dict)
    expected_days: int | None = None


class FileDeclaration(Entry):
    """One kind of file of a source: how to find it, its shape, and what it feeds.

    Every column must be used by a feed, listed in `ignore` (landed, not used) or in `never_land`
    (dropped while reading: names, addresses, coordinates). Anything else is an unmapped column. Both
    lists may use `*` for any text (`intake_*`). `pattern` and `dictionary` are file names in which `*`
    stands for any text. `encoding` is UTF-8 and `separator` a comma (a tab for .tsv) unless said.
    An `optional` file may be missing from a quarter.
    """

    name: str
    shape: Shape
    pattern: str | None = None
    dictionary: str | None = None
    encoding: str | None = None
    separator: str | None = None
    sheet: str | None = None
    package: str | None = None
    dataset: str | None = None
    optional: bool = False
    missing_codes: dict[str, str] = Field(default_factory=dict)
    never_land: list[str] = Field(default_factory=list)
    ignore: list[str] = Field(default_factory=list)
    feeds: list[Feed]

    @model_validator(mode="after")
    def _complete(self) -> FileDeclaration:
        if self.shape == "package":
            if not (self.package and self.dataset):
                raise ValueError(f"[{self.name}] a package file needs `package` and `dataset`")
        elif not self.pattern:
            raise ValueError(f"[{self.name}] needs a `pattern` to find its file")
        if (self.shape == "redcap") != (self.dictionary is not None):
            raise ValueError(
                f"[{self.name}] a REDCap file needs its `dictionary`, and only a REDCap file has one"
            )
        return self

    @field_validator("encoding")
    @classmethod
    def _known_encoding(cls, value: str | None) -> str | None:
        try:
            return value and codecs.lookup(value).name
        except LookupError as error:
            raise ValueError("`encoding` is not known: utf-8, utf-16 and windows-1252 are common") from error

    @field_validator("separator")
    @classmethod
    def _one_character(cls, value: str | None) -> str | None:
        if value is not None and (len(value) != 1 or value in '"\r\n'):
            raise ValueError('`separator` is one character; write a tab as "\\t"')
        return value


class SourceDeclaration(Entry):
    """One source. `population` names whose ids these are: sources that share it share participants.

    `quarter` fixes the delivery of a source that does not come by quarter (a package, a closed study);
    its files then lie in the source's own folder. `once` says that nothing is missed in later quarters.
    `time_zone` holds for timestamps whose file does not
    name its own zone.
    """

    source: str
    title: str
    description: str
    producer: str
    licence: str
    synthetic: bool
    part2_protected: bool = True
    population: str
    population_label: str
    time_zone: str
    quarter: str | None = None
    once: bool = False
    citation: str | None = None
    files: list[FileDeclaration]

    @model_validator(mode="after")
    def _consistent(self) -> SourceDeclaration:
        if not self.files:
            raise ValueError("`files` lists no file")
        if twice := [name for name, n in Counter(f.name for f in self.files).items() if n > 1]:
            raise ValueError(f"`files` has the same name twice: {twice}")
        if self.quarter is None and any(f.shape == "package" for f in self.files):
            raise ValueError("a source that comes in a package needs the `quarter` that it is delivered in")
        return self

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        return known_zone(value)

    @field_validator("quarter")
    @classmethod
    def _is_quarter(cls, value: str | None) -> str | None:
        if value is not None and not QUARTER.fullmatch(value):
            raise ValueError("`quarter` is a year and a quarter, such as 2026Q3")
        return value


def known_zone(name: str) -> str:
    """Return the name if it is a time zone of the IANA list; ValueError otherwise."""
    try:
        return ZoneInfo(name).key
    except (KeyError, ValueError, OSError) as error:
        raise ValueError("the time zone is not in the IANA list; such as America/Chicago") from error
