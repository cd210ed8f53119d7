"""log Phi and its derivatives from a table of Taylor series, compiled; normal_tails.py says what they are."""

# mypy: disable-error-code="no-untyped-def"
# ruff: noqa: PLR0917  (compiled functions take arrays by position)

from __future__ import annotations

import math

import numpy as np

from models.within_person.compiling import njit

LOW = -12.0  # the table of log Phi runs from here
HIGH = 6.0  # to here
PER_UNIT = 16  # centers of the table in each unit
TERMS = 8  # Taylor coefficients at a center: one line of the cache
FRACTION = 12  # terms of the continued fraction below LOW
HALF_LOG_2PI = 0.5 * math.log(2 * math.pi)
ROOT_HALF = math.sqrt(0.5)


# A multiplication and the addition after it may be fused: rounded once instead of twice, and faster.
@njit(cache=True, nogil=True, fastmath={"contract"}, error_model="numpy")
def table_into(t, n, table, log_phi, mills, bend):
    """Log Phi, its slope, and minus its second derivative at t[:n], all between LOW and HIGH.

    See normal_tails. Error below 1e-13, or that share of a value beyond 1.
    """
    last = table.shape[0] - 1.0
    for k in range(n):
        here = t[k]
        place = (here - LOW) * PER_UNIT
        center = np.uint64(min(max(place, 0.0), last))
        d = (place - (center + 0.5)) / PER_UNIT
        slope = table[center, 7]
        value = slope * d + table[center, 6]
        slope = slope * d + value
        value = value * d + table[center, 5]
        slope = slope * d + value
        value = value * d + table[center, 4]
        slope = slope * d + value
        value = value * d + table[center, 3]
        slope = slope * d + value
        value = value * d + table[center, 2]
        slope = slope * d + value
        value = value * d + table[center, 1]
        slope = slope * d + value
        log_phi[k] = value * d + table[center, 0]
        mills[k] = slope
        bend[k] = slope * (slope + here)


@njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def tails_into(t, n, table, log_phi, mills, bend):
    """Log Phi, its slope, and minus its second derivative at t[:n], wherever they are."""
    table_into(t, n, table, log_phi, mills, bend)
    beyond_the_table(t, n, log_phi, mills, bend)


@njit(cache=True, nogil=True, fastmath=False, error_model="numpy")
def beyond_the_table(t, n, log_phi, mills, bend):
    """Write over what the table says outside its range."""
    for k in range(n):
        if t[k] < LOW:
            x = -t[k]
            tail = 0.0
            for j in range(FRACTION, 0, -1):
                tail = j / (x + tail)
            mills[k] = x + tail
            bend[k] = (x + tail) * tail
            log_phi[k] = -0.5 * x * x - math.log(x + tail) - HALF_LOG_2PI
        elif t[k] > HIGH:
            above = 0.5 * math.erfc(t[k] * ROOT_HALF)
            slope = math.exp(-0.5 * t[k] * t[k] - HALF_LOG_2PI) / (1.0 - above)
            log_phi[k] = math.log1p(-above)
            mills[k] = slope
            bend[k] = slope * (slope + t[k])
