import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special

from models.civic.mcnemar import exact_p
from models.civic.paired_difference import newcombe, newcombe_from_rates
from models.civic.paired_ratio import bonett_price
from models.civic.paired_table import PairedTable
from models.civic.wilson import wilson

unhurried = settings(deadline=None, derandomize=True)  # a busy machine is no failure
counts = st.integers(0, 60)
tables = st.builds(PairedTable, counts, counts, counts, counts).filter(lambda table: table.n > 0)


def _swapped(table: PairedTable) -> PairedTable:
    return PairedTable(table.both, table.only_second, table.only_first, table.neither)


@unhurried
@given(tables)
def test_the_difference_lies_in_its_limits_and_these_in_minus_one_to_one(table: PairedTable) -> None:
    difference, low, high = newcombe(table)

    assert -1 <= low <= difference + 1e-12
    assert difference - 1e-12 <= high <= 1


@unhurried
@given(tables)
def test_swapping_the_periods_turns_the_difference_round(table: PairedTable) -> None:
    difference, low, high = newcombe(table)
    turned = newcombe(_swapped(table))

    assert turned == pytest.approx((-difference, -high, -low), abs=1e-12)


@unhurried
@given(tables.filter(lambda table: table.first > 0 and table.second > 0))
def test_swapping_the_periods_inverts_the_ratio(table: PairedTable) -> None:
    ratio, low, high = bonett_price(table)
    turned = bonett_price(_swapped(table))

    assert low <= ratio * (1 + 1e-12)
    assert ratio <= high * (1 + 1e-12)
    assert turned == pytest.approx((1 / ratio, 1 / high, 1 / low), rel=1e-9)


@unhurried
@given(counts, counts)
def test_mcnemar_is_twice_the_smaller_binomial_tail(gained: int, lost: int) -> None:
    n = gained + lost
    tail = sum(math.comb(n, k) for k in range(min(gained, lost) + 1)) / 2**n

    assert exact_p(gained, lost) == pytest.approx(min(1.0, 2 * tail), rel=1e-9)


def test_a_ratio_without_anyone_at_first_has_no_denominator() -> None:
    with pytest.raises(ValueError, match="no denominator"):
        bonett_price(PairedTable(0, 0, 12, 30))


def test_nobody_and_everybody_keep_the_wilson_limits_inside_zero_to_one() -> None:
    assert wilson(0, 20)[0] == 0.0
    assert wilson(20, 20)[1] == 1.0
    assert 0 < wilson(0, 20)[1] < wilson(20, 20)[0] < 1


def test_positive_correlation_narrows_the_difference() -> None:
    """The same margins, 20 and 30 of 50: once as correlated as they can be, once hardly."""
    _, low, high = newcombe(PairedTable(20, 0, 10, 20))
    _, low_apart, high_apart = newcombe(PairedTable(12, 8, 18, 12))

    assert high - low < 0.8 * (high_apart - low_apart)


@unhurried
@given(tables)
def test_limits_from_rates_hold_the_paired_limits_of_every_table(table: PairedTable) -> None:
    difference, low, high = newcombe(table)
    same, wider_low, wider_high = newcombe_from_rates(table.first, table.second, table.n)

    assert same == difference
    assert wider_low <= low + 1e-12
    assert high <= wider_high + 1e-12


@unhurried
@given(counts, counts, counts, counts, st.integers(0, 60))
def test_limits_from_rates_depend_on_the_rates_alone(a: int, b: int, c: int, d: int, moved: int) -> None:
    """Moving people from the two corners on the diagonal to those off it keeps both rates."""
    moved = min(moved, a, d)
    one, other = PairedTable(a, b, c, d), PairedTable(a - moved, b + moved, c + moved, d - moved)
    if one.n:
        assert newcombe_from_rates(one.first, one.second, one.n) == newcombe_from_rates(
            other.first, other.second, other.n
        )


def _coverage_from_rates(cells: tuple[float, float, float, float], n: int) -> float:
    """Exact coverage: every table of n people, weighted by its multinomial probability."""
    every = [
        (a, b, c, n - a - b - c) for a in range(n + 1) for b in range(n - a + 1) for c in range(n - a - b + 1)
    ]
    counts_of = np.array(every)
    log_weight = special.gammaln(n + 1) - special.gammaln(counts_of + 1).sum(axis=1)
    weight = np.exp(log_weight) * np.prod(np.array(cells) ** counts_of, axis=1)
    truth = cells[2] - cells[1]
    limits = {(a + b, a + c): newcombe_from_rates(a + b, a + c, n)[1:] for a, b, c, _ in every}
    inside = [limits[a + b, a + c][0] <= truth <= limits[a + b, a + c][1] for a, b, c, _ in every]
    assert weight.sum() == pytest.approx(1.0)
    return float(weight[inside].sum())


@pytest.mark.parametrize(
    ("cells", "least"),
    [
        ((0.25, 0.05, 0.35, 0.35), 0.94),  # answers go together
        ((0.18, 0.12, 0.42, 0.28), 0.94),  # independent
        ((0.00, 0.30, 0.60, 0.10), 0.94),  # as far apart as the rates allow
        ((0.00, 0.10, 0.20, 0.70), 0.94),  # the same, rare
        ((0.40, 0.30, 0.30, 0.00), 0.94),  # the same, common
        ((0.00, 0.50, 0.50, 0.00), 0.93),  # exact opposites: Wilson's interval of one rate, with its steps
    ],
)
def test_limits_from_rates_cover_at_their_level_however_the_answers_go_together(
    cells: tuple[float, float, float, float], least: float
) -> None:
    assert _coverage_from_rates(cells, 24) >= least
