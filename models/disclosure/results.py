"""All results of a release together: a number that is safe by itself may tell another one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

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
from models.disclosure.protected_rows import ProtectedRows
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
    original = without_internal(results.diagnostics)
    estimates, diagnostics = withhold_paired(results.estimates, original, maximum=maximum)
    estimates = withhold_differences(withhold_estimates(estimates, maximum=maximum))
    rows = ProtectedRows(
        estimates=withhold_horizons(estimates, maximum=maximum),
        diagnostics=withhold_diagnostics(diagnostics, maximum=maximum),
        original_estimates=results.estimates,
        original_diagnostics=original,
    )
    rows = withhold_accounts(rows, maximum=maximum)
    estimates, diagnostics = withhold_lesser_counts(
        rows.estimates, rows.diagnostics, totals=totals, maximum=maximum
    )
    rows = replace(rows, estimates=estimates, diagnostics=diagnostics)
    rows = withhold_networks(rows, maximum=maximum)
    estimates = withhold_differences(rows.estimates)  # once more: of parts that have lost their counts since
    diagnostics = withhold_dropped(rows.diagnostics, original, maximum=maximum)
    diagnostics = coarsen_shares(diagnostics, results.estimates, maximum=maximum)
    diagnostics = withhold_sensitivity(diagnostics, estimates, exact=results.estimates, maximum=maximum)
    rows = replace(rows, estimates=estimates, diagnostics=diagnostics)
    rows = round_read_off(round_fractions(rows, maximum=maximum), maximum=maximum)
    curves = round_curves(results.curves, maximum=maximum)
    return Results(
        estimates=rows.estimates,
        curves=coarsen_curves(curves, rows.estimates, maximum=maximum),
        diagnostics=rows.diagnostics,
    )
