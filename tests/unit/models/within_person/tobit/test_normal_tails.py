"""The logarithm of the normal distribution and its derivatives, against exact arithmetic."""

from __future__ import annotations

from decimal import Decimal, getcontext

import numpy as np
import pytest

from models.within_person.quadrature import MOST_NODES, adaptive_nodes
from models.within_person.tobit.normal_tails import normal_tails

PI = Decimal("3.14159265358979323846264338327950288419716939937510582097494459230781640628620899")


def _exact(t):
    """log Phi, mills and bend at t, from the power series of the error function in 90 digits."""
    getcontext().prec = 90
    x = Decimal(float(t))
    density = (-x * x / 2).exp() / (2 * PI).sqrt()
    term = total = x
    k = 1
    while abs(term) > Decimal(10) ** -85 * max(abs(total), Decimal(1)):
        term *= x * x / (2 * k + 1)
        total += term
        k += 1
    below = Decimal("0.5") + density * total
    mills = density / below
    return float(below.ln()), float(mills), float(mills * (mills + x))


@pytest.mark.parametrize(
    "t", [-14.0, -12.25, -12.0, -11.9, -8.3, -5.0, -1.0, -1e-8, 0.0, 0.3, 2.0, 5.5, 6.5, 9.0]
)
def test_every_digit_holds_near_and_far(t):
    found = [float(part[0]) for part in normal_tails(np.array([t]))]
    np.testing.assert_allclose(found, _exact(t), rtol=2e-13)


def test_the_far_tail_keeps_its_limit():
    t = np.array([-1e2, -1e4, -1e8])
    log_phi, mills, bend = normal_tails(t)
    np.testing.assert_allclose(mills + t, -1 / t, rtol=3e-4, atol=2e-8)
    np.testing.assert_allclose(1 - bend, 1 / t**2, rtol=1e-3, atol=1e-15)
    assert (log_phi < -0.5 * t**2).all()


def test_the_upper_tail_vanishes_without_a_warning():
    log_phi, mills, bend = normal_tails(np.array([36.0, 38.0, 1e6]))
    assert (np.abs(log_phi) < 1e-200).all()
    assert (mills[1:] == 0).all()
    assert (bend[1:] == 0).all()


@pytest.mark.parametrize("q", [1, 2, 3])
def test_nodes_integrate_polynomials_times_a_normal_density_exactly(q):
    nodes = adaptive_nodes(4, q)
    root, center = np.tril(np.full((q, q), 0.3)) + np.eye(q), np.linspace(-0.5, 0.5, q)
    u = center + nodes.points @ root.T
    precision = np.linalg.inv(root @ root.T)
    # f(u) phi(u) = N(u; center, root root') u_0^2, so the integral is the second moment.
    log_f = 0.5 * (u**2).sum(axis=1) - 0.5 * np.einsum("ni,ij,nj->n", u - center, precision, u - center)
    weight = np.exp(nodes.log_weights - 0.5 * (u**2).sum(axis=1) + log_f)
    assert weight.sum() == pytest.approx(1.0, abs=1e-12)
    assert (weight * u[:, 0] ** 2).sum() == pytest.approx(center[0] ** 2 + (root @ root.T)[0, 0], abs=1e-12)


def test_a_grid_of_too_many_or_no_nodes_is_refused():
    with pytest.raises(ValueError, match=f"over {MOST_NODES}"):
        adaptive_nodes(30, 4)
    with pytest.raises(ValueError, match="a point and a dimension"):
        adaptive_nodes(0, 1)
