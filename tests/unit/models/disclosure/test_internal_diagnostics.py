import polars as pl
import pytest

from models.disclosure.internal_diagnostics import INTERNAL, without_internal

FAMILIES = (
    "largest_shift_intercept", "largest_shift_x_within", "density", "density_in_mixed_programs",
    "share_with_tie_in_social_programs", "reports_to_oneself",
)  # fmt: skip


@pytest.mark.parametrize("name", [*INTERNAL, *FAMILIES])
def test_what_is_internal_is_left_out_and_the_rest_stays_in_its_order(name: str):
    rows = pl.DataFrame({"diagnostic": ["icc", name, "converged"], "value": [0.7, 0.23, 1.0]})
    assert without_internal(rows).rows() == [("icc", 0.7), ("converged", 1.0)]
