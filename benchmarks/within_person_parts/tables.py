"""The figures of a run as Markdown tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from within_person_parts.rivals import AIMS

FIRST_FITS = ("linear", "ar1", "tobit")
REFIT_AIMS = {"refit": 0.030, "replicate": 0.060}  # seconds
REFIT_AIM_PEOPLE = 100_000
Found = Mapping[str, Any]
TITLES = {
    "linear": "Linear mixed model (REML, random intercept and slope)",
    "ar1": "Residuals correlated by day, over gaps (15% of days missing)",
    "tobit": "Multilevel Tobit (random intercept and slope, about 15% at the ceiling)",
}


def markdown(results: Mapping[str, Any]) -> str:
    """Every table that the run has figures for."""
    found = results["found"]
    text = [*_machines(results["machines"])]
    for part, title in TITLES.items():
        some = [one for one in found if one["part"] == part]
        if some:
            memory = {(one["people"], one["fit"]): one["alone_mb"] for one in some if "alone_mb" in one}
            text += [f"### {title}", _rivals((one for one in some if one["who"] != "ours"), memory)]
            text.append(_growth([one for one in some if one["who"] == "ours" and "seconds" in one], memory))
    for part, table in (("refits", _refits), ("stream", _streams), ("cold", _cold)):
        some = [one for one in found if one["part"] == part]
        if some:
            text.append(table(some))
    return "\n\n".join(text)


def _machines(machines: Mapping[str, Found]) -> Iterable[str]:
    """Say what the parts were measured on; those of one run together."""
    runs: dict[str, list[str]] = {}
    for part, on in machines.items():
        said = (
            f"{on['processor']}, {on['cores']} cores, {on['memory_gb']} GB; {on['date']}, "
            f"load {on['load_at_start']} at the start; Python {on['python']}, numpy {on['numpy']}, "
            f"polars {on['polars']}, numba {on['numba']}, R {on['R']}; {on['minutes_in_all']:.1f} minutes."
        )
        runs.setdefault(said, []).append(part)
    for said, parts in runs.items():
        yield f"{', '.join(parts)}: {said}"


def in_short(one: Found) -> str:
    """Put a match in one line."""
    ratios = ", ".join(f"{fit} {ratio:,.1f}" for fit, ratio in one["ratio"].items())
    return f"{one['seconds']:.4g} s, over ours: {ratios}"


def _table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    heads = list(heads)
    lines = [heads, ["---", *["---:"] * (len(heads) - 1)], *(list(row) for row in rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _megabytes(value: float | None) -> str:
    return "" if value is None else f"{value:,.0f}"


def _seconds(value: float) -> str:
    return f"{value:.2g}" if value < 0.1 else f"{value:.3g}"


def _rivals(some: Iterable[Found], memory: Mapping[tuple[int, str], float]) -> str:
    rows = []
    for one in some:
        name = f"{one['who']} {one.get('version', '')}".strip()
        size = f"{one['people']:,} x {one['days']}"
        if "not_run" in one:
            rows.append([name, size, f"not run: {one['not_run']}", *[""] * 10])
            continue
        compiled, numpy = one["ratio"]
        aim = AIMS.get(one["who"], {}).get(one["people"])
        near = one["agreement"]
        rows.append(
            [
                name + (f" ({one['note']})" if one["note"] else ""),
                size,
                _seconds(one["seconds"]),
                f"{one['peak_mb']:,.0f}",
                _seconds(one["ours_seconds"][compiled]),
                _seconds(one["ours_seconds"][numpy]),
                _megabytes(memory.get((one["people"], compiled))),
                f"{one['ratio'][compiled]:,.1f}",
                f"{one['processor_ratio'][compiled]:,.1f}",
                f"{one['ratio'][numpy]:,.1f}",
                ""
                if aim is None
                else f"{aim:,.0f} {'reached' if one['ratio'][compiled] >= aim else 'MISSED'}",
                f"{near['beta_in_se']:.0e} / {near['se_relative']:.0e} / {near['spread']:.0e}",
                f"{near['log_likelihood_ours_minus_theirs']:+.1e}",
            ]
        )
    heads = (
        "rival", "size", "s", "MB", "ours compiled, s", "ours numpy, s", "ours, MB", "rival / compiled",
        "in processor time", "rival / numpy", "aim", "apart: beta in SE / SE / spread", "log L ours - theirs",
    )  # fmt: skip
    return _table(heads, rows)


def _growth(some: Iterable[Found], memory: Mapping[tuple[int, str], float]) -> str:
    """Time and memory by size; what a row costs beyond those of the size before says whether it is linear."""
    rows = []
    before: Found | None = None
    for one in sorted(some, key=lambda one: (one["fit"], one["rows"])):
        megabytes = memory.get((one["people"], one["fit"]))
        further, bytes_further = "", ""
        if before is not None and before["fit"] == one["fit"]:
            more = one["rows"] - before["rows"]
            further = f"{1e9 * (one['seconds'] - before['seconds']) / more:,.0f}"
            if megabytes is not None:
                was = memory[before["people"], one["fit"]]
                bytes_further = f"{2**20 * (megabytes - was) / more:,.0f}"
        rows.append(
            [
                one["fit"],
                f"{one['people']:,} x {one['days']}",
                _seconds(one["seconds"]),
                f"{1e9 * one['seconds'] / one['rows']:,.0f}",
                further,
                _megabytes(megabytes),
                bytes_further,
                str(one.get("evaluations", "")),
            ]
        )
        before = one
    heads = (
        "ours", "size", "s", "ns a row", "ns a further row", "MB of a process alone", "bytes a further row",
        "evaluations",
    )  # fmt: skip
    return _table(heads, rows)


def _refits(some: Iterable[Found]) -> str:
    seconds = {(one["people"], one["fit"]): float(one["seconds"]) for one in some}
    rows = []
    for people in sorted({people for people, _ in seconds}):
        for engine in ("compiled", "numpy"):
            replicate = (
                seconds[people, f"bootstrap-11-{engine}"] - seconds[people, f"bootstrap-1-{engine}"]
            ) / 10
            found = {
                "the same model from its sums": (seconds[people, f"refit-{engine}"], "refit"),
                "the same, from an earlier fit": (seconds[people, f"refit-from-start-{engine}"], "refit"),
                "another model from the cross-products": (seconds[people, f"other-model-{engine}"], "refit"),
                "a replicate of the person bootstrap": (replicate, "replicate"),
            }
            for what, (took, kind) in found.items():
                aim = REFIT_AIMS[kind] if people == REFIT_AIM_PEOPLE else None
                said = "" if aim is None else f"{1e3 * aim:.0f} {'reached' if took <= aim else 'MISSED'}"
                rows.append([what, engine, f"{people:,}", f"{1e3 * took:.2g}", said])
    return "### Refits without the rows\n\n" + _table(("what", "engine", "persons", "ms", "aim"), rows)


def _streams(some: Iterable[Found]) -> str:
    rows = [
        [one["fit"], f"{one['rows']:,}", f"{one['people']:,}", "", "", "", one["not_run"]]
        if "not_run" in one
        else [
            one["fit"],
            f"{one['rows']:,}",
            f"{one['people']:,}",
            _seconds(one["seconds"]),
            f"{1e9 * one['seconds'] / one['rows']:,.0f}",
            f"{one['peak_mb']:,.0f}",
            one.get("said", ""),
        ]
        for one in some
    ]
    return "### From Parquet\n\n" + _table(("what", "rows", "persons", "s", "ns a row", "MB", ""), rows)


def _cold(some: Iterable[Found]) -> str:
    rows = []
    for one in some:
        about = [f"{one['engine']}, cache {one['cache']}", f"{one['people']:,} x {one['days']}"]
        if "not_run" in one:
            rows.append([*about, f"failed: {one['not_run']}", *[""] * 7])
            continue
        wall, processor = one["adds"]
        parts = (one["libraries"], one["engine_import"], *(one["first"][name] for name in FIRST_FITS))
        said = f"{one['aim']:.0f} {'reached' if wall <= one['aim'] else 'MISSED'}"
        rows.append([*about, *(f"{part[0]:.2f}" for part in parts), f"{wall:.2f}", f"{processor:.2f}", said])
    heads = (
        "engine", "size", "numpy and polars, s", "importing ours", "first linear", "first AR(1)",
        "first Tobit", "added in all, s", "of the processor", "aim",
    )  # fmt: skip
    return "### Cold start\n\n" + _table(heads, rows)
