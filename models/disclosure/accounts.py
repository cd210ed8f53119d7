"""Accounts of people: counts of one analysis that add up, and which of them a release may show.

Of people due at a wave some came and some were lost; all are of one kind of program or the other; people
followed and people left out for each reason are everybody. What adds up is declared here; `linked_counts`
chooses what must go with a small count. A share of two counts goes where one of them does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import polars as pl

from models.disclosure.linked_counts import Sum, withheld_counts
from models.disclosure.small_cells import DIAGNOSTIC_NUMBERS, withheld
from models.missing.due_and_came import ALL, FATES, NOT_DUE

Name = tuple[str, str]  # outcome and diagnostic
PEOPLE: Final = ("analysis", "population", "as_of")
ARMS: Final = ("social", "clinical")
WAVES: Final = ("month_6", "month_12")
OF_THE_DUE: Final = tuple(dict.fromkeys(fate for fate in FATES.values() if fate not in NOT_DUE))
# Analyses whose left-out people, with the reason, and people followed are everybody: the counts that add up.
FOLLOWED: Final = {
    "H1": (
        "people_at_landmark", "people_without_known_program", "people_died_in_treatment",
        "people_still_in_treatment", "people_lost_before_landmark", "people_without_landmark",
        "people_without_record_of_use", "people_used_before_landmark", "people_not_followed_after_landmark",
        "people_without_helping_score",
    ),
}  # fmt: skip


@dataclass(slots=True, kw_only=True)
class Account:
    """Counts by name, what adds up to zero, what no row shows, and shares with the two counts they are of."""

    counts: dict[Name, int]
    sums: list[Sum] = field(default_factory=list)
    never_shown: set[Name] = field(default_factory=set)
    shares: dict[Name, tuple[Name, Name]] = field(default_factory=dict)

    def total(self, whole: Name, parts: tuple[Name, ...], rest: str = "") -> None:
        """Declare that parts add up to a whole; with `rest`, together with a count that no row shows.

        What is not in the results is passed over.
        """
        if whole not in self.counts or any(part not in self.counts for part in parts):
            return
        if rest:
            left = (whole[0], rest)
            self.counts[left] = self.counts[whole] - sum(self.counts[part] for part in parts)
            self.never_shown.add(left)
            parts = (*parts, left)
        self.sums.append({whole: 1, **dict.fromkeys(parts, -1)})


def withhold_accounts(diagnostics: pl.DataFrame, exact: pl.DataFrame, *, maximum: int) -> pl.DataFrame:
    """Withhold counts from which a small one follows by adding up, and shares of what is withheld.

    Parameters
    ----------
    diagnostics : pl.DataFrame
        Rows of `results.diagnostics` after the primary rule.
    exact : pl.DataFrame
        The same rows, in the same order, as the models wrote them.
    maximum : int
        Largest count that is withheld; 0 withholds nothing.

    Returns
    -------
    pl.DataFrame
        The same rows, in the same order.
    """
    if not maximum:
        return diagnostics
    gone: list[int] = []
    indexed = exact.with_row_index("row_")
    for (analysis, *_), rows in indexed.group_by(PEOPLE, maintain_order=True):
        where = {(row["outcome"], row["diagnostic"]): row["row_"] for row in rows.iter_rows(named=True)}
        values = {
            (row["outcome"], row["diagnostic"]): row["value"]
            for row in rows.filter(pl.col("value").is_not_null()).iter_rows(named=True)
        }
        account = _account(str(analysis), values)
        hidden = withheld_counts(
            account.counts, account.sums, maximum=maximum, never_shown=account.never_shown
        )
        hidden |= {share for share, of in account.shares.items() if hidden & set(of)}
        gone += [where[name] for name in hidden if name in where]
    shown = withheld(
        diagnostics.with_row_index("row_"), pl.col("row_").is_in(gone), DIAGNOSTIC_NUMBERS, text="detail"
    )
    return shown.drop("row_")


def _account(analysis: str, values: Mapping[Name, float]) -> Account:
    """Set up what adds up in one analysis."""
    account = Account(counts={})
    if analysis == "C1":
        for wave in WAVES:
            _due_and_came(account, values, wave)
    for outcome in sorted({outcome for outcome, _ in values}) if analysis in FOLLOWED else ():
        names = tuple((outcome, name) for name in FOLLOWED[analysis] if (outcome, name) in values)
        account.counts |= {name: round(values[name]) for name in names}
        everybody = (outcome, "everybody")  # no row, but known: other analyses and tables count them
        account.counts[everybody] = sum(account.counts[name] for name in names)
        account.total(everybody, names)
    return account


def _due_and_came(account: Account, values: Mapping[Name, float], wave: str) -> None:
    """Declare who was due at a wave and what became of them, by kind of program, and who was compared."""
    arms = (ALL, *ARMS)
    wanted = [f"{fate}_{wave}_{arm}" for fate in ("due", *OF_THE_DUE, *NOT_DUE) for arm in arms]
    kept = ("people_due", "people_compared")
    names = [(wave, name) for name in (*wanted, *kept) if (wave, name) in values]
    account.counts |= {name: round(values[name]) for name in names}
    for arm in arms:
        due, came = (wave, f"due_{wave}_{arm}"), (wave, f"came_{wave}_{arm}")
        account.total(due, tuple((wave, f"{fate}_{wave}_{arm}") for fate in OF_THE_DUE))
        account.shares[wave, f"follow_up_rate_{wave}_{arm}"] = (due, came)
    for fate in ("due", *OF_THE_DUE, *NOT_DUE):
        account.total((wave, f"{fate}_{wave}_{ALL}"), tuple((wave, f"{fate}_{wave}_{arm}") for arm in ARMS))
    account.total((wave, f"due_{wave}_{ALL}"), ((wave, "people_due"),))
    account.total((wave, "people_due"), ((wave, "people_compared"),), rest="people trimmed")
    for arm in ARMS:
        due, share = (wave, f"due_{wave}_{arm}"), (wave, f"share_kept_{arm}")
        if due in account.counts and share in values:
            account.counts[wave, f"kept_{arm}"] = round(values[share] * account.counts[due])
            account.total(due, ((wave, f"kept_{arm}"),), rest=f"trimmed_{arm}")
            account.shares[share] = (due, (wave, f"kept_{arm}"))
    trimmed = tuple((wave, f"trimmed_{arm}") for arm in ARMS)
    account.total((wave, "people trimmed"), trimmed)
