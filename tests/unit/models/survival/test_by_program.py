import math

import numpy as np
import pytest

from models.comparison.clusters import influence_inference
from models.survival.aalen_johansen import AalenJohansen, aalen_johansen, incidence_by, influence
from models.survival.by_program import ALONE, FLOOR, Sureness, by_program, fewest, shares_of, surer

ONE = np.ones(1)


def _drawn(seed: int, spread: float, programs: int = 12) -> tuple[AalenJohansen, np.ndarray]:
    random = np.random.default_rng(seed)
    program = np.repeat(np.arange(programs), 40)
    exits = np.ceil(random.exponential(np.exp(random.normal(3, spread, programs))[program]))
    return aalen_johansen(exits, np.where(random.random(program.size) < 0.9, 1, 2)), program


def test_programs_of_one_person_each_give_the_jackknife_with_its_small_sample_factor() -> None:
    """With n clusters of one person the correction for a share of 1 / n is n / (n - 1)."""
    curve, program = _drawn(1, 0.5)
    n = program.size
    changes = influence(curve, 1, 20.0)[:, None]
    found = by_program(("share",), np.array([0.5]), changes, np.arange(n))
    assert found is not None

    assert found.covariance[0, 0] == pytest.approx(float((changes**2).sum()) * n / (n - 1), rel=1e-6)


def test_it_is_the_inference_of_the_comparisons_on_influences_of_a_mean() -> None:
    curve, program = _drawn(2, 0.5)
    changes = influence(curve, 1, 20.0)[:, None]
    ours = by_program(("share",), np.array([0.5]), changes, program)
    theirs = influence_inference(("share",), np.array([0.5]), changes * program.size, program)
    assert ours is not None

    assert ours.covariance == pytest.approx(theirs.covariance)
    assert ours.df(ONE) == theirs.df(ONE)


def test_programs_that_differ_widen_the_interval_and_twelve_of_one_size_leave_eleven_degrees() -> None:
    curve, program = _drawn(3, 0.8)
    shares = shares_of(curve, 1, (10.0, 20.0), program)
    plain, (found, sure) = incidence_by(curve, 1, 20.0), shares.at(20.0)
    assert found.low is not None
    assert found.high is not None
    assert plain.low is not None
    assert plain.high is not None
    assert sure is not None

    assert found.value == plain.value
    assert found.high - found.low > 2 * (plain.high - plain.low)
    assert 0 < found.low < found.high < 1
    assert sure.df == pytest.approx(11.0)


@pytest.mark.parametrize("seed", range(8))
def test_no_interval_is_narrower_than_that_of_people_drawn_one_by_one(seed: int) -> None:
    curve, program = _drawn(seed, 0.0)
    shares = shares_of(curve, 1, (5.0, 20.0, 40.0), program)

    for time in shares.times:
        (found, sure), plain = shares.at(time), incidence_by(curve, 1, time)
        assert sure is not None
        assert found.low is not None
        assert plain.low is not None
        assert found.low <= plain.low + 1e-12
        assert (found.low == plain.low) == (sure.rule == FLOOR)


def test_one_program_alone_is_not_sampled_and_its_people_are() -> None:
    curve, program = _drawn(4, 0.5)
    shares = shares_of(curve, 1, (20.0,), np.zeros_like(program))
    found, sure = shares.at(20.0)
    assert sure is not None

    assert (sure.rule, sure.released_df) == (ALONE, None)
    assert found == incidence_by(curve, 1, 20.0)
    assert fewest([shares.program_df(20.0)]) == ()


def test_two_programs_leave_no_interval_and_do_not_pass_the_gate() -> None:
    curve, program = _drawn(5, 0.8, programs=2)
    shares = shares_of(curve, 1, (20.0,), program)
    found, sure = shares.at(20.0)

    assert (found.low, found.high, sure) == (None, None, None)
    assert [one.passed for one in fewest([shares.program_df(20.0)])] == [False]


def test_the_gate_looks_at_the_fewest_and_at_none_that_could_not_be_found() -> None:
    assert [one.value for one in fewest([9.0, None, 5.0])] == [5.0]
    assert [one.passed for one in fewest([9.0, math.nan])] == [False]
    assert fewest([None]) == ()


def test_degrees_of_freedom_past_ten_thousand_are_the_normal_distribution() -> None:
    many, few = (Sureness(error=1.0, df=df, rule="") for df in (6_111_000.0, 12.0))

    assert (many.released_df, many.basis) == (None, "normal, no degrees of freedom")
    assert (few.released_df, few.basis) == (12.0, "t with 12.0 degrees of freedom")
    assert few.half > many.half == pytest.approx(1.959964, abs=1e-5)


def test_the_floor_keeps_the_degrees_of_freedom_of_people() -> None:
    alone = surer(1.0, None, ONE, people_df=40.0)

    assert (alone.error, alone.df, alone.rule) == (1.0, 40.0, ALONE)
