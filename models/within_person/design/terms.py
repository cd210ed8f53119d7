"""Terms of a model: a variable as it is, centered, split within and between persons, and products.

A term is a product of factors, each a row-level variable less something constant within a person. So it is a
polynomial in the rows' variables whose coefficients may differ by person, and can be evaluated row by row
(`model_rows`) or obtained from cross-products without the rows (`model_sums`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from models.refusal import NotIdentifiedError
from models.within_person.design.centering import about_mean, between_part, person_means
from models.within_person.design.cross_products import CrossProducts
from models.within_person.design.model_rows import ModelRows
from models.within_person.design.parts import edges_of
from models.within_person.design.polynomial_sums import sums_about
from models.within_person.design.polynomials import (
    TIMES,
    Coefficient,
    Polynomial,
    closed,
    multiplied,
    variable,
)
from models.within_person.design.rows import Rows
from models.within_person.design.term_pass import Parts, products_of_terms
from models.within_person.engine import Engine, choose
from models.within_person.linear.origin import far_origin, totals
from models.within_person.linear.person_sums import PersonSums
from models.within_person.linear.sums import WORTH_COMPILING, person_sums

Array = NDArray[np.float64]
Part = Literal["value", "grand", "within", "between"]
INTERCEPT = "intercept"
WORTH_DERIVING = 50_000  # rows


@dataclass(frozen=True, slots=True)
class Factor:
    """A variable, and what of it: less `minus` (value), less a mean (grand, within), or its person mean."""

    column: str
    part: Part
    minus: float = 0.0


@dataclass(frozen=True, slots=True)
class Term:
    """A column of the design: the product of its factors."""

    name: str
    factors: tuple[Factor, ...]


def value(column: str, *, minus: float = 0.0) -> Term:
    """Take the variable as it is, or less a constant (a year less 2026) that moves the intercept alone."""
    return Term(column, (Factor(column, "value", minus),))


def grand(column: str) -> Term:
    """Take the variable less its (weighted) mean over the rows used."""
    return Term(f"{column}_grand", (Factor(column, "grand"),))


def within(column: str) -> Term:
    """Take the variable less its person's (weighted) mean over the rows used."""
    return Term(f"{column}_within", (Factor(column, "within"),))


def between(column: str) -> Term:
    """Take the person's (weighted) mean over the rows used, less the mean of all persons' means."""
    return Term(f"{column}_between", (Factor(column, "between"),))


def product(first: Term, second: Term, name: str | None = None) -> Term:
    """Multiply two terms, each centered as it is."""
    return Term(name or f"{first.name}_x_{second.name}", first.factors + second.factors)


