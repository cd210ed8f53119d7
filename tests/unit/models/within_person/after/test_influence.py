from dataclasses import replace

import numpy as np
import pytest

from models.refusal import NotIdentifiedError
from models.within_person.after import influence as module
from models.within_person.after.influence import (
    cooks_distances,
    deletions,
    influence,
    influence_diagnostics,
    refitted_deletions,
)
from models.within_person.design.model_rows import ModelRows
from models.within_person.linear.fit import fit
from models.within_person.linear.sums import person_sums

WORDS = {"outcome": "meaningfulness", "population": "demo"}


@pytest.mark.parametrize("weighted", [False, True])
def test_leaving_out_a_person_equals_generalized_least_squares_without_them(example, weighted) -> None:
    made = example(weighted=weighted)
    moved = deletions(made.fit, made.sums)
    for person in (0, 7, 24):
        stay = made.rows.person != person
        x, y = made.rows.x[stay], made.rows.y[stay]
        inverse = np.linalg.inv(made.dense[np.ix_(stay, stay)])
        beta = np.linalg.solve(x.T @ inverse @ x, x.T @ inverse @ y)
        np.testing.assert_allclose(moved[person], beta - made.fit.beta, atol=1e-9)


def test_persons_in_portions_give_the_same_answer(example, monkeypatch) -> None:
    made = example()
    whole = deletions(made.fit, made.sums)
    monkeypatch.setattr(module, "AT_ONCE", 7)

    np.testing.assert_allclose(deletions(made.fit, made.sums), whole, atol=1e-13)


def _with_outlier(made):
    y = made.rows.y.copy()
    y[made.rows.person == 3] += 25.0 * made.rows.x[made.rows.person == 3, 1]
    sums = person_sums(replace(made.rows, y=y))
    return fit(sums), sums


def test_one_person_unlike_the_others_has_most_of_the_influence(example) -> None:
    made = example()
    model, sums = _with_outlier(made)
    calm, loud = influence(made.fit, made.sums), influence(model, sums)
    distances = cooks_distances(model, deletions(model, sums))

    assert int(np.argmax(distances)) == 3
    assert loud.largest_share == pytest.approx(distances[3] / distances.sum())
    assert loud.largest_share > 1.5 * calm.largest_share
    assert loud.shifts["x_within"] > 1.5 * calm.shifts["x_within"]
    assert loud.n_above == int((distances > 4 / 25).sum()) >= 1


def test_the_persons_of_most_influence_are_refitted_when_asked(example) -> None:
    made = example()
    model, sums = _with_outlier(made)
    held, anew = influence(model, sums), influence(model, sums, refit=1)
    refit = refitted_deletions(model, sums, np.array([3]))

    assert anew.largest == pytest.approx(float(cooks_distances(model, refit)[0]))
    assert anew.largest != pytest.approx(held.largest, rel=0.01)


def test_a_coefficient_that_rests_on_one_person_is_named_and_the_rest_still_counted(example) -> None:
    made = example()
    alone = (made.rows.person == 5).astype(float)
    rows = ModelRows(
        y=made.rows.y, x=np.column_stack([made.rows.x, alone]), names=(*made.rows.names, "alone"),
        random=(0, 1), person=made.rows.person, day=made.rows.day,
    )  # fmt: skip
    sums = person_sums(rows)
    model = fit(sums)
    found = influence(model, sums)

    assert found.n_irreplaceable == 1
    assert np.isfinite([found.median, found.largest, *found.shifts.values()]).all()
    assert influence_diagnostics(model, sums, **WORDS)[-1].diagnostic == "rests_on_one_person"
    assert np.isnan(refitted_deletions(model, sums, np.array([5]))).all()


def test_the_diagnostics_are_rounded_and_name_nobody(example) -> None:
    made = example()
    facts = influence_diagnostics(made.fit, made.sums, **WORDS)

    assert [fact.diagnostic for fact in facts] == [
        "largest_share_of_influence", "largest_shift_intercept", "largest_shift_x_within",
        "largest_shift_x_between",
    ]  # fmt: skip
    for fact in facts:
        assert fact.value == round(fact.value, 2)
        assert fact.n_people == 25


def test_few_people_and_failed_fits_are_refused_with_a_reason(example) -> None:
    few = example(people=8, seed=4)
    made = example()

    with pytest.raises(NotIdentifiedError, match="fewer than 10 people"):
        influence(few.fit, few.sums)
    assert influence_diagnostics(few.fit, few.sums, **WORDS)[0].value is None
    with pytest.raises(NotIdentifiedError, match="did not converge"):
        influence(replace(made.fit, outcome="not converged"), made.sums)
    with pytest.raises(NotIdentifiedError, match="not known"):
        influence(replace(made.fit, covariance=np.full((3, 3), np.nan)), made.sums)
    with pytest.raises(NotIdentifiedError, match="singular"):
        influence(replace(made.fit, covariance=np.zeros((3, 3))), made.sums)
