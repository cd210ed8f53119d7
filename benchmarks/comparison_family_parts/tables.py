"""The figures as tables."""

from __future__ import annotations

from statistics import median
from typing import Any

Row = dict[str, Any]
SHARED = "imputed_cohort"


def in_short(told: Row) -> str:
    """One process in a line."""
    parts = [f"{name} {one['wall']:.1f} s ({one['processor']:.1f})" for name, one in told["took"].items()]
    return f"{', '.join(parts)}; {told['peak_mb']:,.0f} MB"


def markdown(results: Row) -> str:
    """All tables that there are figures for."""
    makers = {"demo": _demo, "growth": _growth, "rivals": _rivals}
    return "\n\n".join(maker(results[name]) for name, maker in makers.items() if results.get(name))


def _demo(rounds: list[Row]) -> str:
    """Median over the rounds after the first, and the first with its imports."""
    if "not_run" in rounds[0]:
        return f"The demo was not run: {rounds[0]['not_run']}"
    later = rounds[1:] or rounds
    lines = ["| demo | wall, s | processor, s | first round, wall, s |", "|---|---:|---:|---:|"]
    for name in rounds[0]["took"]:
        wall, processor = (median(one["took"][name][kind] for one in later) for kind in ("wall", "processor"))
        lines.append(f"| {name} | {wall:.2f} | {processor:.2f} | {rounds[0]['took'][name]['wall']:.2f} |")
    whole = [
        median(sum(one[kind] for one in row["took"].values()) for row in later)
        for kind in ("wall", "processor")
    ]
    first = sum(one["wall"] for one in rounds[0]["took"].values())
    lines.append(f"| **all** | **{whole[0]:.2f}** | **{whole[1]:.2f}** | **{first:.2f}** |")
    return "\n".join([*lines, "", f"Peak memory of the process: {rounds[-1]['peak_mb']:,.0f} MB."])


def _growth(rows: list[Row]) -> str:
    """Processor seconds and peak memory by size; what is missing is told."""
    sizes = sorted({row["people"] for row in rows})
    names = list(dict.fromkeys(name for row in rows for name in row.get("took", {})))
    titles = " | ".join(f"{size:,} people: wall, s | processor, s" for size in sizes)
    lines = [f"| | {titles} |", "|---|" + "---:|---:|" * len(sizes)]
    whole = dict.fromkeys(sizes, (0.0, 0.0))
    for name in names:
        cells = []
        for size in sizes:
            took = next(
                (r["took"][name] for r in rows if r["people"] == size and name in r.get("took", {})), None
            )
            cells += (
                ["not run", "not run"] if took is None else [f"{took[k]:.1f}" for k in ("wall", "processor")]
            )
            if took is not None:
                whole[size] = (whole[size][0] + took["wall"], whole[size][1] + took["processor"])
        lines.append(f"| {name} | {' | '.join(cells)} |")
    sums = " | ".join(f"**{wall:.0f}** | **{processor:.0f}**" for wall, processor in whole.values())
    lines.append(f"| **all that ran** | {sums} |")
    peaks = []
    for size in sizes:
        ran = [row for row in rows if row["people"] == size and "peak_mb" in row]
        largest = max(ran, key=lambda row: row["peak_mb"])
        peaks.append(f"{largest['peak_mb']:,.0f} MB at {size:,} ({largest['run']})")
        peaks += [f"{row['run']} at {size:,} not run: {row['not_run']}"
                  for row in rows if row["people"] == size and "not_run" in row]  # fmt: skip
    return "\n".join([*lines, "", f"Largest peak memory of a process: {'; '.join(peaks)}."])


def _rivals(rows: list[Row]) -> str:
    """Each match: what either side did, and theirs over ours."""
    lines = [
        "| | data | ours | R | ours, s | R, s | R over ours | apart |",
        "|---|---|---|---|---:|---:|---:|---:|",
    ]
    for row in rows:
        about = f"| {row['analysis']} | {row['data']} | {row['ours']} | {row['theirs']} |"
        if "not_run" in row:
            lines.append(f"{about} | | {row['not_run']} | |")
            continue
        apart = f"{row['apart']:.0e}" if row["apart"] is not None else row["compared"]
        lines.append(
            f"{about} {row['our_seconds']:.4f} | {row['their_seconds']:.3f} | {row['ratio']:,.1f} | {apart} |"
        )
    return "\n".join(lines)
