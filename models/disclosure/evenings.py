"""Evenings of a diary: a few that were dropped are often those of a few people.

`days_dropped_<reason>` is withheld where few people had such evenings (the primary rule). It must not follow
from what is left: neither from a share to its last digit, which times a known number is a whole number, nor
by subtraction from all evenings, which a reader may know from the design of a study.
"""

from __future__ import annotations

from typing import Any, Final

import polars as pl

from models.disclosure.small_cells import DIAGNOSTIC_NUMBERS, GROUP, withheld

SHARE: Final = r"^(response_rate|share_at_.+|share_of_days_.+)$"
DROPPED: Final = r"^days_dropped_"
STEPS: Final = (0.01, 0.02, 0.05, 0.1)  # a share is rounded to the first that is wide enough


def coarsen_shares(diagnostics: pl.DataFrame, estimates: pl.DataFrame, *, maximum: int) -> pl.DataFrame:
    """Round shares of evenings so that more than `maximum` whole numbers of evenings give each.

    All evenings are at least the rows used by an estimate of the same analysis and outcome, and at least
    the people of the share, each of whom has one. A step times these is `maximum` + 2 or more: one to spare
    for ties. A share of too few evenings for the widest step is withheld; none and all stay as they are. The
    limits of a rounded share would give its digits back, and go.

    Parameters
    ----------
    diagnostics : pl.DataFrame
        Rows of `results.diagnostics`.
    estimates : pl.DataFrame
        Rows of `results.estimates` as the models wrote them, for their `n_rows`.
    maximum : int
        Largest count that is withheld; 0 rounds nothing.

    Returns
    -------
    pl.DataFrame
        The same rows, in the same order; the detail says to what a share was rounded.
    """
    if not maximum:
        return diagnostics
    rows = estimates.group_by(GROUP).agg(evenings_=pl.col("n_rows").max())
    known = diagnostics.join(rows, on=GROUP, how="left", maintain_order="left").with_columns(
        evenings_=pl.max_horizontal("evenings_", "n_people").fill_null(0)
    )
    value = pl.col("value")
    share = pl.col("diagnostic").str.contains(SHARE) & value.is_between(0, 1, closed="none")
    step = pl.coalesce(
        pl.when(pl.lit(one) * pl.col("evenings_") >= maximum + 2).then(pl.lit(one)) for one in STEPS
    )
    known = known.with_columns(step_=pl.when(share.fill_null(value=False)).then(step), share_=share)
    wide = pl.col("step_").is_not_null()
    known = known.with_columns(
        value=pl.when(wide)
        .then(((value / pl.col("step_")).round() * pl.col("step_")).round(2))
        .otherwise(value),
        detail=pl.when(wide)
        .then(pl.format("{} (rounded to steps of {})", pl.col("detail").fill_null(""), "step_"))
        .otherwise("detail"),
        ci_low=pl.when(~wide).then("ci_low"),
        ci_high=pl.when(~wide).then("ci_high"),
    )
    few = pl.col("share_").fill_null(value=False) & ~wide
    return withheld(known, few, DIAGNOSTIC_NUMBERS, text="detail").select(diagnostics.columns)


def withhold_dropped(shown: pl.DataFrame, exact: pl.DataFrame, *, maximum: int) -> pl.DataFrame:
    """Withhold further reasons for dropped evenings, so that a withheld one is no remainder of all evenings.

    All evenings less those used and those dropped for the reasons shown are those dropped for the withheld
    reasons together. These must be two reasons at least, and more than `maximum` evenings; where they are
    not, the reason shown with the fewest evenings goes as well. Analyses share reasons, so a reason that
    goes in one goes in every other of the same population with as many evenings.

    Parameters
    ----------
    shown, exact : pl.DataFrame
        The same rows of `results.diagnostics`, after the primary rule and as the models wrote them.
    maximum : int
        Largest count that is withheld.

    Returns
    -------
    pl.DataFrame
        The rows of `shown`, in the same order.
    """
    indexed = shown.with_row_index("row_").with_columns(
        exact_=exact.get_column("value"), hidden_=pl.col("suppressed")
    )
    dropped = indexed.filter(pl.col("diagnostic").str.contains(DROPPED), pl.col("exact_") > 0)
    reasons = dropped.select("row_", *GROUP, "diagnostic", "exact_", "hidden_").to_dicts()
    while (goes := _next(reasons, maximum)) is not None:
        same = ("population", "as_of", "diagnostic", "exact_")
        for reason in reasons:
            if all(reason[name] == goes[name] for name in same):
                reason["hidden_"] = True
    rows = [reason["row_"] for reason in reasons if reason["hidden_"]]
    hidden = pl.col("row_").is_in(rows) & ~pl.col("hidden_")
    return withheld(indexed, hidden, DIAGNOSTIC_NUMBERS, text="detail").select(shown.columns)


def _next(reasons: list[dict[str, Any]], maximum: int) -> dict[str, Any] | None:
    """Return the reason that must go next; None where the withheld ones are safe, or none is left to go."""
    groups: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for reason in reasons:
        groups.setdefault(tuple(reason[name] for name in GROUP), []).append(reason)
    for members in groups.values():
        hidden = [one["exact_"] for one in members if one["hidden_"]]
        left = [one for one in members if not one["hidden_"]]
        if hidden and left and (len(hidden) < 2 or sum(hidden) <= maximum):
            return min(left, key=lambda one: (one["exact_"], one["diagnostic"]))
    return None
