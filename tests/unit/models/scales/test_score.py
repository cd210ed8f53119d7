"""Scoring rules, by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.scales.score import ScaleSpec, score

NAN = float("nan")


def spec(method: str = "sum", **changed: object) -> ScaleSpec:
    given_ = {
        "items": ("a", "b", "c", "d"),
        "method": method,
        "answer_minimum": 1.0,
        "answer_maximum": 5.0,
        "minimum_answered": 3,
    }
    return ScaleSpec(**{**given_, **changed})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("method", "answers", "expected"),
    [
        ("sum", [1, 2, 3, 5], 11.0),
        ("mean", [1, 2, 3, 5], 2.75),
        ("percent", [1, 2, 3, 5], 100 * 7 / 16),
        ("percent", [1, 1, 1, 1], 0.0),
        ("percent", [5, 5, 5, 5], 100.0),
    ],
)
def test_a_complete_answer_sheet_is_scored_by_its_method(
    method: str, answers: list[float], expected: float
) -> None:
    assert score([answers], spec(method)) == pytest.approx([expected], abs=1e-12)


@pytest.mark.parametrize(
    ("method", "expected"),
    # Answered 2, 3 and 5: their mean 10/3 stands for the fourth item.
    [("sum", 10 + 10 / 3), ("mean", 10 / 3), ("percent", 100 * (10 / 3 - 1) / 4)],
)
def test_a_missing_item_is_prorated_by_the_persons_own_mean(method: str, expected: float) -> None:
    assert score([[2, NAN, 3, 5]], spec(method)) == pytest.approx([expected], abs=1e-12)


def test_an_item_is_reversed_before_the_persons_mean_is_taken() -> None:
    # b is turned around: 5 becomes 1. Answered 2, 1, 3: mean 2, so the sum is 8.
    assert score([[2, 5, 3, NAN]], spec(reverse=frozenset({"b"}))) == pytest.approx([8.0])


def test_too_few_answers_give_no_score_and_exactly_enough_give_one() -> None:
    scores = score([[1, 2, NAN, NAN], [1, 2, 3, NAN]], spec())
    assert np.isnan(scores[0])
    assert scores[1] == pytest.approx(8.0)


def test_nobody_who_answered_nothing_has_a_score() -> None:
    assert np.isnan(score([[None] * 4, [NAN] * 4], spec(minimum_answered=1))).all()


def test_no_people_give_no_scores() -> None:
    assert score(np.empty((0, 4)), spec()).shape == (0,)


def test_an_answer_out_of_range_is_named_by_item_and_never_by_value() -> None:
    with pytest.raises(ValueError, match=r"outside 1 to 5 in \['c'\]") as caught:
        score([[1, 2, 77.5, 4]], spec())
    assert "77" not in str(caught.value)


def test_answers_are_not_changed_by_scoring() -> None:
    answers = np.array([[2.0, 5.0, 3.0, 1.0]])
    score(answers, spec(reverse=frozenset({"b"})))
    assert answers.tolist() == [[2.0, 5.0, 3.0, 1.0]]


def test_another_number_of_items_is_an_error() -> None:
    with pytest.raises(ValueError, match="4 items"):
        score([[1, 2, 3]], spec())


@pytest.mark.parametrize(
    "changed",
    [
        {"items": ()},
        {"items": ("a", "a", "b", "c")},
        {"reverse": frozenset({"z"})},
        {"answer_minimum": 5.0},
        {"minimum_answered": 0},
        {"minimum_answered": 5},
    ],
)
def test_a_specification_that_contradicts_itself_is_an_error(changed: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"item|answer"):
        spec(**changed)


@given(st.lists(st.one_of(st.none(), st.integers(1, 5)), min_size=4, max_size=4))
def test_the_three_methods_say_the_same_in_their_own_units(answers: list[int | None]) -> None:
    total, mean, percent = (score([answers], spec(m))[0] for m in ("sum", "mean", "percent"))
    if sum(a is not None for a in answers) < 3:
        assert np.isnan([total, mean, percent]).all()
    else:
        assert total == pytest.approx(4 * mean)
        assert percent == pytest.approx(100 * (mean - 1) / 4)
        assert 4 <= total <= 20


@given(st.lists(st.one_of(st.none(), st.integers(1, 5)), min_size=4, max_size=4))
def test_reversing_every_item_mirrors_the_score(answers: list[int | None]) -> None:
    plain = score([answers], spec())[0]
    turned = score([answers], spec(reverse=frozenset("abcd")))[0]
    assert (np.isnan(plain) and np.isnan(turned)) or plain + turned == pytest.approx(24.0)
