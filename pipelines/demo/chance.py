"""Draws that every subject shares: an own stream for each, categories checked against the codebook."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from pipelines.codebook.spec import Variable
from pipelines.demo.encode import NoAnswer, Value

Floats = NDArray[np.float64]
STREAMS = (
    "programs", "people", "justice", "interviews", "civic", "ties", "diary", "costs", "dirt", "collaborative",
    "courses", "survey",
)  # fmt: skip

_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(60)  # for averages over a standard normal


def stream(seed: int, subject: str) -> np.random.Generator:
    """Random numbers of one subject, so that a change in one subject leaves the others as they were."""
    return np.random.default_rng([seed, STREAMS.index(subject)])


def expit(x: Floats | float) -> Floats:
    """Inverse of the logit."""
    return np.asarray(1.0 / (1.0 + np.exp(-np.asarray(x, dtype=float))))


def intercept_for(share: float, logit_sd: float) -> float:
    """Intercept that makes a logistic-normal probability average to `share`."""

    def excess(intercept: float) -> float:
        return float(np.sum(_WEIGHTS * expit(intercept + logit_sd * _NODES)) / np.sum(_WEIGHTS)) - share

    return float(brentq(excess, -15, 15))


def pick(rng: np.random.Generator, variable: Variable, shares: Mapping[str, float], n: int) -> list[str]:
    """Draw `n` codes of a category.

    Raises
    ------
    ValueError
        A code is not one of the codebook's, or the shares do not add up to 1.
    """
    if unknown := sorted(set(shares) - set(variable.values or {})):
        raise ValueError(f"[{variable.name}] has no codes {unknown} in the codebook")
    if abs(sum(shares.values()) - 1) > 1e-9:
        raise ValueError(f"[{variable.name}] shares add up to {sum(shares.values())}, not 1")
    codes = list(shares)
    return [codes[i] for i in rng.choice(len(codes), size=n, p=list(shares.values()))]


def pick_by_row(rng: np.random.Generator, codes: Sequence[str], shares: Floats) -> list[str]:
    """Draw one code for each row of `shares`, whose rows add up to 1."""
    edges = np.cumsum(shares, axis=1)
    draws = rng.random(len(shares))[:, None]
    at = np.minimum((draws > edges).sum(axis=1), len(codes) - 1)
    return [codes[i] for i in at]


def or_skipped(
    rng: np.random.Generator, value: Value | NoAnswer, skipped: Mapping[str, float]
) -> Value | NoAnswer:
    """Return the answer, or rarely the reason why there is none; a blank stands for `not_answered`."""
    draw = float(rng.random())
    for reason, share in skipped.items():
        if draw < share:
            return None if reason == "not_answered" else NoAnswer(reason)
        draw -= share
    return value
