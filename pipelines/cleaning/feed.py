"""One feed of one file: which rows it takes, and the core rows that it makes of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import polars as pl

from pipelines.cleaning.convert import Converted, as_text, convert, date_faults
from pipelines.cleaning.days import read_dates
from pipelines.cleaning.landed import Landed, cells_of, taken
from pipelines.cleaning.refuse import REFUSALS, CleaningError, Fault, Rows, as_refusals
from pipelines.cleaning.scores import Answers, read_items
from pipelines.cleaning.working_columns import BETWEEN, DATE, ORIGIN, ROW_ID, WHY
from pipelines.codebook.spec import Codebook, Table, Variable
from pipelines.sources.declaration import Column, Feed, SourceDeclaration

# Ids that a source may leave out: made of what tells one row from another, so that a later delivery of
# the same stay or event finds the same id.
MADE_OF: Final[dict[str, tuple[str, ...]]] = {
    "episode_id": ("participant_id", "program_id", "entry_day"),
    "event_id": ("participant_id", "justice_measure", "event_day"),
}
# Filled in by cleaning itself, so that no feed needs to map them.
FILLED: Final = frozenset(
    {"source", "delivered_quarter", "population", "weekday", "response_status", "missing_reason", "stay_days"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """A date still to be counted from the participant's day 0."""

    variable: Variable
    shown: str
    first_day: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Core rows from one entry of a feed, with what later steps need to know."""

    rows: Rows
    source: SourceDeclaration
    feed: Feed
    file: str
    pending: tuple[Pending, ...] = ()

    def with_frame(self, frame: pl.DataFrame, pending: tuple[Pending, ...] | None = None) -> Batch:
        """Return the batch with other core rows."""
        pending = self.pending if pending is None else pending
        return replace(self, rows=replace(self.rows, frame=frame), pending=pending)


def read_feed(
    landed: Landed, feed: Feed, cells: pl.DataFrame, codebook: Codebook
) -> tuple[list[Batch], pl.DataFrame]:
    """Make core rows of the file rows that a feed takes.

    Parameters
    ----------
    cells
        Rows of the file that the feed takes (see `taken`).

    Returns
    -------
    batches, refusals
        One batch for each entry of `each` (one in all if there is none), and one for the items. Ids
        still carry their population and identifier; dates that count from day 0 are still dates.

    Raises
    ------
    CleaningError
        The declaration asks for what cannot be done.
    """
    table = codebook.table(f"core.{feed.table}")
    place = f"{landed.source.source}, file [{landed.declaration.name}], feed of [{feed.table}]"
    if feed.origin is not None and feed.table != "participants":
        raise CleaningError(f"{place}: only the feed of participants may set `origin`")
    if feed.items and feed.each:
        raise CleaningError(f"{place}: `items` and `each` cannot be combined; use two feeds")
    shared = _Reader(landed, table, codebook, cells)
    base = shared.read(feed.columns)
    refusals, blanks = [base.refusals], [REFUSALS.to_frame()]
    batches: list[Batch] = []
    for number, entry in enumerate(feed.each):
        mask = taken(cells, entry.only_if, landed.file)
        own = _Reader(landed, table, codebook, cells.filter(mask)).read(entry.columns)
        replaced = [prefix + name for name in entry.columns for prefix in ("", WHY, DATE)]
        both = base.frame.filter(mask).drop(replaced, strict=False)
        part = replace(
            own,
            frame=pl.concat([both, own.frame.drop(ROW_ID)], how="horizontal"),
            columns={**base.columns, **own.columns},
            pending=(*(p for p in base.pending if p.variable.name not in entry.columns), *own.pending),
            mapped={**feed.columns, **entry.columns},
        )
        refusals.append(own.refusals)
        blanks.append(_blanks(part, table))
        batches.append(_batch(part, landed, feed, table, f"{place}, entry {number + 1} of each"))
    if not feed.each:
        if feed.origin is not None:
            base = _with_origin(base, feed.origin, landed, cells)
            refusals.append(base.refusals)
        blanks.append(_blanks(base, table))
        if feed.items:
            answers = read_items(landed, feed, cells, codebook, place)
            refusals.append(as_refusals(cells[ROW_ID], answers.faults))
            base = replace(base, frame=base.frame.with_columns(answers.scores))
            batches.extend(_item_batch(base, answers, landed=landed, feed=feed, table=table, place=place))
        batches.insert(0, _batch(base, landed, feed, table, place))
    cell = [ROW_ID, "column_name"]
    faults = pl.concat(refusals)
    # What another check emptied is not blank.
    empty = pl.concat(blanks).join(faults, on=cell, how="anti", maintain_order="left")
    return batches, pl.concat([faults, empty]).unique([*cell, "reason"], maintain_order=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """Converted columns on their way to becoming a batch."""

    frame: pl.DataFrame
    columns: Mapping[str, str]
    mapped: Mapping[str, Column]
    pending: tuple[Pending, ...]
    refusals: pl.DataFrame


class _Reader:
    """Converts columns of one file's rows for one table."""

    def __init__(self, landed: Landed, table: Table, codebook: Codebook, cells: pl.DataFrame) -> None:
        self.landed, self.table, self.codebook, self.cells = landed, table, codebook, cells

    def read(self, mapped: Mapping[str, Column]) -> _Part:
        """Convert the mapped columns."""
        made: list[pl.Series] = [self.cells[ROW_ID]]
        pending: list[Pending] = []
        faults: list[Fault] = []
        shown: dict[str, str] = {}
        for name, column in mapped.items():
            if name not in self.table.variables:
                raise CleaningError(f"[{self.table.name}] has no variable [{name}]")
            variable = self.codebook.variable(self.table, name)
            shown[name] = column.source_column or name
            got = self._convert(variable, column)
            values = got.values
            if id_variable(self.codebook, self.table, name) is not None:
                values = (f"{self.landed.source.population}{BETWEEN}" + values).alias(name)
            made.append(values)
            made.append(self._reasons(variable, got).alias(WHY + name))
            if got.dates is not None:
                made.append(got.dates.alias(DATE + name))
            if got.pending:
                pending.append(Pending(variable=variable, shown=shown[name], first_day=column.first_day))
            faults.extend(got.faults)
        return _Part(
            frame=pl.DataFrame(made),
            columns=shown,
            mapped=mapped,
            pending=tuple(pending),
            refusals=as_refusals(self.cells[ROW_ID], faults),
        )

    def _convert(self, variable: Variable, column: Column) -> Converted:
        declaration, file = self.landed.declaration, self.landed.file
        if column.source_column is None:
            text = pl.Series(variable.name, [as_text(column.constant)]).new_from_index(0, self.cells.height)
        else:
            text = cells_of(self.cells, column.source_column, file)
        return convert(
            text.alias(variable.name),
            variable=variable,
            column=column,
            clock=self.landed.clock(self.cells),
            missing_codes={**declaration.missing_codes, **column.missing_codes},
            allowed=self._allowed(column),
            since=None if column.since is None else cells_of(self.cells, column.since, file),
        )

    def _allowed(self, column: Column) -> frozenset[str] | None:
        return self.landed.allowed_codes.get(column.source_column) if column.source_column else None

    def _reasons(self, variable: Variable, got: Converted) -> pl.Series:
        """Reasons why values are missing; a blank counts as not answered where people were asked."""
        asked = (self.table.name == "diary_days" and variable.role == "measure") or (
            self.table.name == "civic_items" and variable.name == "answer"
        )
        if not asked:
            return got.why
        blank = got.values.is_null() & got.why.is_null()
        return got.why.set(blank, "not_answered")


