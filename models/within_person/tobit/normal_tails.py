"""log Phi(t), the inverse Mills ratio and its slope, exact also where Phi(t) underflows."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import erfcx, log_ndtr

Array = NDArray[np.float64]
FAR: Final = -12.0  # below it, the continued fraction
TERMS: Final = 40  # of the continued fraction: at 12 they leave an error below 1e-16


def normal_tails(t: Array) -> tuple[Array, Array, Array]:
    """Return log Phi(t), mills = phi(t) / Phi(t) and bend = mills (mills + t), each of the shape of `t`.

    They are the logarithm of the probability of a censored row, its first derivative, and minus its second,
    which lies in (0, 1). Relative error about 1e-13. Far in the lower tail mills + t loses its digits, so
    there Laplace's continued fraction mills = x + 1/(x + 2/(x + 3/(x + ...))), x = -t, gives the
    difference itself (Abramowitz & Stegun 26.2.14).
    """
    log_phi = np.asarray(log_ndtr(t))
    # erfcx overflows above 37 standard deviations; the ratio has long been zero there.
    mills = math.sqrt(2 / math.pi) / erfcx(-np.minimum(t, 37.0) / math.sqrt(2))
    mills[t > 37.0] = 0.0
    rest = mills + t
    far = t < FAR
    if far.any():
        x = -t[far]
        tail = np.zeros_like(x)
        for term in range(TERMS, 0, -1):
            tail = term / (x + tail)
        mills[far], rest[far] = x + tail, tail
        log_phi[far] = -0.5 * x * x - np.log(x + tail) - 0.5 * math.log(2 * math.pi)
    return log_phi, mills, mills * rest
