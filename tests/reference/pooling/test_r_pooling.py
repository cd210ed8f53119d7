"""Pooled answers about schools, counted whole, beside R's mice."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.inference.coefficients import Inference
from models.inference.contrast import contrast_of
from models.inference.pooling import missing_information, pool

R = json.loads((Path(__file__).parent / "results.json").read_text())
TERMS = R["terms"]


def _fits(term: dict[str, Any], kind: str) -> list[Inference]:
    return [
        Inference(
            names=("mean",), beta=np.array([value]), covariance=np.array([[variance]]),
            df=lambda _: float(term["complete_df"]), rule="R's own", df_of=kind,
        )
        for value, variance in zip(term["beta"], term["variance"], strict=True)
    ]  # fmt: skip


@pytest.mark.parametrize("place", range(len(TERMS)))
def test_schools_counted_whole_have_the_interval_of_mices_df_and_complete_df_joined(place: int) -> None:
    term = TERMS[place]
    found = contrast_of(pool(_fits(term, "clusters")), {"mean": 1.0})

    assert found.df == pytest.approx(term["df_clusters"], rel=1e-10)
    assert (found.low, found.high) == pytest.approx((term["low"], term["high"]), rel=1e-9)
    assert found.p_value == pytest.approx(term["p_value"], rel=1e-8)


@pytest.mark.parametrize("place", range(len(TERMS)))
def test_the_same_schools_taken_for_rows_have_mices_own_df(place: int) -> None:
    term = TERMS[place]
    fits = _fits(term, "rows")

    assert missing_information(fits, {"mean": 1.0}).df == pytest.approx(term["df_rows"], rel=1e-10)
    assert term["df_rows"] < term["df_clusters"] < term["complete_df"]
