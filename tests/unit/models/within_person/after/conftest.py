import math
from collections.abc import Callable

import numpy as np
import pytest

from models.within_person.after.inference import Inference

NAMES = ("intercept", "slope", "slope_x_m", "m")


def _inference(
    beta: list[float],
    covariance: list[list[float]] | np.ndarray,
    df: float | Callable[[np.ndarray], float] = math.inf,
    names: tuple[str, ...] = NAMES,
) -> Inference:
    return Inference(
        names=names[: len(beta)],
        beta=np.array(beta, dtype=float),
        covariance=np.array(covariance, dtype=float),
        df=df if callable(df) else lambda contrast: df,
        rule="a made-up rule",
    )


@pytest.fixture
def inference() -> Callable[..., Inference]:
    """Make an `Inference` with given numbers."""
    return _inference
