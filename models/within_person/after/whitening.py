"""Rows freed of the correlation between a person's days, for the steps after an autoregressive fit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from models.within_person.design.model_rows import ModelRows
from models.within_person.linear.gapped_rows import decay


def whitened(rows: ModelRows, correlation: float) -> ModelRows:
    """Rows whose residuals are independent with equal variance, where they were correlated and weighted.

    With residuals of sigma / sqrt(w) and correlation a = `correlation` ^ gap between neighboring rows of a
    person: r_j becomes (sqrt(w_j) r_j - a sqrt(w_{j-1}) r_{j-1}) / sqrt(1 - a^2), the first row of a person
    sqrt(w_j) r_j (Pinheiro & Bates 2000, Mixed-Effects Models in S and S-PLUS, ch. 5). A fit's person
    effects, influence and normalized residuals are those of these rows under independence.

    Parameters
    ----------
    rows : ModelRows
        With days.
    correlation : float
        Of residuals a day apart, as `LinearFit.correlation`; below zero for whole days only.

    Raises
    ------
    ValueError
        The rows carry no day.
    """
    if rows.day is None:
        raise ValueError("correlation over days needs the day of each row")
    root = np.ones_like(rows.y) if rows.weights is None else np.sqrt(rows.weights)
    columns = np.column_stack([rows.x, rows.y]) * root[:, None]
    follows = np.flatnonzero(rows.person[1:] == rows.person[:-1]) + 1
    clean = columns.copy()
    if follows.size:
        a, _, rest = decay(correlation, rows.day[follows] - rows.day[follows - 1])
        clean[follows] = (columns[follows] - a[:, None] * columns[follows - 1]) / np.sqrt(rest)[:, None]
    return replace(rows, x=np.ascontiguousarray(clean[:, :-1]), y=clean[:, -1].copy(), weights=None)
