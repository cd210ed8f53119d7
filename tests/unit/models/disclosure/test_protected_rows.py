"""Rows under protection stay side by side with the original ones."""

from dataclasses import replace

import polars as pl
import pytest

from models.disclosure.protected_rows import ProtectedRows


def test_rows_that_a_rule_has_lost_are_noticed_before_they_stand_beside_the_wrong_ones():
    estimates, diagnostics = pl.DataFrame({"estimate": [0.1, 0.2]}), pl.DataFrame({"value": [1.0, 2.0, 3.0]})
    rows = ProtectedRows(
        estimates=estimates, diagnostics=diagnostics,
        original_estimates=estimates, original_diagnostics=diagnostics,
    )  # fmt: skip
    with pytest.raises(ValueError, match="1 rows stand beside 2"):
        replace(rows, estimates=estimates.head(1))
    with pytest.raises(ValueError, match="2 rows stand beside 3"):
        replace(rows, diagnostics=diagnostics.head(2))
