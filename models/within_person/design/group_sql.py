"""The same cross-products by any engine that can sum by group: the text of the query, and its answer read."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.within_person.design.cross_products import PERSON, CrossProducts
from models.within_person.design.polynomials import Product, about_own_means, check_closed, products_of
from models.within_person.design.sorted_pass import recipe


def sum_by_group_sql(table: str, person: str, columns: Sequence[str], weights: str | None = None) -> str:
    """Write the query that sums the rows of a table by person, about the person's own average.

    A row counts if it names a person, all variables are finite numbers, and its weight, if any, is finite
    and positive. `from_sums` reads the answer.

    Parameters
    ----------
    table : str
        Name of a table or view, as it stands in the query; not to be taken from outside.
    person, weights : str
        Columns of the person's id and of the weight.
    columns : sequence of str
        Variables and products of variables, as `Design.columns` lists them.
    """
    check_closed(columns)
    products = products_of(columns)
    names = recipe(products).names
    values = [f"CAST({_quoted(name)} AS DOUBLE PRECISION) AS v{i}" for i, name in enumerate(names)]
    weight = f"CAST({'1' if weights is None else _quoted(weights)} AS DOUBLE PRECISION)"
    finite = [f"v{i} - v{i} = 0" for i in range(len(names))]  # neither null, nor NaN, nor infinite
    size = len(products)
    factors = [_multiplied(product, names) for product in products]
    pairs = [(a, b) for a in range(size) for b in range(a, size)]
    origins = [f"avg(v{i}) AS o{i}" for i in range(len(names))]
    deviations = [f"v{i} - o{i} AS d{i}" for i in range(len(names))]
    results = [
        "count(*) AS n_rows", "sum(w) AS weight", "sum(ln(w)) AS log_weight",
        *(f"min(o{i}) AS origin_{i}" for i in range(len(names))),
        *(f"sum(w * {factor}) AS sum_{a}" for a, factor in enumerate(factors)),
        *(f"sum(w * {factors[a]} * {factors[b]}) AS sum_{a}_{b}" for a, b in pairs),
    ]  # fmt: skip
    return f"""
WITH given AS (
    SELECT {_quoted(person)} AS person, {weight} AS w, {", ".join(values)} FROM {table}
), used AS (
    SELECT * FROM given WHERE person IS NOT NULL AND w > 0 AND w - w = 0 AND {" AND ".join(finite)}
), origins AS (
    SELECT person AS who, {", ".join(origins)} FROM used GROUP BY person
), near AS (
    SELECT used.*, {", ".join(f"origins.o{i}" for i in range(len(names)))}, {", ".join(deviations)}
    FROM used JOIN origins ON used.person = origins.who
)
SELECT person AS {_quoted(person)}, {", ".join(results)} FROM near GROUP BY person ORDER BY person
"""


def from_sums(sums: pl.DataFrame, columns: Sequence[str], person: str = PERSON) -> CrossProducts:
    """Read the answer to `sum_by_group_sql` for the same columns."""
    products = products_of(columns)
    size, n_variables = len(products), sum(len(product) == 1 for product in products)
    sums = sums.sort(person)
    weight = sums.get_column("weight").to_numpy()

    def taken(names: list[str]) -> NDArray[np.float64]:
        return sums.select(pl.col(names).cast(pl.Float64)).to_numpy()

    mean, comoment = about_own_means(
        weight,
        taken([f"origin_{i}" for i in range(n_variables)]),
        taken([f"sum_{a}" for a in range(size)]),
        taken([f"sum_{a}_{b}" for a in range(size) for b in range(a, size)]),
        products,
    )
    return CrossProducts(
        people=sums.get_column(person), columns=tuple(columns),
        n_rows=sums.get_column("n_rows").cast(pl.Int64).to_numpy(), weight=weight,
        log_weight=sums.get_column("log_weight").to_numpy(), mean=mean, comoment=comoment,
    )  # fmt: skip


def _multiplied(product: Product, names: Sequence[str]) -> str:
    return " * ".join(f"d{names.index(name)}" for name in product)


def _quoted(name: str) -> str:
    doubled = name.replace('"', '""')
    return f'"{doubled}"'
