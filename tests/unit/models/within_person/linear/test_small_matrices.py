import numpy as np
import pytest

from models.within_person.linear.person_sums import over_people
from models.within_person.linear.small_matrices import cholesky, eigenvalues, inverse_of, triangular_inverse


@pytest.mark.parametrize("size", [1, 2, 6])
def test_factors_inverses_and_eigenvalues_are_those_of_numpy(size: int) -> None:
    values = np.random.default_rng(size).normal(size=(size, size + 3))
    matrix = values @ values.T
    lower = cholesky(matrix)

    np.testing.assert_allclose(lower, np.linalg.cholesky(matrix), atol=1e-12)
    np.testing.assert_allclose(inverse_of(lower), np.linalg.inv(matrix), rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(triangular_inverse(lower) @ lower, np.eye(size), atol=1e-12)
    np.testing.assert_allclose(eigenvalues(matrix), np.linalg.eigvalsh(matrix), rtol=1e-11)


@pytest.mark.parametrize("matrix", [-np.eye(2), np.full((2, 2), np.nan), np.zeros((1, 1))])
def test_what_is_not_positive_definite_has_no_factor(matrix: np.ndarray) -> None:
    with pytest.raises(np.linalg.LinAlgError):
        cholesky(matrix)


@pytest.mark.parametrize("people", [0, 1, 999, 3001])
def test_sums_taken_in_pieces_are_the_sums_of_all_people(people: int) -> None:
    products = np.random.default_rng(people).normal(size=(people, 28))

    np.testing.assert_allclose(over_people(products), products.sum(axis=0), rtol=1e-11, atol=1e-11)
