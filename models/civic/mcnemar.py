"""Exact test of a change in a yes-or-no answer of the same people."""

from __future__ import annotations

from scipy import stats


def exact_p(gained: int, lost: int) -> float:
    """Two-sided exact McNemar p-value: gained ~ Binomial(gained + lost, 1/2) if nothing changed.

    Only the people who answered differently the two times carry information (McNemar 1947,
    Psychometrika 12:153). Exact and therefore conservative; no mid-p correction. 1 where nobody differs.
    """
    if gained + lost == 0:
        return 1.0
    return float(stats.binomtest(gained, gained + lost, 0.5).pvalue)
