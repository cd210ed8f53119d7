"""Cross-products by person, plain and compiled."""

import numpy as np
import pytest

from models.within_person.design.model_rows import ModelRows
from models.within_person.linear import sums
from models.within_person.linear.sums import person_sums


def made(
    n_people: int, *, p: int = 4, weighted: bool = False, scale: float = 1.0, most: int = 9
) -> ModelRows:
    generator = np.random.default_rng(n_people + p)
    person = np.repeat(np.arange(n_people), generator.integers(1, most, n_people))
    x = generator.normal(size=(person.size, p)) * scale + 3.0
    x[:, 0] = 1.0
    return ModelRows(
        y=generator.normal(size=person.size), x=x, names=tuple("abcdefghijkl"[:p]), random=(0, 1),
        person=person, weights=generator.uniform(0.5, 2.0, person.size) if weighted else None,
    )  # fmt: skip


def by_hand(rows: ModelRows) -> np.ndarray:
    both = np.column_stack([rows.x, rows.y])
    weights = np.ones(rows.y.size) if rows.weights is None else rows.weights
    upper = np.triu_indices(both.shape[1])
    each = [
        ((both[rows.person == who] * weights[rows.person == who, None]).T @ both[rows.person == who])[upper]
        for who in range(rows.n_people)
    ]
    return np.array(each)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("p", [1, 4, 7, 8, 12])
@pytest.mark.parametrize("engine", ["numpy", "compiled"])
def test_products_are_those_of_each_persons_rows(p, weighted, engine):
    if engine == "compiled":
        pytest.importorskip("numba")
    rows = made(30, p=p, weighted=weighted)
    found = person_sums(rows, engine)
    assert found.products == pytest.approx(by_hand(rows), rel=1e-13, abs=1e-13)
    assert found.n_rows.tolist() == np.bincount(rows.person).tolist()
    assert (found.names, found.random) == (rows.names, rows.random)


def test_log_weights_add_the_logarithms_of_the_weights():
    rows = made(12, weighted=True)
    assert person_sums(rows, "numpy").log_weights == pytest.approx(float(np.log(rows.weights).sum()))
    assert person_sums(made(12), "numpy").log_weights == 0.0


@pytest.mark.parametrize("engine", ["numpy", "compiled"])
def test_slices_and_threads_leave_the_sums_as_they_are(engine, monkeypatch):
    if engine == "compiled":
        pytest.importorskip("numba")
    rows = made(300, weighted=True)
    whole = person_sums(rows, engine)
    monkeypatch.setattr(sums, "WORTH_THREADS", 10)
    monkeypatch.setattr(sums, "CHUNK", 7)
    cut = person_sums(rows, engine)
    assert np.array_equal(whole.n_rows, cut.n_rows)
    assert cut.products == pytest.approx(whole.products, rel=1e-14, abs=1e-14)


@pytest.mark.parametrize("scale", [1e-6, 1e6, 1e9])
def test_both_engines_agree_on_badly_scaled_columns(scale):
    pytest.importorskip("numba")
    rows = made(50, scale=scale)
    plain, fast = person_sums(rows, "numpy"), person_sums(rows, "compiled")
    assert fast.products == pytest.approx(plain.products, rel=1e-10)


@pytest.mark.parametrize("engine", ["numpy", "compiled"])
@pytest.mark.parametrize("n_people", [1, 2])
def test_one_or_two_persons_of_one_row_have_sums_too(engine, n_people, monkeypatch):
    if engine == "compiled":
        pytest.importorskip("numba")
    monkeypatch.setattr(sums, "WORTH_THREADS", 1)
    rows = made(n_people, most=2)
    assert person_sums(rows, engine).about_zero().products == pytest.approx(by_hand(rows))
