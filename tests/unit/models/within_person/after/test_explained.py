from dataclasses import replace

import numpy as np
import pytest

from models.refusal import NotIdentifiedError
from models.within_person.after.explained import explained
from models.within_person.linear.linear_fit import LinearFit
from models.within_person.linear.sums import person_sums


def test_the_parts_are_those_that_made_the_data(example) -> None:
    made = example(people=2000, seed=3)
    found = explained(made.fit, made.sums)
    within = made.rows.x[:, 1].var()

    assert found.fixed_within == pytest.approx(1.0 * within, rel=0.1)
    assert found.fixed_between == pytest.approx(0.25 * made.rows.x[:, 2].var(), rel=0.25)
    assert found.slope_variation == pytest.approx(0.16 * within, rel=0.15)
    assert found.mean_variation == pytest.approx(1.44, rel=0.1)
    assert found.residual == pytest.approx(1.0, rel=0.05)
    assert found.total == pytest.approx(made.rows.y.var(), rel=0.05)


def test_the_shares_of_each_whole_add_up(example) -> None:
    made = example()
    found = explained(made.fit, made.sums)
    shares = found.shares()

    four = [
        shares[f"total_{part}"]
        for part in ("fixed_within", "fixed_between", "slope_variation", "mean_variation")
    ]
    assert sum(four) == pytest.approx(shares["total_conditional"])
    assert four[0] + four[1] == pytest.approx(shares["total_marginal"])
    assert shares["between_fixed"] + shares["between_mean_variation"] == pytest.approx(1.0)
    assert shares["within_fixed"] + shares["within_slope_variation"] == pytest.approx(
        1 - found.residual / found.within
    )
    assert all(0 <= share <= 1 for share in shares.values())


def test_units_of_the_outcome_leave_the_shares_alone(example) -> None:
    made = example()
    large = replace(
        made.fit, beta=made.fit.beta * 100, covariance=made.fit.covariance * 1e4,
        random_covariance=made.fit.random_covariance * 1e4,
        residual_variance=made.fit.residual_variance * 1e4,
    )  # fmt: skip

    assert explained(large, made.sums).shares() == pytest.approx(explained(made.fit, made.sums).shares())


def test_weights_count_rows_so_many_times(example) -> None:
    made = example()
    rows = made.rows
    weights = np.where(np.arange(rows.y.size) % 2 == 0, 3.0, 1.0)
    counts = weights.astype(int)
    repeated = person_sums(
        replace(
            rows, y=rows.y.repeat(counts), x=rows.x.repeat(counts, axis=0), person=rows.person.repeat(counts)
        )
    )
    one, other = (
        explained(made.fit, person_sums(replace(rows, weights=weights))),
        explained(made.fit, repeated),
    )

    n, total = rows.y.size, counts.sum()
    bessel = (n / (n - 1)) / (total / (total - 1))
    assert one.fixed_within == pytest.approx(other.fixed_within * bessel)
    assert one.fixed_between == pytest.approx(other.fixed_between * bessel)
    assert one.residual == pytest.approx(made.fit.residual_variance * n / total)


def test_a_model_without_variance_between_people_leaves_those_shares_out(example) -> None:
    made = example()
    flat = replace(
        made.fit, beta=np.array([5.0, 1.0, 0.0]), random_covariance=np.zeros((2, 2)), outcome="singular"
    )
    shares = explained(flat, made.sums).shares()

    assert "between_fixed" not in shares
    assert shares["total_mean_variation"] == 0.0
    assert shares["total_conditional"] == pytest.approx(shares["total_marginal"])


def test_failed_fits_and_other_models_are_refused(example) -> None:
    made = example()
    failed: LinearFit = replace(made.fit, outcome="not converged")

    with pytest.raises(NotIdentifiedError, match="no converged model"):
        explained(failed, made.sums)
    with pytest.raises(NotIdentifiedError, match="no variance within"):
        explained(
            replace(made.fit, residual_variance=0.0, beta=np.zeros(3), random_covariance=np.zeros((2, 2))),
            made.sums,
        )
    with pytest.raises(ValueError, match="same model"):
        explained(replace(made.fit, names=("intercept", "a", "b")), made.sums)
