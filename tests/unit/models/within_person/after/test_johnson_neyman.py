import math

import numpy as np
import pytest

from models.refusal import NotIdentifiedError
from models.within_person.after.johnson_neyman import johnson_neyman
from models.within_person.after.simple_slopes import simple_slope

NAMES = {"slope": "slope", "interaction": "slope_x_m"}
Z = 1.959963984540054


@pytest.fixture
def make(inference):
    def made(slope, product, *, errors=(0.1, 0.1), correlation=0.0, df=math.inf):
        s, p = errors
        c = correlation * s * p
        return inference([0.0, slope, product], [[1, 0, 0], [0, s * s, c], [0, c, p * p]], df=df)

    return made


def test_the_bounds_of_a_slope_that_changes_sign_solve_the_quadratic(make) -> None:
    found = johnson_neyman(make(0.0, 1.0), **NAMES, low=-2.0, high=3.0)

    # m^2 = Z^2 (0.01 + 0.01 m^2)
    bound = Z * 0.1 / math.sqrt(1 - 0.01 * Z**2)
    assert found.where == "outside"
    assert found.bounds == pytest.approx((-bound, bound), rel=1e-10)
    assert [r.direction for r in found.regions] == ["negative", "not told from zero", "positive"]
    assert (found.regions[0].low, found.regions[-1].high) == (-2.0, 3.0)


@pytest.mark.parametrize(
    ("slope", "product", "low", "high", "where", "directions"),
    [
        (1.0, 0.01, -1, 1, "everywhere", ["positive"]),
        (-1.0, 0.01, -1, 1, "everywhere", ["negative"]),
        (0.01, 0.01, -1, 1, "nowhere", ["not told from zero"]),
        (0.0, 1.0, 0, 2, "above", ["not told from zero", "positive"]),
        (0.0, 1.0, -2, 0, "below", ["negative", "not told from zero"]),
    ],
)
def test_each_kind_of_answer_has_its_name(make, slope, product, *, low, high, where, directions) -> None:
    found = johnson_neyman(make(slope, product), **NAMES, low=low, high=high)

    assert found.where == where
    assert [r.direction for r in found.regions] == directions
    assert len(found.bounds) == len(directions) - 1


def test_a_slope_told_from_zero_only_in_the_middle_of_the_range_is_between_two_bounds(make) -> None:
    found = johnson_neyman(make(0.5, 0.001, errors=(0.2, 0.2)), **NAMES, low=-5, high=5)

    assert found.where == "between"
    assert [r.direction for r in found.regions] == ["not told from zero", "positive", "not told from zero"]


def test_a_region_narrower_than_the_search_grid_is_found(make) -> None:
    barely = Z * 0.2 * (1 + 1e-9)
    found = johnson_neyman(make(barely, 0.0, errors=(0.2, 0.2)), **NAMES, low=-5.003, high=5.001)

    assert found.where == "between"
    assert found.bounds[1] - found.bounds[0] < 1e-3


def test_the_p_value_at_each_bound_is_the_error_rate_also_where_df_move_with_the_moderator(make) -> None:
    def df(contrast):
        return 5.0 + 20.0 * float(contrast[2]) ** 2

    fit = make(0.15, 0.25, correlation=0.3, df=df)
    found = johnson_neyman(fit, **NAMES, low=-4.0, high=4.0)

    assert found.where == "outside"
    for bound in found.bounds:
        assert simple_slope(fit, "slope", {"slope_x_m": bound}).p_value == pytest.approx(0.05, abs=1e-9)


def test_other_moderators_are_held_where_they_are_put(inference) -> None:
    fit = inference(
        [0.0, 0.0, 1.0, 1.0],
        np.diag([1, 0.01, 0.01, 1e-8]),
        names=("intercept", "slope", "slope_x_m", "slope_x_k"),
    )
    free = johnson_neyman(fit, **NAMES, low=-3, high=3)
    held = johnson_neyman(fit, **NAMES, low=-3, high=3, held={"slope_x_k": 2.0})

    assert held.regions[0].direction == "negative"
    assert held.bounds[0] < -1.5 < free.bounds[0]


def test_corrections_widen_the_part_not_told_from_zero_in_their_order(make) -> None:
    fit = make(0.0, 0.8, errors=(0.1, 0.1), df=40.0)
    answers = {
        kind: johnson_neyman(fit, **NAMES, low=-1, high=1, correction=kind, values=values)
        for kind, values in {
            "none": None, "false discovery": None, "simultaneous": None, "bonferroni": np.linspace(-1, 1, 50),
        }.items()
    }  # fmt: skip
    width = {kind: found.bounds[1] - found.bounds[0] for kind, found in answers.items()}

    assert width["none"] < width["false discovery"] < width["simultaneous"] < width["bonferroni"]
    assert answers["none"].threshold == pytest.approx(0.05)
    assert answers["bonferroni"].threshold == pytest.approx(0.001)
    assert answers["simultaneous"].threshold is None


def test_the_false_discovery_rate_hardly_moves_with_a_finer_grid(make) -> None:
    fit = make(0.0, 0.8, df=40.0)
    coarse, fine = (
        johnson_neyman(
            fit, **NAMES, low=-1, high=1, correction="false discovery", values=np.linspace(-1, 1, n)
        ).bounds[1]
        for n in (1000, 4000)
    )

    assert coarse == pytest.approx(fine, abs=2e-3)


def test_no_value_allowed_by_the_false_discovery_rate_is_nowhere(make) -> None:
    found = johnson_neyman(make(0.05, 0.01), **NAMES, low=-1, high=1, correction="false discovery")

    assert (found.where, found.threshold) == ("nowhere", 0.0)


@pytest.mark.parametrize("correction", ["none", "simultaneous"])
def test_false_regions_are_found_at_the_rate_promised_over_the_whole_range(correction, make) -> None:
    random = np.random.default_rng(3)
    hits = 0
    for b1, b3 in random.normal(0, 0.1, (120, 2)):
        hits += (
            johnson_neyman(make(b1, b3), **NAMES, low=-3, high=3, correction=correction).where != "nowhere"
        )

    if correction == "none":
        assert hits / 120 > 0.08  # the very fault that the corrections are there for
    else:
        assert hits / 120 < 0.07


def test_a_moderator_that_does_not_vary_has_no_regions(make) -> None:
    with pytest.raises(NotIdentifiedError, match="does not vary"):
        johnson_neyman(make(1, 1), **NAMES, low=2.0, high=2.0)


def test_a_fit_without_numbers_is_refused(make) -> None:
    with pytest.raises(NotIdentifiedError):
        johnson_neyman(make(math.nan, 1), **NAMES, low=0.0, high=2.0)


def test_mistakes_of_the_caller_are_named(make) -> None:
    with pytest.raises(ValueError, match="range"):
        johnson_neyman(make(1, 1), **NAMES, low=2.0, high=1.0)
    with pytest.raises(ValueError, match="range"):
        johnson_neyman(make(1, 1), **NAMES, low=-math.inf, high=1.0)
    with pytest.raises(ValueError, match="Bonferroni"):
        johnson_neyman(make(1, 1), **NAMES, low=0.0, high=1.0, correction="bonferroni")
    with pytest.raises(ValueError, match="at least one"):
        johnson_neyman(make(1, 1), **NAMES, low=0.0, high=1.0, correction="bonferroni", values=[])
