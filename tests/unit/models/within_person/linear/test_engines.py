from collections.abc import Callable

import numpy as np
import pytest

from models.within_person.design.model_rows import ModelRows
from models.within_person.linear import fit as linear_fit
from models.within_person.linear import linear_threads
from models.within_person.linear.fit import fit
from models.within_person.linear.likelihood import moments
from models.within_person.linear.scaled_sums import scaled
from models.within_person.linear.sums import person_sums

pytest.importorskip("numba")
Study = Callable[..., ModelRows]


@pytest.mark.parametrize("random", [(0,), (0, 1), (0, 1, 2)])
@pytest.mark.parametrize("copied", [False, True])
@pytest.mark.parametrize("people", [30, 200])
def test_compiled_and_plain_sums_over_people_agree(
    study: Study, monkeypatch: pytest.MonkeyPatch, random: tuple[int, ...], copied: bool, people: int
) -> None:
    monkeypatch.setattr(linear_threads, "WORTH_THREADS", 2)  # 200 people: both threads
    sums = person_sums(study(people=people, random=random), "numpy")
    draw = np.random.default_rng(2)
    q = len(random)
    factor = np.tril(draw.normal(0, 1, (q, q)))
    copies = draw.integers(0, 3, people).astype(float) if copied else None
    plain = moments(scaled(sums, "full", "numpy"), factor, copies)
    fast = moments(scaled(sums, "full", "compiled"), factor, copies)

    assert fast.log_determinant == pytest.approx(plain.log_determinant, rel=1e-12)
    for name in ("cross", "q_sum", "qq", "pp"):
        expected = getattr(plain, name)
        np.testing.assert_allclose(
            getattr(fast, name), expected, rtol=1e-10, atol=1e-12 * np.abs(expected).max(), err_msg=name
        )


@pytest.mark.parametrize("random", [(0,), (0, 1), (0, 1, 2)])
@pytest.mark.parametrize("structure", ["full", "diagonal"])
@pytest.mark.parametrize("method", ["reml", "ml"])
def test_compiled_and_plain_fits_agree(
    study: Study, random: tuple[int, ...], structure: str, method: str
) -> None:
    sums = person_sums(study(random=random), "numpy")
    plain = fit(sums, engine="numpy", structure=structure, method=method)  # type: ignore[arg-type]
    fast = fit(sums, engine="compiled", structure=structure, method=method)  # type: ignore[arg-type]

    assert fast.outcome == plain.outcome
    assert fast.log_likelihood == pytest.approx(plain.log_likelihood, abs=1e-9)
    np.testing.assert_allclose(fast.beta, plain.beta, rtol=1e-7)
    np.testing.assert_allclose(fast.covariance, plain.covariance, rtol=1e-6, atol=1e-12)


@pytest.mark.parametrize("at_once", [False, True])
def test_many_identical_runs_give_the_same_bits_on_threads_and_in_one_call(
    study: Study, monkeypatch: pytest.MonkeyPatch, at_once: bool
) -> None:
    monkeypatch.setattr(linear_threads, "WORTH_THREADS", 2)
    if not at_once:
        monkeypatch.setattr(linear_fit, "AT_ONCE", 0)
    sums = person_sums(study(people=4000, single=False), "numpy")
    found = {fit(sums, engine="compiled").beta.tobytes() for _ in range(3)}

    assert len(found) == 1
