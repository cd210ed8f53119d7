"""Paired yes-or-no answers against R on real data, and against published worked examples."""

import json
from pathlib import Path

import pytest

from models.civic.mcnemar import exact_p
from models.civic.paired_difference import newcombe
from models.civic.paired_ratio import bonett_price
from models.civic.paired_table import PairedTable
from models.civic.wilson import wilson

RESULTS = json.loads((Path(__file__).parent / "results.json").read_text())
TABLES = [name for name in RESULTS if name != "versions"]


@pytest.mark.parametrize("name", TABLES)
def test_exact_mcnemar_equals_the_binomial_test(name: str) -> None:
    table = PairedTable(*RESULTS[name]["table"])

    assert exact_p(table.only_second, table.only_first) == pytest.approx(RESULTS[name]["mcnemar_p"], rel=1e-9)


@pytest.mark.parametrize("name", TABLES)
def test_wilson_limits_equal_prop_test_without_correction(name: str) -> None:
    table = PairedTable(*RESULTS[name]["table"])

    assert wilson(table.first, table.n) == pytest.approx(RESULTS[name]["wilson_first"], rel=1e-9)
    assert wilson(table.second, table.n) == pytest.approx(RESULTS[name]["wilson_second"], rel=1e-9)


@pytest.mark.parametrize("name", TABLES)
def test_newcombe_limits_lie_close_to_tangos_score_limits(name: str) -> None:
    _, low, high = newcombe(PairedTable(*RESULTS[name]["table"]))

    assert (low, high) == pytest.approx(RESULTS[name]["tango"], abs=0.001)


def test_newcombe_limits_equal_a_published_example() -> None:
    """Complete response before and after consolidation (Cavo et al. 2012).

    Printed for the square-and-add interval in Fagerland, Lydersen & Laake 2017, Statistical Analysis of
    Contingency Tables, ch. 8, as transcribed in the tests of the R package contingencytables: -0.0621
    (-0.1186 to -0.0046), first minus second treatment phase.
    """
    difference, low, high = newcombe(PairedTable(59, 16, 6, 80))

    assert (round(difference, 4), round(low, 4), round(high, 4)) == (-0.0621, -0.1186, -0.0046)


def test_bonett_price_limits_equal_a_published_example() -> None:
    """Same table, hybrid Wilson score interval for the ratio: 0.8667 (0.7579 to 0.9910)."""
    ratio, low, high = bonett_price(PairedTable(59, 16, 6, 80))

    assert (round(ratio, 4), round(low, 4), round(high, 4)) == (0.8667, 0.7579, 0.9910)
