"""All results of a release together: a number that is safe by itself may tell another one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from models.disclosure.accounts import withhold_accounts
from models.disclosure.coarse_curves import coarsen_curves
from models.disclosure.curve_digits import round_curves, round_read_off
from models.disclosure.evenings import coarsen_shares, withhold_dropped
from models.disclosure.exclusive_parts import withhold_differences
from models.disclosure.internal_diagnostics import without_internal
from models.disclosure.nested_counts import withhold_horizons, withhold_lesser_counts
from models.disclosure.networks import withhold_networks
from models.disclosure.paired_tables import withhold_paired
from models.disclosure.sensitivity_rows import withhold_sensitivity
from models.disclosure.small_cells import withhold_diagnostics, withhold_estimates
from models.disclosure.telling_fractions import round_fractions


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """Rows of `results.estimates`, `results.curves` and `results.diagnostics`."""

    estimates: pl.DataFrame
    curves: pl.DataFrame
    diagnostics: pl.DataFrame


def withhold_results(results: Results, *, totals: Mapping[str, int | None], maximum: int) -> Results:
    """Withhold small counts, and whatever lets one be computed from what stays.

    Parameters
    ----------
    results
        As the models wrote them.
    totals
        People of each population, as released; None where that number is withheld.
    maximum : int
        Largest count that is withheld; 0 withholds nothing.

    Returns
    -------
    Results
        The same estimates and diagnostics in the same order, some null and flagged, without those that are
        internal; fewer curve points.
    """
    exact = without_internal(results.diagnostics)
    estimates, diagnostics = withhold_paired(results.estimates, exact, maximum=maximum)
    estimates = withhold_differences(withhold_estimates(estimates, maximum=maximum))
    estimates = withhold_horizons(estimates, maximum=maximum)
    estimates, diagnostics = withhold_accounts(
        estimates,
        withhold_diagnostics(diagnostics, maximum=maximum),
        exact_estimates=results.estimates,
        exact=exact,
        maximum=maximum,
    )
    estimates, diagnostics = withhold_lesser_counts(estimates, diagnostics, totals=totals, maximum=maximum)
    estimates, diagnostics = withhold_networks(
        estimates, diagnostics, exact_estimates=results.estimates, exact=exact, maximum=maximum
    )
    estimates = withhold_differences(estimates)  # once more: of parts that have lost their counts since
    diagnostics = withhold_dropped(diagnostics, exact, maximum=maximum)
    diagnostics = coarsen_shares(diagnostics, results.estimates, maximum=maximum)
    diagnostics = withhold_sensitivity(diagnostics, estimates, exact=results.estimates, maximum=maximum)
    estimates, diagnostics = round_fractions(
        estimates, diagnostics, exact_estimates=results.estimates, exact=exact, maximum=maximum
    )
    estimates, diagnostics = round_read_off(
        estimates, diagnostics, exact_estimates=results.estimates, exact=exact, maximum=maximum
    )
    curves = round_curves(results.curves, maximum=maximum)
    return Results(
        estimates=estimates,
        curves=coarsen_curves(curves, estimates, maximum=maximum),
        diagnostics=diagnostics,
    )
