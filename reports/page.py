"""What a page is made of: blocks in order. Pages choose them, templates set them, tests count them."""

from __future__ import annotations

from dataclasses import dataclass, field

import polars as pl

from reports.figures.chart import Chart
from reports.release import DataKind


@dataclass(frozen=True, slots=True)
class Link:
    """A cell or a word that leads somewhere; the only way a page names an address."""

    text: str
    href: str


Cell = str | Link


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table; numbers are set right-aligned."""

    name: str
    numeric: bool = False


@dataclass(frozen=True, slots=True)
class Download:
    """A CSV file beside the page: the rows behind a figure or a table."""

    name: str
    rows: pl.DataFrame


@dataclass(frozen=True, slots=True)
class Table:
    """A table whose first column heads its rows; `folded` shows it on a screen only when asked for.

    A `technical` table is not printed: it is for those who check the work. `download` holds its rows, or more
    of them, as numbers; the table behind a figure has none of its own.
    `data` says what kind of data it rests on; None where it rests on no one's.
    """

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    data: DataKind | None = None
    folded: bool = False
    technical: bool = False
    download: Download | None = None

    def __post_init__(self) -> None:
        """Refuse a row that does not fit the columns."""
        if any(len(row) != len(self.columns) for row in self.rows):
            raise ValueError(f"[{self.caption}] has a row that does not fit its {len(self.columns)} columns")


@dataclass(frozen=True, slots=True)
class Figure:
    """A chart with all that stands for it in words.

    `headline` is the message, `subtitle` what is measured, of whom and when; `alternative` says all that
    the chart shows, a sentence or an item a line; `caption` says how to read it.
    """

    identifier: str
    headline: str
    subtitle: str
    chart: Chart
    alternative: tuple[str, ...]
    caption: str
    table: Table
    download: Download
    data: DataKind

    def __post_init__(self) -> None:
        """Refuse a figure without words."""
        for name in ("headline", "subtitle", "alternative", "caption"):
            if not "".join(getattr(self, name)).strip():
                raise ValueError(f"figure {self.identifier} has no {name}")


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A sentence or more of running text; `lead` is set larger, `quiet` smaller."""

    text: str
    look: str = "plain"


@dataclass(frozen=True, slots=True)
class Subheading:
    """A heading inside a section."""

    text: str


@dataclass(frozen=True, slots=True)
class Terms:
    """Terms with what they mean."""

    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Citation:
    """A figure that others published: the number, who says so, what it counts.

    `known` says how we know it, where that is anything but having read the source.
    """

    figure: str
    study: Cell
    counts: str
    known: str


@dataclass(frozen=True, slots=True)
class Citations:
    """Figures that others published."""

    items: tuple[Citation, ...]


@dataclass(frozen=True, slots=True)
class Origin:
    """What data a section rests on: synthetic, or which real data; `tag` names the kind."""

    tag: str
    text: str
    data: DataKind


@dataclass(frozen=True, slots=True)
class Finding:
    """One of the quarter's findings: of whom, a sentence, what it rests on, and where to read on.

    `tag` names the kind of data, so that real data of another place are not read as ours. `brief` is what
    the sentence comes to where there is less room.
    """

    who: str
    tag: str
    sentence: str
    basis: tuple[str, ...]
    read_on: Link
    data: DataKind
    brief: str = ""


@dataclass(frozen=True, slots=True)
class Findings:
    """The findings, in order."""

    items: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Card:
    """A link to a page with the question that it answers, and what was found where nothing above says it."""

    title: str
    text: str
    href: str
    label: str
    found: str = ""


@dataclass(frozen=True, slots=True)
class Cards:
    """Links to the other pages."""

    items: tuple[Card, ...]


Block = Paragraph | Subheading | Terms | Citations | Origin | Findings | Cards | Figure | Table


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with its blocks."""

    heading: str
    blocks: tuple[Block, ...]
    identifier: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """One page of the site. `data` says whether it rests on synthetic data, real data, or both."""

    file: str
    name: str
    title: str
    eyebrow: str
    sections: tuple[Section, ...]
    data: DataKind
    opening: tuple[Block, ...] = field(default=())

    def blocks(self) -> tuple[Block, ...]:
        """Return all blocks in reading order."""
        return (*self.opening, *(block for section in self.sections for block in section.blocks))

    def figures(self) -> tuple[Figure, ...]:
        """Return the figures in reading order."""
        return tuple(block for block in self.blocks() if isinstance(block, Figure))

    def downloads(self) -> tuple[Download, ...]:
        """Return the files beside the page: those of its figures, then those of its tables."""
        tables = (block.download for block in self.blocks() if isinstance(block, Table))
        return (*(figure.download for figure in self.figures()), *(one for one in tables if one is not None))
