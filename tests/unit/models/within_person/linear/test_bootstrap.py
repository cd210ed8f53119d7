from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from models.refusal import NotIdentifiedError
from models.within_person.design.model_rows import ModelRows
from models.within_person.linear.bootstrap import person_bootstrap, resampled
from models.within_person.linear.fit import fit, optimum, start_of
from models.within_person.linear.scaled_sums import scaled
from models.within_person.linear.sums import person_sums

Study = Callable[..., ModelRows]


@pytest.mark.parametrize("method", ["reml", "ml"])
def test_a_person_drawn_twice_counts_as_two_persons(study: Study, method: str) -> None:
    sums = person_sums(study())
    copies = np.random.default_rng(0).integers(0, 3, sums.n_rows.size)
    doubled = fit(
        replace(
            sums, products=np.repeat(sums.products, copies, axis=0), n_rows=np.repeat(sums.n_rows, copies)
        ),
        method=method,  # type: ignore[arg-type]
    )
    ready = scaled(sums, "full", "numpy")
    drawn = resampled(ready, sums, copies.astype(float))
    found = optimum(drawn, method=method, start=start_of(ready, None), copies=copies.astype(float))  # type: ignore[arg-type]

    assert drawn.n_rows == doubled.n_rows
    beta = ready.beta_shift + ready.y_scale * ready.x_back @ found.point.beta
    np.testing.assert_allclose(beta, doubled.beta, rtol=1e-6)
    assert found.point.residual * ready.y_scale**2 == pytest.approx(doubled.residual_variance, rel=1e-6)


def test_the_same_seed_gives_the_same_replicates(study: Study) -> None:
    sums = person_sums(study())
    first, again, other = (person_bootstrap(sums, 8, seed) for seed in (1, 1, 2))

    assert first.beta.tobytes() == again.beta.tobytes()
    assert first.beta.tobytes() != other.beta.tobytes()
    assert first.beta.shape[0] + first.refused == 8


def test_the_spread_of_the_replicates_is_near_the_model_errors_where_the_model_holds(study: Study) -> None:
    sums = person_sums(study(people=150))
    found = person_bootstrap(sums, 150, 3)

    ratio = np.sqrt(np.diag(found.covariance()) / np.diag(found.estimate.covariance))
    assert np.all((ratio > 0.75) & (ratio < 1.3))
    low, high = found.interval(np.array([0.0, 1.0, 0.0, 0.0]))
    assert low < found.estimate.beta[1] < high


def test_people_who_give_no_fit_are_refused_before_any_draw(study: Study) -> None:
    sums = person_sums(study())
    alone = replace(sums, products=sums.products[:1], n_rows=sums.n_rows[:1])

    with pytest.raises(NotIdentifiedError):
        person_bootstrap(alone, 5, 1)
    with pytest.raises(ValueError, match="at least one"):
        person_bootstrap(sums, 0, 1)
