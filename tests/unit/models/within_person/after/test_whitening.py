from dataclasses import replace

import numpy as np
import pytest

from models.within_person.after.whitening import whitened


@pytest.mark.parametrize("correlation", [0.6, 0.0, -0.4])
@pytest.mark.parametrize("weighted", [False, True])
def test_whitened_rows_have_the_cross_products_under_the_inverse_covariance(
    example, weighted, correlation
) -> None:
    made = example(weighted=weighted)
    rows = made.rows
    clean = whitened(rows, correlation)
    root = np.ones(rows.y.size) if rows.weights is None else np.sqrt(rows.weights)
    for person in (0, 11):
        mine = rows.person == person
        gaps = np.abs(rows.day[mine][:, None] - rows.day[mine][None, :])
        covariance = np.sign(correlation or 1.0) ** gaps * abs(correlation) ** gaps
        covariance /= np.outer(root[mine], root[mine])
        inverse = np.linalg.inv(covariance)
        np.testing.assert_allclose(
            clean.x[mine].T @ clean.x[mine], rows.x[mine].T @ inverse @ rows.x[mine], rtol=1e-9, atol=1e-9
        )
        np.testing.assert_allclose(
            clean.x[mine].T @ clean.y[mine], rows.x[mine].T @ inverse @ rows.y[mine], rtol=1e-9, atol=1e-9
        )
    assert clean.weights is None


def test_one_row_a_person_stays_as_it_is(example) -> None:
    rows = example().rows
    first = np.flatnonzero(np.diff(rows.person, prepend=-1))
    single = replace(rows, y=rows.y[first], x=rows.x[first], person=rows.person[first], day=rows.day[first])

    np.testing.assert_array_equal(whitened(single, 0.5).y, single.y)


def test_rows_without_days_are_refused(example) -> None:
    with pytest.raises(ValueError, match="day of each row"):
        whitened(replace(example().rows, day=None), 0.5)
