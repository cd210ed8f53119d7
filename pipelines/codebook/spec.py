"""What a codebook entry may say. Strict: an unknown field or a wrong type is an error.

The YAML beside this module is the one definition of every variable, table, instrument and analysis;
the `to_*` modules turn it into what each consumer needs.
"""

from __future__ import annotations

from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

VariableType = Literal["text", "category", "integer", "number", "numbers", "boolean", "timestamp"]
Role = Literal["key", "design", "measure", "derived"]
Sensitivity = Literal["public", "restricted", "identifying"]
ScoringMethod = Literal["sum", "mean", "percent", "as_delivered"]
TermKind = Literal["estimate", "curve", "diagnostic"]
Layer = Literal["restricted", "core", "reference", "results", "catalog"]
# What must be said of a term, beside what it is.
NEEDED: Final[dict[TermKind, tuple[str, ...]]] = {
    "estimate": ("unit", "scale", "positive"),
    "curve": ("unit", "scale", "positive", "along", "limits"),
}


class Entry(BaseModel):
    """Base of every entry: frozen, strict, no unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Variable(Entry):
    """One variable, defined once; tables list it by name.

    `values` maps each permitted code to its label (categories only). `bands` are the lower edges,
    in `unit`, that turn a number into the category codes, in the order of `values`; `minimum` and
    `maximum` of a banded category bound the number before it is banded. `crosswalk`
    marks an id that is drawn at random and kept apart from the identifier it stands for.
    `day_offset` marks days since the participant's origin (day 0), never a date.
    `numbers` is a list of numbers in one cell, which only tables that are not released may hold: no CSV file
    and few readers of Parquet know such a cell.
    `quasi_identifying` values held by too few people are withheld from the release. There a number with
    `release_step` is rounded down to a multiple of it, for people whose day 0 is a calendar date that we
    keep, and one with `release_decimals` is rounded to so many, for everybody; working tables are exact.
    """

    name: str
    type: VariableType
    label: str
    description: str
    question: str | None = None
    unit: str | None = None
    values: dict[str, str] | None = None
    bands: list[float] | None = None
    minimum: float | None = None
    maximum: float | None = None
    role: Role = "measure"
    sensitivity: Sensitivity = "public"
    quasi_identifying: bool = False
    crosswalk: bool = False
    day_offset: bool = False
    release_step: float | None = Field(default=None, gt=0)
    release_decimals: int | None = Field(default=None, ge=0)
    instrument: str | None = None
    citation: str | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Variable:
        if (self.type == "category") != (self.values is not None):
            raise ValueError(f"[{self.name}] a category needs values, and only a category has them")
        if self.bands is not None and (self.values is None or len(self.bands) != len(self.values)):
            raise ValueError(f"[{self.name}] bands are the lower edges of the values: one for each")
        if self.bands is not None and sorted(set(self.bands)) != self.bands:
            raise ValueError(f"[{self.name}] bands must rise")
        bounded = self.minimum is not None or self.maximum is not None
        if bounded and not (self.type in ("integer", "number") or self.bands is not None):
            raise ValueError(f"[{self.name}] only a number, or a number in bands, has a minimum or maximum")
        self._rounded_in_one_way()
        return self

    def _rounded_in_one_way(self) -> None:
        if self.release_step is not None and self.release_decimals is not None:
            raise ValueError(f"[{self.name}] is rounded to a step or to decimals in the release, not to both")
        if self.release_step is not None and self.type not in ("integer", "number"):
            raise ValueError(f"[{self.name}] only a number has a release_step")
        if self.release_decimals is not None and self.type != "number":
            raise ValueError(f"[{self.name}] only a number with a fraction has release_decimals")
        if self.type == "integer" and self.release_step is not None and not self.release_step.is_integer():
            raise ValueError(f"[{self.name}] a whole number needs a whole release_step")
        if self.minimum is not None and self.release_step is not None and self.minimum % self.release_step:
            raise ValueError(
                f"[{self.name}] rounding down would pass its minimum: not a multiple of the step"
            )


class ForeignKey(Entry):
    """Columns of this table that must be found in the key of another."""

    columns: list[str]
    table: str
    references: list[str]


class Table(Entry):
    """One table: its layer, key and variables in order.

    `partitioned` tables hold every quarter's delivery side by side in `delivered_quarter`; readers
    see, for each key, the latest delivery up to the quarter they ask for. `required` variables may
    not be null. `released` tables reach the researchers' warehouse. `released_until` names, for a day, the
    variable that ends it in the release: once that end is rounded, rows with a later day are left out, so
    that what is released is what was seen up to the rounded end. `repeats_terms` adds the release's terms
    of use to the table's description.
    """

    name: str
    layer: Layer
    label: str
    description: str
    usage_warnings: list[str] = Field(default_factory=list)
    primary_key: list[str]
    variables: list[str]
    required: list[str] = Field(default_factory=list)
    foreign_keys: list[ForeignKey] = Field(default_factory=list)
    partitioned: bool = False
    released: bool = True
    released_until: dict[str, str] = Field(default_factory=dict)
    repeats_terms: bool = False

    @property
    def full_name(self) -> str:
        """Name with its schema, as in SQL: `core.participants`."""
        return f"{self.layer}.{self.name}"

    @property
    def not_null(self) -> list[str]:
        """Variables that may not be null: the key and the required ones, in table order."""
        return [v for v in self.variables if v in self.primary_key or v in self.required]

    @model_validator(mode="after")
    def _consistent(self) -> Table:
        named = [*self.primary_key, *self.required, *self.released_until, *self.released_until.values()]
        unknown = [v for v in named if v not in self.variables]
        if unknown:
            raise ValueError(f"[{self.name}] not among its variables: {unknown}")
        if len(set(self.variables)) != len(self.variables):
            raise ValueError(f"[{self.name}] lists a variable twice")
        return self


class Item(Entry):
    """One item of an instrument. `text` is null where the wording is not free to print."""

    name: str
    text: str | None = None
    topic: str
    reverse: bool = False


class Instrument(Entry):
    """A scale: its items, the range of an answer, and how the score is made.

    `score` names the variable that holds it. `sum` adds the items, `mean` averages them, `percent`
    is 100 times the share of the possible range. With at least `minimum_answered` items answered,
    missing ones are replaced by the mean of the person's answered items (prorating);
    with fewer the score is missing. `as_delivered` is a score that the source computes: it arrives
    whole, and nothing here is scored or prorated. `cutoff` is a published threshold on the score.
    """

    name: str
    label: str
    description: str
    score: str
    method: ScoringMethod
    answer_minimum: float
    answer_maximum: float
    answer_labels: dict[str, str] | None = None
    minimum_answered: int
    cutoff: float | None = None
    cutoff_label: str | None = None
    items: list[Item]
    citation: str
    licence: str
    usage_warnings: list[str] = Field(default_factory=list)

    @model_validator(mode="after")
    def _consistent(self) -> Instrument:
        if len({item.name for item in self.items}) != len(self.items):
            raise ValueError(f"[{self.name}] lists an item twice")
        if not 1 <= self.minimum_answered <= len(self.items):
            raise ValueError(f"[{self.name}] minimum_answered must be from 1 to {len(self.items)}")
        if not self.answer_minimum < self.answer_maximum:
            raise ValueError(f"[{self.name}] the lowest answer must be below the highest")
        return self

    @property
    def score_range(self) -> tuple[float, float]:
        """Lowest and highest score that the answers allow."""
        if self.method == "percent":
            return 0.0, 100.0
        factor = len(self.items) if self.method == "sum" else 1
        return factor * self.answer_minimum, factor * self.answer_maximum


class Analysis(Entry):
    """One question of the mission, as the report and `results.estimates` name it."""

    name: str
    label: str
    question: str
    estimand: str
    method: str
    not_said: str
    methods_page: str | None = None


class Term(Entry):
    """One number that an analysis states: a term of `results.estimates`, a curve, or a diagnostic.

    `unit` says what the number counts, `scale` what kind it is, as `results.estimates` names it (`probability
    or points` where that depends on the outcome; `unit` tells which is when); `positive` what a value above
    zero means, above one where the number is a ratio, or what a higher curve means. Of a curve, `along` says
    what its `x` is, and `limits` what its limits are. `family` holds the texts that it shares with others
    which differ in a part of their name alone, `<part>` in the place of that part.
    """

    analysis: str
    kind: TermKind
    name: str
    description: str
    unit: str | None = None
    scale: str | None = None
    positive: str | None = None
    along: str | None = None
    limits: str | None = None
    family: dict[str, str] | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Term:
        for kind, needed in NEEDED.items():
            if kind == self.kind and any(not getattr(self, name) for name in needed):
                raise ValueError(
                    f"[{self.analysis} {self.name}] a term of kind {kind} needs {', '.join(needed)}"
                )
        if self.kind == "diagnostic" and self.scale is not None:
            raise ValueError(f"[{self.analysis} {self.name}] a diagnostic has no scale")
        if self.kind != "curve" and (self.along or self.limits):
            raise ValueError(f"[{self.analysis} {self.name}] only a curve has along and limits")
        return self


class Codebook(Entry):
    """The whole codebook, cross-checked. `terms` says how a release may be used.

    `dictionary` says what each number of the results is.
    """

    schema_version: str
    terms: str
    missing_reasons: dict[str, str]
    refusal_reasons: dict[str, str]
    variables: dict[str, Variable]
    tables: dict[str, Table]
    instruments: dict[str, Instrument]
    analyses: dict[str, Analysis]
    reference_rows: dict[str, list[dict[str, object]]]
    dictionary: list[Term] = Field(default_factory=list)

    def table(self, full_name: str) -> Table:
        """Return the table `layer.name`; KeyError names the tables there are."""
        if full_name not in self.tables:
            raise KeyError(f"no table [{full_name}] in the codebook; there are {sorted(self.tables)}")
        return self.tables[full_name]

    def variable(self, table: Table, name: str) -> Variable:
        """Return what `name` means in `table`.

        A word the field uses for two things (the role of a person, the role of a variable) is defined
        once for each: under `layer.table.name` or `layer.name` where it differs, else under `name`.
        """
        return self.variables[self._key(table, name)]

    def variables_of(self, table: Table) -> list[Variable]:
        """Variables of a table, in its order."""
        return [self.variable(table, name) for name in table.variables]

    def terms_of(self, analysis: str, kind: TermKind) -> list[Term]:
        """Return what each number of an analysis is, in the order in which it was written down."""
        return [term for term in self.dictionary if (term.analysis, term.kind) == (analysis, kind)]

    def _key(self, table: Table, name: str) -> str:
        narrowed = (f"{table.full_name}.{name}", f"{table.layer}.{name}")
        return next((key for key in narrowed if key in self.variables), name)

    def tables_in(self, layer: Layer) -> list[Table]:
        """Tables of a layer, in the order of their names."""
        return [t for _, t in sorted(self.tables.items()) if t.layer == layer]

    @model_validator(mode="after")
    def _tables_consistent(self) -> Codebook:
        for table in self.tables.values():
            if unknown := [v for v in table.variables if self._key(table, v) not in self.variables]:
                raise ValueError(f"[{table.full_name}] lists variables that no file defines: {unknown}")
            lists = [v.name for v in self.variables_of(table) if v.type == "numbers"]
            if table.released and lists:
                raise ValueError(f"[{table.full_name}] is released, so no cell may be a list: {lists}")
            for key in table.foreign_keys:
                target = self.tables.get(f"core.{key.table}") or self.tables.get(key.table)
                if target is None:
                    raise ValueError(f"[{table.full_name}] points to an unknown table [{key.table}]")
                if loose := [
                    *({*key.columns} - {*table.variables}),
                    *({*key.references} - {*target.variables}),
                ]:
                    raise ValueError(
                        f"[{table.full_name}] points with or to unknown columns: {sorted(loose)}"
                    )
        for full_name in self.reference_rows:
            if full_name not in self.tables:
                raise ValueError(f"reference rows for an unknown table [{full_name}]")
        used = {self._key(t, v) for t in self.tables.values() for v in t.variables}
        if unused := sorted(set(self.variables) - used):
            raise ValueError(f"variables that no table uses: {unused}")
        return self

    @model_validator(mode="after")
    def _dictionary_consistent(self) -> Codebook:
        seen: set[tuple[str, str, str]] = set()
        for term in self.dictionary:
            if term.analysis not in self.analyses:
                raise ValueError(f"[{term.name}] is a term of an unknown analysis [{term.analysis}]")
            if (key := (term.analysis, term.kind, term.name)) in seen:
                raise ValueError(f"[{term.analysis} {term.name}] is in the dictionary twice")
            seen.add(key)
        return self

    @model_validator(mode="after")
    def _variables_consistent(self) -> Codebook:
        for instrument in self.instruments.values():
            if instrument.score not in self.variables:
                raise ValueError(
                    f"[{instrument.name}] scores into an undefined variable [{instrument.score}]"
                )
        for variable in self.variables.values():
            if variable.instrument is not None and variable.instrument not in self.instruments:
                raise ValueError(f"[{variable.name}] names an unknown instrument [{variable.instrument}]")
            if variable.name == "missing_reason" and set(variable.values or {}) != set(self.missing_reasons):
                raise ValueError("[missing_reason] must hold exactly the codes of missing_reasons")
        return self
