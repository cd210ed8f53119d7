"""Accounts of people: counts that add up, within an analysis or between two, and which of them may be shown.

Of people due at a wave some came and some were lost; all are of one kind of program or another; people
followed and people left out for each reason are everybody. `what_adds_up` declares this; `linked_counts`
chooses what must go with a small count. A share of two counts goes where one of them does.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, Final

import polars as pl

from models.disclosure.linked_counts import Sum, withheld_counts
from models.disclosure.nested_counts import without_counts
from models.disclosure.protected_rows import ProtectedRows
from models.disclosure.small_cells import DIAGNOSTIC_NUMBERS, withheld
from models.disclosure.what_adds_up import ADDS, LESS, SAME, SHARES, YIELDS_FIRST, Adds

RELEASE: Final = ("population", "as_of")
COUNTED: Final = ("n_people", "n_rows", "n_events")
_GROUP: Final = re.compile(r"\(\?P<(\w+)>[^()]*\)")


@dataclass(slots=True, kw_only=True)
class Account:
    """Counts by name, what adds up to zero, what no row shows, and shares with the two counts they are of."""

    counts: dict[str, int]
    sums: list[Sum] = field(default_factory=list)
    never_shown: set[str] = field(default_factory=set)
    shares: dict[str, tuple[str, str]] = field(default_factory=dict)
    same_as: dict[str, str] = field(default_factory=dict)
    yields_first: set[str] = field(default_factory=set)

    def one(self, name: str) -> str:
        """Give the name under which a count stands for all its places."""
        return self.same_as.get(name, name)


def withhold_accounts(rows: ProtectedRows, *, maximum: int) -> ProtectedRows:
    """Withhold counts from which a small one follows by adding up, and shares of what is withheld.

    A withheld count is shown nowhere in its analysis: a diagnostic of it is withheld, and beside an estimate
    or another diagnostic the count alone becomes null (with what `without_counts` takes).

    Parameters
    ----------
    rows
        After the primary rule.
    maximum : int
        Largest count that is withheld; 0 withholds nothing.
    """
    if not maximum:
        return rows
    told = rows.original_estimates.with_row_index("row_"), rows.original_diagnostics.with_row_index("row_")
    uncounted: dict[str, list[int]] = {name: [] for name in COUNTED}
    gone: list[int] = []
    nameless: list[int] = []
    for key, facts in told[1].group_by(RELEASE, maintain_order=True):
        about = told[0].filter(pl.col(name) == value for name, value in zip(RELEASE, key, strict=True))
        values = values_of(about, facts)
        account = account_of(values)
        hidden = withheld_counts(
            account.counts, account.sums, maximum=maximum, never_shown=account.never_shown,
            yields_first=account.yields_first,
        )  # fmt: skip
        names = {name for name in values if account.one(name) in hidden}
        names |= {share for share, of in account.shares.items() if hidden & set(of)}
        known = {name for name in values if account.one(name) in account.counts} - names
        repeated = {(_analysis(name), values[name]) for name in names if values[name] > maximum}
        told_still = {(_group(name), name.rpartition(".")[2], values[name]) for name in known}
        for row in about.iter_rows(named=True):
            group = f"{row['analysis']}/{row['outcome']}"
            for column in COUNTED:
                name = f"{group}/{row['term']}.{column}"
                again = (row["analysis"], row[column]) in repeated and name not in known
                if name in names or (
                    again and column != "n_events" and (group, column, row[column]) not in told_still
                ):
                    uncounted[column].append(row["row_"])
        for row in facts.iter_rows(named=True):
            name = f"{row['analysis']}/{row['outcome']}/{row['diagnostic']}"
            if name in names:
                gone.append(row["row_"])
            elif (row["analysis"], row["n_people"]) in repeated and name not in known:
                nameless.append(row["row_"])
    shown = withheld(
        rows.diagnostics.with_row_index("row_"), pl.col("row_").is_in(gone), DIAGNOSTIC_NUMBERS, text="detail"
    ).with_columns(n_people=pl.when(~pl.col("row_").is_in(nameless)).then("n_people"))
    places = {name: pl.col("row_").is_in(at) & ~pl.col("suppressed") for name, at in uncounted.items()}
    counted = without_counts(rows.estimates.with_row_index("row_"), places)
    return replace(rows, estimates=counted.drop("row_"), diagnostics=shown.drop("row_"))


def account_of(values: Mapping[str, float]) -> Account:
    """Set up what adds up among the counts of one population, by the names of `what_adds_up`."""
    account = Account(counts={})
    for alike in SAME:
        _merge(account, values, alike)
    known = dict(values)
    for share in SHARES:
        for (name, whole), groups in list(_matches((share.share, share.whole), known)):
            part = _name(share.part, groups)
            known.setdefault(part, round(known[name] * known[whole]))
            _count(account, known, whole, part)
            account.shares[name] = (account.one(whole), account.one(part))
    for less in LESS:
        for (whole, part), groups in list(_matches((less.whole, less.part), known)):
            known[_name(less.name, groups)] = known[whole] - known[part]
            _sum_up(account, known, whole, (part, _name(less.name, groups)))
    for adds in ADDS:
        _add(account, known, adds)
    shown = {account.one(name) for name in values} | {adds.whole for adds in ADDS if adds.known}
    shown |= {part for _, part in account.shares.values()}  # told by the share
    account.never_shown = set(account.counts) - shown
    account.yields_first = {
        account.one(name) for name in values for text in YIELDS_FIRST if _pattern(text).fullmatch(name)
    }
    return account


def values_of(estimates: pl.DataFrame, diagnostics: pl.DataFrame) -> dict[str, float]:
    """Give every number that may count people, by the names of `what_adds_up`; nulls are left out."""
    found: dict[str, float] = {}
    for row in diagnostics.iter_rows(named=True):
        name = f"{row['analysis']}/{row['outcome']}/{row['diagnostic']}"
        found |= {f"{name}.n_people": row["n_people"]} if row["n_people"] is not None else {}
        found |= {name: row["value"]} if row["value"] is not None else {}
    for row in estimates.iter_rows(named=True):
        name = f"{row['analysis']}/{row['outcome']}/{row['term']}"
        found |= {f"{name}.{column}": row[column] for column in COUNTED if row[column] is not None}
    return found


def _merge(account: Account, values: Mapping[str, float], alike: tuple[str, ...]) -> None:
    """Let one name stand for a count that several places show."""
    first: dict[tuple[Any, ...], str] = {}
    for text in alike:
        pattern = _pattern(text)
        for name, value in values.items():
            if found := pattern.fullmatch(name):
                key = (value, *sorted(found.groupdict().items()))
                account.same_as[name] = first.setdefault(key, account.one(name))
                _count(account, values, name)


def _add(account: Account, known: dict[str, float], adds: Adds) -> None:
    """Declare one sum wherever its counts are and add up; a part greater than its whole is no part of it."""
    virtual = adds.worked_out
    wanted = adds.parts if virtual else (adds.whole, *adds.parts)
    for names, _ in list(_matches(wanted, known)):
        whole, parts = (adds.whole, names) if virtual else (names[0], names[1:])
        of = {account.one(part) for part in parts}
        total = round(sum(known[part] for part in parts))
        known.setdefault(whole, total)
        left = round(known[whole]) - total
        if (
            account.one(whole) in of
            or len(of) < len(parts)
            or (left and (virtual or not adds.rest))
            or left < 0
        ):
            continue
        rest = f"{account.one(whole)} less {' less '.join(sorted(of))}: {adds.rest}"
        known |= {rest: left} if adds.rest else {}
        _sum_up(account, known, whole, (*parts, rest) if adds.rest else parts)


def _sum_up(account: Account, known: Mapping[str, float], whole: str, parts: tuple[str, ...]) -> None:
    _count(account, known, whole, *parts)
    total = {account.one(whole): 1, **dict.fromkeys((account.one(part) for part in parts), -1)}
    if total not in account.sums:
        account.sums.append(total)


def _count(account: Account, known: Mapping[str, float], *names: str) -> None:
    account.counts |= {account.one(name): round(known[name]) for name in names}


def _matches(
    texts: tuple[str, ...], known: Mapping[str, float]
) -> Iterator[tuple[tuple[str, ...], dict[str, str]]]:
    """Find names, one for each text, whose wave, measure and arm agree."""
    found: list[tuple[tuple[str, ...], dict[str, str]]] = [((), {})]
    for text in texts:
        pattern, analysis = _pattern(text), text.partition("/")[0]
        fitting = [
            (name, match.groupdict())
            for name in known
            if name.startswith(analysis) and (match := pattern.fullmatch(name))
        ]
        found = [
            ((*names, name), groups | own)
            for (names, groups), (name, own) in itertools.product(found, fitting)
            if all(groups.get(which, value) == value for which, value in own.items())
        ]
    yield from found


@cache
def _pattern(text: str) -> re.Pattern[str]:
    """Compile a name of the table, in which a group that returns must read the same."""
    seen: set[str] = set()

    def once(found: re.Match[str]) -> str:
        if found[1] in seen:
            return f"(?P={found[1]})"
        seen.add(found[1])
        return found[0]

    return re.compile(_GROUP.sub(once, text))


def _name(text: str, groups: Mapping[str, str]) -> str:
    return _GROUP.sub(lambda found: groups[found[1]], text)


def _analysis(name: str) -> str:
    return name.partition("/")[0]


def _group(name: str) -> str:
    return name.rpartition("/")[0]