@dataclass(frozen=True, slots=True)
class Design:
    """Response and terms of a model; the intercept and the person's own intercept are always there.

    `outcome` is a variable, or a term such as `value("meaningfulness", minus=80)`: a response far from zero
    compared with its spread is best centered, which moves the intercept alone. `random` terms, of the fixed
    ones, have a person effect.

    Raises
    ------
    ValueError
        Two terms share a name, a random term is not a fixed one, or a variable has the sign of a product.
    """

    outcome: str | Term
    fixed: tuple[Term, ...] = ()
    random: tuple[Term, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what could not be told apart by name."""
        if len(set(self.names)) < len(self.names):
            raise ValueError(f"terms share a name: {', '.join(self.names)}")
        if len(set(self.random)) < len(self.random) or not set(self.random) <= set(self.fixed):
            raise ValueError("each random term must be one of the fixed terms, once")
        if any(TIMES in name for name in self.variables):
            raise ValueError(f"a variable's name must not contain {TIMES!r}")

    @property
    def response(self) -> Term:
        """The outcome as a term."""
        return value(self.outcome) if isinstance(self.outcome, str) else self.outcome

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns of x, the intercept first."""
        return (INTERCEPT, *(term.name for term in self.fixed))

    @property
    def random_columns(self) -> tuple[int, ...]:
        """Columns of x that have a person effect, the intercept first, then in the order of `fixed`."""
        return (0, *sorted(self.fixed.index(term) + 1 for term in self.random))

    @property
    def variables(self) -> tuple[str, ...]:
        """The variables that rows must have, each once."""
        terms = (*self.fixed, self.response)
        return tuple(dict.fromkeys(factor.column for term in terms for factor in term.factors))

    @property
    def columns(self) -> tuple[str, ...]:
        """The variables, and the products of variables, whose cross-products the design needs."""
        terms = (*self.fixed, self.response)
        products = [tuple(f.column for f in term.factors if f.part != "between") for term in terms]
        return closed([*((name,) for name in self.variables), *products])


def model_rows(rows: Rows, design: Design) -> ModelRows:
    """Evaluate the terms row by row.

    Means are over the rows used; a person's mean and the mean over rows are weighted where the rows are, so
    that the within part keeps to its zero sum in the weighted fit; the mean of person means counts each
    person once.

    Raises
    ------
    NotIdentifiedError
        No row has every variable of the model.
    """
    if rows.n_rows == 0:
        raise NotIdentifiedError("no row has every variable of the model")
    parts: dict[Factor, Array] = {}
    means: dict[str, Array] = {}
    x = np.empty((rows.n_rows, len(design.names)))
    x[:, 0] = 1.0
    for column, term in enumerate(design.fixed, start=1):
        x[:, column] = _evaluate(term, rows, parts, means)
    return ModelRows(
        y=_evaluate(design.response, rows, parts, means), x=x, names=design.names,
        random=design.random_columns, person=rows.person, day=rows.day, weights=rows.weights,
    )  # fmt: skip


def _evaluate(term: Term, rows: Rows, parts: dict[Factor, Array], means: dict[str, Array]) -> Array:
    """Values of a term, (n_rows,); parts and person means once made are kept."""
    result: Array | None = None
    for factor in term.factors:
        if factor not in parts:
            parts[factor] = _part(factor, rows, means)
        result = parts[factor] if result is None else result * parts[factor]
    return np.ones(rows.n_rows) if result is None else result


def _part(factor: Factor, rows: Rows, means: dict[str, Array]) -> Array:
    values = rows.columns[factor.column]
    if factor.part == "value":
        return values - factor.minus if factor.minus else values
    if factor.part == "grand":
        return about_mean(values, rows.weights)[0]
    if factor.column not in means:
        means[factor.column] = person_means(values, rows.person, rows.weights)
    mean = means[factor.column]
    if factor.part == "within":
        return values - mean[rows.person]
    return between_part(mean, float(np.abs(values).max()))[rows.person]


def model_sums(
    cross: CrossProducts, design: Design, *, person_values: Mapping[str, Array] | None = None,
    engine: Engine = "auto",
) -> PersonSums:  # fmt: skip
    """Cross-products of the terms, from those of the variables: what `model_rows` and a pass would give.

    Parameters
    ----------
    cross : CrossProducts
        Of `design.columns`, or of more.
    design : Design
        The model.
    person_values : mapping of str to array of shape (n_people,)
        Variables of the design that are constant within a person, and so need no pass over the rows.
    engine : "auto", "numpy" or "compiled"

    Raises
    ------
    KeyError
        A column that the design needs is neither in `cross` nor in `person_values`.
    NotIdentifiedError
        No person has a row.
    """
    known = {} if person_values is None else dict(person_values)
    there = cross.n_rows > 0
    if not there.all():
        cross, known = cross.keep(there), {name: values[there] for name, values in known.items()}
    if cross.n_people == 0:
        raise NotIdentifiedError("no row has every variable of the model")
    levels = {
        product[0]: np.ascontiguousarray(cross.mean[:, place])
        for place, product in enumerate(cross.products)
        if len(product) == 1
    }
    with np.errstate(invalid="ignore", over="ignore"):  # refused by name where the sums are used
        sizes = _sizes(cross, known, design)
    polynomials = [
        multiplied(_factor(factor, levels, known, cross.weight, sizes) for factor in term.factors)
        for term in (Term(INTERCEPT, ()), *design.fixed, design.response)
    ]
    with np.errstate(invalid="ignore", over="ignore"):  # refused by name where the sums are used
        sums = PersonSums(
            products=sums_about(cross, polynomials, np.zeros(len(polynomials)), engine), n_rows=cross.n_rows,
            names=design.names, random=design.random_columns, log_weights=float(cross.log_weight.sum()),
        )  # fmt: skip
    origin = far_origin(*totals(sums))
    if origin is None:
        return sums
    return replace(sums, products=sums_about(cross, polynomials, origin, engine), origin=origin)


def _sizes(cross: CrossProducts, known: Mapping[str, Array], design: Design) -> dict[str, float]:
    """Order of magnitude of each variable taken between persons: its largest root mean square in a person."""
    sizes = {name: float(np.abs(values).max()) for name, values in known.items()}
    n_columns = len(cross.products)
    terms = (*design.fixed, design.response)
    between = {factor.column for term in terms for factor in term.factors if factor.part == "between"}
    for place, product in enumerate(cross.products):
        if len(product) == 1 and product[0] in between:
            own = cross.comoment[:, place * n_columns - place * (place - 1) // 2] / cross.weight
            sizes[product[0]] = float(np.sqrt(own + cross.mean[:, place] ** 2).max())
    return sizes


def design_sums(rows: Rows, design: Design, engine: Engine = "auto") -> PersonSums:
    """Cross-products of the terms from the rows, whichever way is less work.

    Compiled: the terms are made and multiplied in one pass. Else few rows: the terms are evaluated and
    summed. Many: the variables are summed, and the terms derived, which saves writing them out row by row.

    Raises
    ------
    NotIdentifiedError
        No row has every variable of the model.
    """
    if rows.n_rows and choose(engine, rows=rows.n_rows, worth_it=WORTH_COMPILING) == "compiled":
        sums = _compiled_sums(rows, design)
        return sums if far_origin(*totals(sums)) is None else person_sums(model_rows(rows, design), engine)
    if rows.n_rows < WORTH_DERIVING:
        return person_sums(model_rows(rows, design), engine)
    return model_sums(CrossProducts.from_rows(rows, design.columns, engine), design)


def _compiled_sums(rows: Rows, design: Design) -> PersonSums:
    """Cross-products of the terms in one compiled pass over the rows."""
    terms = (Term(INTERCEPT, ()), *design.fixed, design.response)
    grand_means = {
        column: about_mean(rows.columns[column], rows.weights)[1]
        for column in {f.column for term in terms for f in term.factors if f.part == "grand"}
    }

    def less(factor: Factor) -> float | None:
        """Return what a row's value is taken less of; None for the person's mean."""
        if factor.part == "within":
            return None
        return grand_means[factor.column] if factor.part == "grand" else factor.minus

    parts = [
        Parts(
            by_row=tuple((f.column, less(f)) for f in term.factors if f.part != "between"),
            by_person=tuple(f.column for f in term.factors if f.part == "between"),
        )
        for term in terms
    ]
    edges = edges_of(rows)
    return PersonSums(
        products=products_of_terms(rows, parts, edges),
        n_rows=np.diff(edges), names=design.names, random=design.random_columns,
        log_weights=0.0 if rows.weights is None else float(np.log(rows.weights).sum()),
    )  # fmt: skip


def _factor(
    factor: Factor, levels: Mapping[str, Array], known: Mapping[str, Array], weight: Array,
    sizes: Mapping[str, float],
) -> Polynomial:  # fmt: skip
    """Write a factor in the deviation of its variable from the person's mean."""
    constant: Coefficient
    fixed = factor.column in known
    level = known[factor.column] if fixed else levels[factor.column]
    if factor.part == "within":
        constant = 0.0
    elif factor.part == "value":
        constant = level - factor.minus
    elif factor.part == "grand":
        constant = about_mean(level, weight)[0]
    else:
        constant = between_part(level, sizes[factor.column])
    if fixed or factor.part == "between":
        return {(): constant}
    return variable(factor.column, constant)