def id_variable(codebook: Codebook, table: Table, name: str) -> str | None:
    """Return the crosswalk's variable that a column belongs to; None for what is no random id.

    A column that points to participants (`giver_id`) holds participants' ids.
    """
    for key in table.foreign_keys:
        target = codebook.tables.get(f"core.{key.table}")
        if key.columns == [name] and target and codebook.variable(target, key.references[0]).crosswalk:
            return key.references[0]
    return name if codebook.variable(table, name).crosswalk else None


def _with_origin(part: _Part, origin: Column, landed: Landed, cells: pl.DataFrame) -> _Part:
    """Add the date that fixes the participant's day 0; a blank one leaves the participant without."""
    if origin.source_column is None or origin.date is None:
        raise CleaningError(f"{landed.source.source}: `origin` needs a column (`from`) and its `date` format")
    text = cells_of(cells, origin.source_column, landed.file)
    codes = [*landed.declaration.missing_codes, *origin.missing_codes]
    clock = landed.clock(cells)
    read = read_dates(
        text.set(text.is_in(codes), None),
        origin.date,
        time_zones=clock.time_zones,
        source_zone=clock.source_zone,
        evening_until=origin.evening_until,
    )
    faults = date_faults(read, origin.date, origin.source_column)
    return replace(
        part,
        frame=part.frame.with_columns(read.dates.alias(ORIGIN)),
        refusals=as_refusals(cells[ROW_ID], faults),
    )


def _blanks(part: _Part, table: Table) -> pl.DataFrame:
    """Refuse rows that are blank where the table needs a value; complain of needs that no column fills."""
    faults = []
    unfilled = []
    for name in table.not_null:
        made_up = name in MADE_OF and name not in part.mapped
        if name in FILLED or made_up:
            continue
        if name not in part.mapped:
            unfilled.append(name)
            continue
        reason = "missing_key" if name in table.primary_key else "missing_required"
        blank = part.frame[name].is_null()
        faults.append(Fault(mask=blank, column=part.columns[name], reason=reason, expected="a value"))
    if unfilled:
        raise CleaningError(f"[{table.name}] needs {unfilled}, and the feed maps no column to them")
    return as_refusals(part.frame[ROW_ID], faults)


def _batch(part: _Part, landed: Landed, feed: Feed, table: Table, place: str) -> Batch:
    frame = part.frame
    if table.name == "participants":
        frame = frame.with_columns(pl.lit(landed.source.population).alias("population"))
    keys = [k for name in table.primary_key for k in (MADE_OF[name] if name not in part.mapped else (name,))]
    specs = [part.mapped[name].model_dump_json() if name in part.mapped else name for name in keys]
    made = {
        name: part.columns.get(MADE_OF[name][-1], name)
        for name in table.primary_key
        if name not in part.mapped
    }
    return Batch(
        rows=Rows(
            table=table.name,
            frame=frame,
            columns={**made, **part.columns},
            mapping=" ".join(specs),
            place=place,
        ),
        source=landed.source,
        feed=feed,
        file=landed.file,
        pending=part.pending,
    )


def _item_batch(
    part: _Part, answers: Answers, *, landed: Landed, feed: Feed, table: Table, place: str
) -> list[Batch]:
    """Answers as rows of assessment_items, where the table of the feed has people and waves."""
    if not {"participant_id", "wave"} <= set(table.primary_key):
        return []
    people = part.frame.select(ROW_ID, "participant_id", "wave")
    frame = answers.long.join(people, on=ROW_ID, how="left", maintain_order="left")
    columns = {"participant_id": part.columns["participant_id"], "wave": part.columns["wave"], "item": "item"}
    rows = Rows(table="assessment_items", frame=frame, columns=columns, mapping=str(feed.items), place=place)
    return [Batch(rows=rows, source=landed.source, feed=feed, file=landed.file)]
