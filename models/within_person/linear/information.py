"""Second derivatives of the likelihood in the variances, and how they move the covariance of beta."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from models.within_person.linear.likelihood import basis, people_in_parts
from models.within_person.linear.linear_fit import Covariance
from models.within_person.linear.scaled_sums import ScaledSums

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Information:
    """What the small-sample corrections need at one covariance of the person effects.

    Coordinates: the entries of the relative covariance D in `basis`, then log(sigma^2); r of them. In those,
    `expected` (r, r) is the expected and `observed` (r, r) the actual second derivative of minus twice the
    (restricted) log-likelihood with beta profiled out. `phi` (p, p) is the covariance of beta, `phi_slopes`
    (r, p, p) its derivatives = -Phi P_r Phi, and `phi_bends` (r, r, p, p) = Phi Q_rs Phi, P_r and Q_rs being
    those of Kenward & Roger. `slope` (q, q): the deviance changes by tr(slope dD). All in scaled columns.
    """

    expected: Array
    observed: Array
    phi: Array
    phi_slopes: Array
    phi_bends: Array
    slope: Array


@dataclass(frozen=True, slots=True)
class _Sums:
    """Sums over persons: W'H^-1W (k, k), Q (q, q), Q x Q, P x P and Q x P x P, indices in that order."""

    cross: Array
    q: Array
    qq: Array
    pp: Array
    qpp: Array


def _sums(sums: ScaledSums, factor: Array) -> _Sums:
    q, k = sums.q, sums.p + 1
    rows, columns = np.triu_indices(q)
    cross, triangle = sums.total.copy(), np.zeros(rows.size)
    outer, pp = np.zeros((rows.size, rows.size)), np.zeros((q * k, q * k))
    qpp = np.zeros((q, q, q * k, q * k))
    for _, half, q_part, p_part in people_in_parts(sums, factor):
        for a in range(q):
            cross -= half[a] @ half[a].T
        triangle += q_part.sum(axis=1)
        outer += q_part @ q_part.T
        pp += p_part @ p_part.T
        for index in range(rows.size):
            qpp[rows[index], columns[index]] += (p_part * q_part[index]) @ p_part.T
    qpp[columns, rows] = qpp[rows, columns]
    every = basis(q, "full")
    flat = every.reshape(rows.size, q * q)
    return _Sums(
        cross,
        np.tensordot(triangle, every, axes=1),
        (flat.T @ outer @ flat).reshape(q, q, q, q),
        pp.reshape(q, k, q, k),
        qpp.reshape(q, q, q, k, q, k),
    )


@lru_cache(maxsize=32)
def _products(q: int, structure: Covariance) -> tuple[Array, Array]:
    """Coefficients (r s, q^4) of a'E_r Q E_s b in Q x a x b, and of tr(E_r Q E_s Q) in Q x Q."""
    mine = basis(q, structure)
    around = np.einsum("rau,svb->rsuvab", mine, mine).reshape(mine.shape[0] ** 2, q**4)
    along = np.einsum("rab,scd->rsbcda", mine, mine).reshape(mine.shape[0] ** 2, q**4)
    return around, along


def information(sums: ScaledSums, factor: Array, *, reml: bool) -> Information:
    """Pass over the persons at the optimum `factor` @ `factor`.T, and take second derivatives.

    V = sigma^2 H, H = I + Z D Z', V_a = dV, P = V^-1 - V^-1 X Phi X'V^-1. Then expected_ab = tr(P V_a P V_b)
    and observed_ab = 2 y'P V_a P V_b P y - tr(P V_a P V_b), plus the slope itself between D and log(sigma^2),
    where V bends. Without `reml` the traces have V^-1 in the place of P. With Q = Z'H^-1Z, P_X = Z'H^-1X and
    r = Z'H^-1(y - X beta) of each person, all of it is sums over persons of products of those.

    References
    ----------
    Harville 1977, JASA 72:320; Kenward & Roger 1997, Biometrics 53:983, section 2.
    """
    found, p, k = _sums(sums, factor), sums.p, sums.p + 1
    mine = basis(sums.q, sums.structure)
    count = mine.shape[0]
    inverse = np.linalg.inv(found.cross[:p, :p])
    beta = inverse @ found.cross[:p, p]
    df = sums.n_rows - p if reml else sums.n_rows
    residual = float(found.cross[p, p] - found.cross[:p, p] @ beta) / df
    turn = np.eye(k)  # the last column becomes y - X beta
    turn[:p, p] = -beta
    pp = (turn.T @ found.pp.swapaxes(1, 2) @ turn).swapaxes(1, 2)
    qpp = turn.T @ found.qpp.swapaxes(3, 4) @ turn  # Q x P x P with indices u, v, a, b, j, l
    m = np.einsum("rab,ajbl->rjl", mine, pp[:, :p, :, :p])  # sum P_X' E_r P_X
    around, along = _products(sums.q, sums.structure)
    by_pair = (around @ qpp.reshape(-1, k * k)).reshape(count, count, k, k)  # sum P' E_r Q E_s P
    n = by_pair[:, :, :p, :p]
    pull = np.einsum("rab,abj->rj", mine, pp[:, p, :, :p])
    rr = pp[:, p, :, p] / residual

    first = np.einsum("rab,ab->r", mine, found.q)
    traces = (along @ found.qq.ravel()).reshape(count, count)
    slope = found.q - rr
    if reml:
        turned = inverse @ m
        first = first - np.trace(turned, axis1=1, axis2=2)
        traces = traces - 2.0 * np.einsum("rsjl,jl->rs", n, inverse)
        traces = traces + np.einsum("rjl,slj->rs", turned, turned)
        slope = slope - np.einsum("ajbl,jl->ab", pp[:, :p, :, :p], inverse)
    traces = (traces + traces.T) / 2
    squares = (by_pair[:, :, p, p] - pull @ inverse @ pull.T) / residual

    expected, observed = np.empty((count + 1, count + 1)), np.empty((count + 1, count + 1))
    expected[:count, :count], observed[:count, :count] = traces, 2.0 * squares - traces
    expected[count, :count] = expected[:count, count] = first
    observed[count, :count] = observed[:count, count] = np.einsum("rab,ab->r", mine, rr)
    expected[count, count] = observed[count, count] = df

    cross = found.cross[:p, :p]
    slopes = np.concatenate([m, cross[None]])
    bends = np.empty((count + 1, count + 1, p, p))
    bends[:count, :count], bends[count, :count], bends[:count, count] = n, m, m
    bends[count, count] = cross
    return Information(
        expected=expected, observed=observed, phi=np.asarray(residual * inverse),
        phi_slopes=residual * inverse @ slopes @ inverse, phi_bends=residual * inverse @ bends @ inverse,
        slope=slope,
    )  # fmt: skip
