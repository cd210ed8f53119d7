"""The likelihood over the person effects: its derivatives, its exact case, and its bookkeeping."""

import numpy as np
import pytest
from scipy import stats

from models.within_person.two_part import person_integral
from models.within_person.two_part.families import Family, Gamma, Logistic, Normal
from models.within_person.two_part.intercept_block import InterceptBlock
from models.within_person.two_part.model_parts import Part, layout
from models.within_person.two_part.person_integral import PersonIntegral

ENTRIES = [(0, 0), (1, 0), (1, 1), (2, 0), (2, 1), (2, 2)]


def _parts(family: Family) -> list[Part]:
    rng = np.random.default_rng(5)
    person = np.repeat(np.arange(12), rng.integers(1, 9, size=12))
    x = np.column_stack([np.ones(person.size), rng.normal(size=(person.size, 2))])
    some = rng.random(person.size) < 0.6
    some &= person != 3
    extent = rng.gamma(2.0, size=person.size) + 0.1
    return [
        Part(family=Logistic(), y=some * 1.0, x=x, person=person, random=(0,), effects=(0,)),
        Part(family=family, y=extent[some], x=x[some], person=person[some], random=(0, 2), effects=(1, 2)),
    ]


def _theta(size: int) -> np.ndarray:
    theta = np.array([0.2, -0.4, 0.3, 0.5, 0.1, -0.2, 1.1, 0.3, 0.6, -0.2, 0.1, 0.3, 0.2])
    return theta[:size]


@pytest.mark.parametrize("family", [Normal(), Gamma(), Logistic()], ids=lambda family: family.name)
def test_score_and_information_are_the_derivatives_of_the_likelihood(family: Family) -> None:
    parts = _parts(family)
    if family.name == "logistic":
        parts[1] = Part(
            family=family, y=(parts[1].y > 1.5) * 1.0, x=parts[1].x, person=parts[1].person,
            random=(0, 2), effects=(1, 2),
        )  # fmt: skip
    plan = layout(parts, ENTRIES)
    integral = PersonIntegral(parts, plan, n_people=12, n_points=11)
    theta = _theta(plan.size)
    found = integral.evaluate(theta)
    step = 1e-4
    for at, unit in enumerate(np.eye(plan.size)):
        up, down = integral.evaluate(theta + step * unit), integral.evaluate(theta - step * unit)
        slope = (up.log_likelihood - down.log_likelihood) / (2 * step)
        assert found.score[at] == pytest.approx(slope, abs=2e-5)
        np.testing.assert_allclose(
            found.information[at], -(up.score - down.score) / (2 * step), rtol=1e-5, atol=2e-4
        )


def test_a_normal_part_alone_has_the_exact_likelihood_at_few_points() -> None:
    part = _parts(Normal())[1]
    alone = Part(family=part.family, y=part.y, x=part.x, person=part.person, random=(0, 2), effects=(0, 1))
    plan = layout([alone], [(0, 0), (1, 0), (1, 1)])
    theta = np.array([0.5, 0.1, -0.2, 0.8, 0.3, 0.5, 0.2])
    factor = np.array([[0.8, 0.0], [0.3, 0.5]])
    expected = 0.0
    for i in np.unique(part.person):
        x, y = part.x[part.person == i], part.y[part.person == i]
        z = x[:, [0, 2]]
        spread = z @ factor @ factor.T @ z.T + np.exp(0.4) * np.eye(y.size)
        expected += float(stats.multivariate_normal(x @ theta[:3], spread).logpdf(y))
    found = PersonIntegral([alone], plan, n_people=12, n_points=3).evaluate(theta)
    assert found.log_likelihood == pytest.approx(expected, abs=1e-10)


def test_persons_taken_in_pieces_add_up_to_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    parts = _parts(Gamma())
    plan = layout(parts, ENTRIES)
    theta = _theta(plan.size)
    whole = PersonIntegral(parts, plan, n_people=12, n_points=5).evaluate(theta)
    monkeypatch.setattr(person_integral, "CELLS", 2000)
    pieces = PersonIntegral(parts, plan, n_people=12, n_points=5).evaluate(theta)
    assert pieces.log_likelihood == pytest.approx(whole.log_likelihood, rel=1e-11)
    np.testing.assert_allclose(pieces.score, whole.score, rtol=1e-9, atol=1e-10)
    np.testing.assert_allclose(pieces.information, whole.information, rtol=1e-9, atol=1e-10)


def test_a_person_without_rows_in_either_part_changes_nothing() -> None:
    parts = _parts(Gamma())
    plan = layout(parts, ENTRIES)
    theta = _theta(plan.size)
    without = PersonIntegral(parts, plan, n_people=12, n_points=7).evaluate(theta)
    with_one_more = PersonIntegral(parts, plan, n_people=13, n_points=7).evaluate(theta)
    assert with_one_more.log_likelihood == pytest.approx(without.log_likelihood, rel=1e-12)
    np.testing.assert_allclose(with_one_more.score, without.score, rtol=1e-9, atol=1e-9)


def test_modes_are_found_however_far_the_coefficients_are() -> None:
    parts = _parts(Gamma())
    plan = layout(parts, ENTRIES)
    theta = 6.0 * _theta(plan.size)
    integral = PersonIntegral(parts, plan, n_people=12, n_points=7)
    first = integral.evaluate(theta)
    again = integral.evaluate(theta)
    assert np.isfinite(first.log_likelihood)
    assert again.log_likelihood == pytest.approx(first.log_likelihood, rel=1e-9)


def test_a_part_with_an_intercept_alone_is_summed_to_the_same_numbers_with_fewer_products(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    part = _parts(Normal())[0]
    plan = layout([part], [(0, 0)])
    monkeypatch.setattr(person_integral, "CELLS", 100)  # several blocks of persons
    lean = PersonIntegral([part], plan, n_people=12, n_points=7)
    assert isinstance(lean._blocks[0], InterceptBlock)
    assert len(lean._blocks) > 1
    monkeypatch.setattr(person_integral, "only_an_intercept", lambda *_: False)
    general = PersonIntegral([part], plan, n_people=12, n_points=7)
    assert not isinstance(general._blocks[0], InterceptBlock)
    for deviation in (0.7, 0.0, -2.0, 0.7):
        theta = np.array([0.2, -0.4, 0.3, deviation])
        found, expected = lean.evaluate(theta), general.evaluate(theta)
        for field in ("log_likelihood", "scores", "score", "information", "complete"):
            assert getattr(found, field) == pytest.approx(getattr(expected, field), rel=1e-11, abs=1e-11)


def test_parameters_beyond_the_arithmetic_give_a_likelihood_of_zero_and_leave_the_modes_sound() -> None:
    part = _parts(Normal())[0]
    plan = layout([part], [(0, 0)])
    integral = PersonIntegral([part], plan, n_people=12, n_points=7)
    sound = integral.evaluate(np.array([0.2, -0.4, 0.3, 0.7])).log_likelihood
    assert integral.evaluate(np.array([0.2, -0.4, 0.3, np.nan])).log_likelihood == -np.inf
    again = integral.evaluate(np.array([0.2, -0.4, 0.3, 0.7])).log_likelihood
    assert again == pytest.approx(sound, rel=1e-12)
