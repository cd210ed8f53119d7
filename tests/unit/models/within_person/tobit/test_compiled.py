"""The compiled loops give what plain numpy gives."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from models.within_person.engine import compiled_is_installed
from models.within_person.tobit import likelihood
from models.within_person.tobit.fit import fit_tobit
from models.within_person.tobit.normal_tails import normal_tails
from models.within_person.tobit.scaled_rows import scaled_rows

pytestmark = pytest.mark.skipif(not compiled_is_installed(), reason="numba is not installed")


@pytest.mark.parametrize(
    ("structure", "random"), [("full", (0, 2)), ("diagonal", (0, 2)), ("full", (0, 2, 1))]
)
def test_both_engines_agree_on_value_score_and_information(simulate, structure, random):
    from models.within_person.tobit import compiled

    rows = replace(simulate(people=30, floor=3.5), random=random)
    data = scaled_rows(rows, floor=3.5, ceiling=6.5, structure=structure)
    entries = likelihood.free_entries(len(random), structure)[0].size
    theta = np.concatenate([[-0.1, 0.05, -0.2, -0.3, -0.2, 0.02, 1.3], np.linspace(0.9, 0.3, entries)])
    censored = data.censored.persons
    free = np.setdiff1d(np.arange(data.n_people), censored)
    start = np.zeros((censored.size, len(random)))
    placement = likelihood.modes(theta, data, data.censored, start)
    same = compiled.modes(theta, data, data.censored, start)
    np.testing.assert_allclose(same.center, placement.center, atol=1e-5)
    np.testing.assert_allclose(same.root, placement.root, atol=1e-5)
    chosen = np.arange(0, censored.size, 2)
    points = np.where(np.arange(chosen.size) % 3, 5, 7)
    for plain, fast in (
        (likelihood.without_censored(theta, data, free), compiled.without_censored(theta, data, free)),
        (
            likelihood.with_censored(theta, data, chosen, placement, points),
            compiled.with_censored(theta, data, chosen, placement, points),
        ),
    ):
        for name in ("log_likelihood", "scores", "information", "mean", "covariance"):
            np.testing.assert_allclose(getattr(fast, name), getattr(plain, name), rtol=1e-10, atol=1e-10)


def test_threads_change_nothing(simulate, monkeypatch):
    from models.within_person.tobit import compiled

    rows = simulate(people=30)
    alone = fit_tobit(rows, floor=None, ceiling=6.5, engine="compiled")
    monkeypatch.setattr(compiled, "WORTH_THREADS", 0)
    together = fit_tobit(rows, floor=None, ceiling=6.5, engine="compiled")
    np.testing.assert_allclose(together.beta, alone.beta, rtol=1e-10)


def test_both_engines_give_the_same_fit(simulate):
    rows = simulate(people=30, floor=3.5)
    plain, fast = (fit_tobit(rows, floor=3.5, ceiling=6.5, engine=engine) for engine in ("numpy", "compiled"))
    np.testing.assert_allclose(fast.beta, plain.beta, rtol=1e-8)
    np.testing.assert_allclose(fast.covariance, plain.covariance, rtol=1e-7)
    assert fast.log_likelihood == pytest.approx(plain.log_likelihood, abs=1e-8)
    assert fast.points_by_count == plain.points_by_count


def test_the_table_of_the_normal_tail_is_exact_inside_and_outside_its_range():
    from models.within_person.tobit import compiled, normal_tail_kernels

    t = np.concatenate([np.linspace(-40, 30, 40_001), [-1e4, -1e8, -12.0, 6.0, 1e4]])
    found = [np.empty(t.size) for _ in range(3)]
    normal_tail_kernels.tails_into(t, t.size, compiled._table(), *found)
    for fast, plain in zip(found, normal_tails(t), strict=True):
        np.testing.assert_allclose(fast, plain, rtol=3e-13, atol=1e-13)


def test_threads_share_persons_by_work_and_leave_none_out(monkeypatch):
    from models.within_person.tobit import compiled

    monkeypatch.setattr(compiled, "WORTH_THREADS", 0)
    work = np.concatenate([np.full(90, 1.0), np.full(10, 91.0)])
    shares = []
    compiled._shared(work, lambda low, high, thread: shares.append((thread, low, high)))
    (_, low, edge), (_, second, high) = sorted(shares)
    assert (low, edge, high) == (0, second, 100)
    assert work[:edge].sum() == pytest.approx(work.sum() / 2, rel=0.1)


def test_a_person_with_all_the_work_is_not_lost(monkeypatch):
    from models.within_person.tobit import compiled

    monkeypatch.setattr(compiled, "WORTH_THREADS", 0)
    for heavy in (0, 4):
        work = np.where(np.arange(5) == heavy, 1e6, 1.0)
        shares = []
        compiled._shared(work, lambda low, high, thread, into=shares: into.append((low, high)))
        assert sorted(person for low, high in shares for person in range(low, high)) == list(range(5))
