"""Exact coverage of the paired intervals and exact size of McNemar's test, by enumeration.

    python tests/simulation/test_paired_change.py

writes paired_change.json beside this file (about half a minute on one core). No chance is involved: every
possible table of n people is weighted by its multinomial probability.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from scipy import special

from models.civic.mcnemar import exact_p
from models.civic.paired_difference import newcombe, newcombe_from_rates
from models.civic.paired_ratio import bonett_price
from models.civic.paired_table import PairedTable

STORED = Path(__file__).with_name("paired_change.json")
SIZES = (20, 40)
GRID, GRID_SIZES = "limits from rates, over a grid", (20, 30, 40)
# (rate first, rate second, correlation of the two answers)
SCENARIOS = (
    (0.08, 0.79, 0.0),
    (0.10, 0.20, 0.2),
    (0.30, 0.30, 0.3),
    (0.30, 0.60, 0.0),
    (0.30, 0.60, 0.3),
    (0.60, 0.80, 0.4),
    (0.90, 0.95, 0.1),
    (0.30, 0.60, -0.5),
    (0.50, 0.50, -0.9),
)


def _tables(n: int) -> Iterator[PairedTable]:
    for both in range(n + 1):
        for only_first in range(n - both + 1):
            for only_second in range(n - both - only_first + 1):
                yield PairedTable(both, only_first, only_second, n - both - only_first - only_second)


def _cells(first: float, second: float, phi: float) -> np.ndarray:
    both = first * second + phi * np.sqrt(first * (1 - first) * second * (1 - second))
    return np.array([both, first - both, second - both, 1 - first - second + both])


def enumerate_coverage(n: int) -> dict[str, dict[str, float]]:
    """Coverage of both intervals and rejection rate of the test, for every scenario."""
    tables = list(_tables(n))
    counts = np.array([(t.both, t.only_first, t.only_second, t.neither) for t in tables])
    difference = np.array([newcombe(t)[1:] for t in tables])
    by_margins = {pair: newcombe_from_rates(*pair, n)[1:] for pair in {(t.first, t.second) for t in tables}}
    from_rates = np.array([by_margins[t.first, t.second] for t in tables])
    # No ratio without anyone at first: such a table is refused and counts as not covered.
    ratio = np.array([bonett_price(t)[1:] if t.first else (np.nan, np.nan) for t in tables])
    p_value = np.array([exact_p(t.only_second, t.only_first) for t in tables])
    answer = {}
    for first, second, phi in SCENARIOS:
        cells = _cells(first, second, phi)
        log_weight = special.gammaln(n + 1) - special.gammaln(counts + 1).sum(axis=1) + counts @ np.log(cells)
        weight = np.exp(log_weight)
        with_ratio = np.isfinite(ratio[:, 0])
        inside = (difference[:, 0] <= second - first) & (second - first <= difference[:, 1])
        inside_rates = (from_rates[:, 0] <= second - first) & (second - first <= from_rates[:, 1])
        inside_ratio = (ratio[:, 0] <= second / first) & (second / first <= ratio[:, 1])
        answer[f"{first:.2f} to {second:.2f}, correlation {phi:.1f}"] = {
            "total_probability": float(weight.sum()),
            "difference_coverage": float(weight[inside].sum()),
            "difference_from_rates_coverage": float(weight[inside_rates].sum()),
            "ratio_given": float(weight[with_ratio].sum()),
            "ratio_coverage_where_given": float(weight[inside_ratio].sum() / weight[with_ratio].sum()),
            "rejects_no_change": float(weight[p_value < 0.05].sum()),
        }
    return answer


def _run() -> dict[str, dict[str, dict[str, float]]]:
    return {str(n): enumerate_coverage(n) for n in SIZES} | {
        GRID: {str(n): scan_from_rates(n) for n in GRID_SIZES}
    }


def scan_from_rates(n: int) -> dict[str, float]:
    """Coverage of the limits from rates over a grid of rates, each with correlations from the least."""
    counts = np.array([(t.both, t.only_first, t.only_second, t.neither) for t in _tables(n)])
    by_margins = {
        (first, second): newcombe_from_rates(first, second, n)[1:]
        for first in range(n + 1)
        for second in range(n + 1)
    }
    low, high = np.array([by_margins[a + b, a + c] for a, b, c, _ in counts.tolist()]).T
    log_ways = special.gammaln(n + 1) - special.gammaln(counts + 1).sum(axis=1)
    rates = np.arange(1, 20) / 20
    covered = []
    for first, second in ((p, q) for p in rates for q in rates if p <= q):
        least, most = max(0.0, first + second - 1), min(first, second)
        for share in (0.0, 0.1, 0.3, 0.6):
            both = least + share * (most - least)
            cells = np.array([both, first - both, second - both, 1 - first - second + both]).clip(0)
            weight = np.exp(log_ways) * np.prod(cells**counts, axis=1)
            inside = (low <= second - first + 1e-12) & (second - first - 1e-12 <= high)
            covered.append(float(weight[inside].sum()))
    return {
        "scenarios": len(covered),
        "lowest": min(covered),
        "mean": float(np.mean(covered)),
        "share_below_94_percent": float(np.mean(np.array(covered) < 0.94)),
    }


def test_every_table_was_counted() -> None:
    stored = json.loads(STORED.read_text())
    for n in SIZES:
        for scenario in stored[str(n)].values():
            assert scenario["total_probability"] == pytest.approx(1.0, abs=1e-10)


@pytest.mark.parametrize("n", [str(n) for n in SIZES])
def test_stored_difference_interval_covers_near_its_level(n: str) -> None:
    for name, scenario in json.loads(STORED.read_text())[n].items():
        assert 0.93 <= scenario["difference_coverage"] <= 0.995, name


@pytest.mark.parametrize("n", [str(n) for n in GRID_SIZES])
def test_stored_interval_from_rates_covers_nearly_everywhere_on_the_grid(n: str) -> None:
    scan = json.loads(STORED.read_text())[GRID][n]

    assert scan["mean"] > 0.96
    assert scan["lowest"] > 0.915
    assert scan["share_below_94_percent"] < 0.035


@pytest.mark.parametrize("n", [str(n) for n in SIZES])
def test_stored_interval_from_rates_covers_at_least_as_often_as_the_paired_one(n: str) -> None:
    for name, scenario in json.loads(STORED.read_text())[n].items():
        assert scenario["difference_from_rates_coverage"] >= max(0.94, scenario["difference_coverage"]), name


@pytest.mark.parametrize("n", [str(n) for n in SIZES])
def test_stored_ratio_interval_covers_near_its_level(n: str) -> None:
    for name, scenario in json.loads(STORED.read_text())[n].items():
        assert 0.93 <= scenario["ratio_coverage_where_given"] <= 0.995, name


@pytest.mark.parametrize("n", [str(n) for n in SIZES])
def test_stored_size_of_exact_mcnemar_stays_below_five_percent(n: str) -> None:
    unchanged = json.loads(STORED.read_text())[n]["0.30 to 0.30, correlation 0.3"]

    assert unchanged["rejects_no_change"] <= 0.05


@pytest.mark.slow
def test_stored_results_are_what_the_command_gives() -> None:
    stored = json.loads(STORED.read_text())
    for n, results in _run().items():
        for name, scenario in results.items():
            assert scenario == pytest.approx(stored[n][name], rel=1e-9), (n, name)


if __name__ == "__main__":
    STORED.write_text(json.dumps(_run(), indent=2) + "\n")
