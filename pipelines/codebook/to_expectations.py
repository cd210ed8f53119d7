"""The codebook as expectations: what must hold of a table, in plain data.

`pipelines.expectations` hands them to Great Expectations. Foreign keys need two tables and are checked
where both are at hand.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from pipelines.codebook import released as release
from pipelines.codebook.bounds import bounds
from pipelines.codebook.spec import Codebook, Table, Variable

Kind = Literal["columns_in_order", "unique_key", "not_null", "in_set", "between", "whole_number"]
Severity = Literal["error", "warning"]

ALL_COLUMNS = "(all columns)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """One thing that must hold of a table.

    `column` is the column it speaks of, the key's columns joined by commas, or `(all columns)`. `kwargs`
    by kind: `columns_in_order` and `unique_key` {columns}, `in_set` {values}, `between` {minimum, maximum}
    (inclusive; either may be null). All but `not_null` pass over nulls. An `error` stops what follows.
    """

    column: str
    kind: Kind
    kwargs: dict[str, Any] = field(default_factory=dict)
    severity: Severity = "error"


def expectations(codebook: Codebook, table: Table, *, released: bool = False) -> list[Expectation]:
    """Return what must hold of a table: its columns, its key, then each column in order.

    All are errors: cleaning refuses a row that breaks one, so a row that arrives broken is a defect of ours.
    """
    chosen = release.variables(codebook, table, released=released)
    key = release.primary_key(table, released=released)
    required = release.not_null(codebook, table, released=released)
    found = [
        Expectation(
            column=ALL_COLUMNS, kind="columns_in_order", kwargs={"columns": [v.name for v in chosen]}
        ),
        Expectation(column=", ".join(key), kind="unique_key", kwargs={"columns": key}),
    ]
    for variable in chosen:
        if variable.name in required:
            found.append(Expectation(column=variable.name, kind="not_null"))
        found.extend(_of_values(variable))
    return found


def _of_values(variable: Variable) -> list[Expectation]:
    found = []
    if variable.values is not None:
        found.append(
            Expectation(column=variable.name, kind="in_set", kwargs={"values": list(variable.values)})
        )
    if variable.type == "integer":
        found.append(Expectation(column=variable.name, kind="whole_number"))
    low, high = bounds(variable)
    if low is not None or high is not None:
        kwargs = {"minimum": low, "maximum": high}
        found.append(Expectation(column=variable.name, kind="between", kwargs=kwargs))
    return found
