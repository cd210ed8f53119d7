import numpy as np

from models.within_person.design.centering import within_and_between

VALUES = np.array([10.0, 20.0, 30.0, 50.0, 7.0])
PERSON = np.array([0, 0, 0, 1, 2])


def test_the_within_part_adds_to_zero_in_every_person() -> None:
    within, _ = within_and_between(VALUES, PERSON)

    np.testing.assert_allclose(np.bincount(PERSON, weights=within), 0.0, atol=1e-12)


def test_the_grand_mean_counts_each_person_once_however_many_days_they_gave() -> None:
    _, between = within_and_between(VALUES, PERSON)

    grand = (20.0 + 50.0 + 7.0) / 3
    np.testing.assert_allclose(between, np.array([20.0, 20.0, 20.0, 50.0, 7.0]) - grand)


def test_the_two_parts_and_the_grand_mean_give_the_answer_back() -> None:
    within, between = within_and_between(VALUES, PERSON)

    np.testing.assert_allclose(within + between + (20.0 + 50.0 + 7.0) / 3, VALUES)
