"""Terms as polynomials in a person's deviations, and the cross-products of such polynomials."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Product = tuple[str, ...]  # variables multiplied, in alphabetical order; () is the constant 1
Coefficient = float | Array  # the same for all persons, or (n_people,)
Polynomial = dict[Product, Coefficient]

TIMES = "*"  # between the variables of a product, as in "attended_meeting*recovery_identity"
PEOPLE_AT_A_TIME = 2_000  # their cross-products stay in the cache; no power of two: columns would share lines


def products_of(columns: Sequence[str]) -> tuple[Product, ...]:
    """Return the variables that each column multiplies."""
    return tuple(tuple(sorted(part.strip() for part in name.split(TIMES))) for name in columns)


def closed(products: Iterable[Product]) -> tuple[str, ...]:
    """Name products of variables and every product of some of the same variables, fewest first.

    With all its parts at hand, a product can be taken about any other origin.
    """
    parts = {
        tuple(sorted(part)): None
        for variables in products
        for size in range(1, len(variables) + 1)
        for part in combinations(variables, size)
    }
    return tuple(TIMES.join(part) for part in sorted(parts, key=len))


def check_closed(columns: Sequence[str]) -> None:
    """Refuse columns of which two are the same, or a product without its parts.

    Raises
    ------
    ValueError
        Names the columns that are missing or twice.
    """
    given = products_of(columns)
    if len(set(given)) < len(given):
        raise ValueError(f"a column is there twice: {', '.join(columns)}")
    missing = [name for name in closed(given) if products_of([name])[0] not in given]
    if missing:
        raise ValueError(f"a product needs its parts as columns: {', '.join(missing)}")


def variable(name: str, constant: Coefficient) -> Polynomial:
    """Return a variable's deviation plus a constant of the person's own."""
    return {(name,): 1.0} if _is_zero(constant) else {(name,): 1.0, (): constant}


def multiplied(factors: Iterable[Polynomial]) -> Polynomial:
    """Return the product of polynomials, 1 where there are none."""
    result: Polynomial = {(): 1.0}
    for factor in factors:
        grown: Polynomial = {}
        for left, one in result.items():
            for right, other in factor.items():
                product = tuple(sorted(left + right))
                term = one * other
                grown[product] = grown[product] + term if product in grown else term
        result = grown
    return result


def triangle(size: int) -> list[list[int]]:
    """Return the place of each pair in an upper triangle stored row after row, (size, size), symmetric."""
    places = np.zeros((size, size), dtype=np.int64)
    rows, columns = np.triu_indices(size)
    places[rows, columns] = places[columns, rows] = np.arange(rows.size)
    listed: list[list[int]] = places.tolist()
    return listed


def transform(
    mean: Array, comoment: Array, products: Sequence[Product], polynomials: Sequence[Polynomial]
) -> Iterator[tuple[slice, Array, Array]]:
    """Return mean and comoment of polynomials in products whose mean and comoment are known.

    A polynomial c0 + sum_j c_j u_j has the mean c0 + sum_j c_j mean(u_j), and two of them the comoment
    sum_jl c_j d_l comoment(u_j, u_l), whatever the weights.

    Parameters
    ----------
    mean : array, shape (n_people, k)
        Means of the products u.
    comoment : array, shape (n_people, k (k + 1) / 2)
        Sums of products of their deviations from the mean, upper triangle, row after row.
    products : sequence of k products
    polynomials : sequence of r polynomials

    Yields
    ------
    people : slice
        Some persons at a time.
    mean, comoment : arrays, shape (r, persons) and (r (r + 1) / 2, persons)
        A row for each polynomial, and for each pair of them.

    Raises
    ------
    KeyError
        A polynomial holds a product that is not among `products`.
    """
    known = {product: place for place, product in enumerate(products)}
    used = sorted({known[product] for polynomial in polynomials for product in polynomial if product})
    number = {products[place]: row for row, place in enumerate(used)}
    all_places, places = triangle(len(products)), triangle(len(used))
    pairs = [all_places[first][second] for row, first in enumerate(used) for second in used[row:]]
    parts = [
        [(number[product], coefficient) for product, coefficient in polynomial.items() if product]
        for polynomial in polynomials
    ]
    constants = [polynomial.get((), 0.0) for polynomial in polynomials]
    size = len(polynomials)
    for start in range(0, mean.shape[0], PEOPLE_AT_A_TIME):
        people = slice(start, min(start + PEOPLE_AT_A_TIME, mean.shape[0]))
        means, comoments = _columns(mean[people], used), _columns(comoment[people], pairs)
        here = [[(place, _of(coefficient, people)) for place, coefficient in part] for part in parts]
        new_mean = np.empty((size, people.stop - start))
        new = np.empty((size * (size + 1) // 2, people.stop - start))
        pair = 0
        for first in range(size):
            new_mean[first] = _of(constants[first], people)
            for place, coefficient in here[first]:
                new_mean[first] += coefficient * means[place]
            for second in range(first, size):
                _add_products(new[pair], here[first], here[second], comoments, places)
                pair += 1
        yield people, new_mean, new


def _columns(array: Array, wanted: Sequence[int]) -> Array:
    """Return columns of (n_people, k) as rows, each in one piece."""
    rows = np.empty((len(wanted), array.shape[0]))
    for row, column in enumerate(wanted):
        rows[row] = array[:, column]
    return rows


def _add_products(
    total: Array,
    first: list[tuple[int, Coefficient]],
    second: list[tuple[int, Coefficient]],
    comoments: Array,
    places: list[list[int]],
) -> None:
    total[:] = 0.0
    for left, one in first:
        for right, other in second:
            weight = one * other
            known = comoments[places[left][right]]
            total += known if isinstance(weight, float) and weight == 1.0 else weight * known


def _of(coefficient: Coefficient, people: slice) -> Coefficient:
    return coefficient[people] if isinstance(coefficient, np.ndarray) else coefficient


def _is_zero(constant: Coefficient) -> bool:
    return isinstance(constant, float) and constant == 0.0


def about(mean: Array, comoment: Array, products: Sequence[Product], step: Array) -> tuple[Array, Array]:
    """Return mean and comoment, as `transform` takes them, of the products of deviations plus a step.

    `step` (n_people, n_variables) is added to the deviations of the variables, in the order in which they
    are among `products`.
    """
    singles = [place for place, product in enumerate(products) if len(product) == 1]
    if len(singles) == len(products):
        return mean + step, comoment
    moved = {
        products[place][0]: variable(products[place][0], np.ascontiguousarray(column))
        for place, column in zip(singles, step.T, strict=True)
    }
    wanted = [multiplied(moved[name] for name in product) for product in products]
    new_mean, new_comoment = np.empty_like(mean), np.empty_like(comoment)
    for people, means, comoments in transform(mean, comoment, products, wanted):
        new_mean[people], new_comoment[people] = means.T, comoments.T
    return new_mean, new_comoment


def about_own_means(
    weight: Array, origin: Array, sums: Array, pairs: Array, products: Sequence[Product]
) -> tuple[Array, Array]:
    """Return mean and comoment, as `CrossProducts` keeps them, from sums about an origin of each person.

    Parameters
    ----------
    weight : array, shape (n_people,)
        Sums of the weights, positive.
    origin : array, shape (n_people, n_variables)
        Near the person's values; deviations below are from it.
    sums, pairs : arrays, shape (n_people, k) and (n_people, k (k + 1) / 2)
        Weighted sums of the products of deviations, and of two such products (upper triangle).
    products : sequence of k products
    """
    single = np.array([len(product) == 1 for product in products])
    mean = sums / weight[:, None]
    left, right = np.triu_indices(len(products))
    comoment = pairs - weight[:, None] * mean[:, left] * mean[:, right]
    diagonal = left == right
    comoment[:, diagonal] = np.maximum(comoment[:, diagonal], 0.0)  # rounding below a sum of squares
    level = origin + mean[:, single]
    mean, comoment = about(mean, comoment, products, -mean[:, single])
    mean[:, single] = level
    return mean, comoment
