"""What the within-person engine costs beside its rivals, and how it grows: one run, on one machine.

    python benchmarks/within_person.py                         # all parts, up to 1M persons x 30 days
    python benchmarks/within_person.py --sizes 91x10 1kx30 --parts linear,ar1 --out some.json
    python benchmarks/within_person.py --parts stream --large  # and 300 million rows

Parts that are not run stay in the file as an earlier run wrote them, with what that was measured on.

Rivals that are not installed are named and left out. Those for R are looked for in R's library (R_LIBS);
those for Python in the interpreter given by --rivals-python, so that nothing is installed beside the project.
Each contestant is a process of its own and is timed by itself, from a data frame in memory to estimates and
standard errors; runs alternate (ours, theirs, ours, ...) and the ratio is the median over pairs. A rival is
not run at a size where its time at the size before says it would need more than --patience seconds.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from within_person_parts import cold_start, diaries, machine, streams, tables
from within_person_parts.diaries import Size, parse_size
from within_person_parts.referee import Contestant, FailedError, agreement, play, settle
from within_person_parts.rivals import AUTOREGRESSIVE, LINEAR, TOBIT, Rival

SIZES = ("91x10", "1kx30", "10kx30", "100kx30", "1Mx30")
PARTS = ("linear", "ar1", "tobit", "stream", "cold")
IN_MEMORY = 100_000  # persons; beyond that only from Parquet
MEMORY = ("frame-compiled", "frame-numpy")  # each in a process of its own once, for its memory
MATCHES = {"linear": LINEAR, "ar1": AUTOREGRESSIVE, "tobit": TOBIT}
HERE = Path(__file__).parent / "within_person_parts"


def say(text: str) -> None:
    """Progress, apart from the tables."""
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)  # noqa: T201


class Expectation:
    """How long a rival will take at the next size, from its time at the last one."""

    def __init__(self) -> None:
        self._last: dict[str, tuple[float, int]] = {}

    def keep(self, rival: str, seconds: float, rows: int) -> None:
        """Remember what it took."""
        self._last[rival] = (seconds, rows)

    def seconds(self, rival: str, rows: int) -> float | None:
        """In line with the rows; None where it gave no time before."""
        if rival not in self._last:
            return None
        seconds, before = self._last[rival]
        return seconds * rows / before


def ours(part: str, folder: Path, wanted: str) -> Contestant:
    """Our side of a part."""
    command = [sys.executable, str(HERE / "our_fits.py"), part, str(folder), wanted]
    return Contestant(command, patience=600)


def compare(
    part: str, size: Size, folder: Path, arguments: argparse.Namespace, expected: Expectation
) -> list[dict[str, Any]]:
    """Ours alone, then beside each rival that is there and quick enough."""
    rows = json.loads((folder / "size.json").read_text())["rows"]
    about = {"part": part, "people": size.people, "days": size.days, "rows": rows}
    found: list[dict[str, Any]] = []
    for fit in MEMORY:
        with ours(part, folder, "frame") as alone:
            found.append({**about, "who": "ours", "fit": fit, "alone_mb": alone.run(fit)["peak_mb"]})
    with ours(part, folder, "all") as contestant:
        for fit in contestant.fits:
            found.append({**about, "who": "ours", "fit": fit, **settle(contestant, fit)})
            say(f"{part} {size.name} ours {fit}: {found[-1]['seconds']:.4f} s")
        for rival in MATCHES[part]:
            match = one_match(rival, contestant, folder, rows=rows, arguments=arguments, expected=expected)
            found.append({**about, "who": rival.name, **match})
            say(f"{part} {size.name} {rival.name}: {match.get('not_run') or tables.in_short(match)}")
    if part == "linear":
        with ours("refits", folder, "all") as contestant:
            for fit in contestant.fits:
                found.append(
                    {**about, "part": "refits", "who": "ours", "fit": fit, **settle(contestant, fit)}
                )
        say(f"refits {size.name}: {len(contestant.fits)} kinds")
    return found


def one_match(
    rival: Rival,
    ours: Contestant,
    folder: Path,
    *,
    rows: int,
    arguments: argparse.Namespace,
    expected: Expectation,
) -> dict[str, Any]:
    """Run a rival beside ours, or say why it was not run."""
    version = rival.version(arguments.rivals_python)
    if version is None:
        return {"not_run": f"{rival.package} is not installed"}
    wait = expected.seconds(rival.name, rows)
    if wait is not None and wait > arguments.patience:
        return {"version": version, "not_run": f"about {wait:,.0f} s expected from the size before"}
    try:
        command = rival.command(folder, arguments.rivals_python)
        with Contestant(command, patience=3 * arguments.patience) as theirs:
            match = play(ours, rival.fits, theirs)
    except FailedError as failure:
        expected.keep(rival.name, 3 * arguments.patience, rows)
        return {"version": version, "not_run": str(failure)}
    last = match.theirs[-1]
    expected.keep(rival.name, match.seconds(match.theirs), rows)
    return {
        "version": version,
        "seconds": match.seconds(match.theirs),
        "pairs": len(match.theirs),
        "peak_mb": last["peak_mb"],
        "note": last["note"],
        "ours_seconds": {fit: match.seconds(rounds) for fit, rounds in match.ours.items()},
        "ratio": {fit: match.ratio(fit) for fit in rival.fits},
        "processor_ratio": {fit: match.ratio(fit, "processor_seconds") for fit in rival.fits},
        "agreement": agreement(match.ours[rival.fits[0]][-1], last),
    }


def parse(arguments: list[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--sizes", nargs="+", default=SIZES, help="persons x days, as 91x10 or 1kx30")
    parser.add_argument("--parts", default=",".join(PARTS), help=f"of {', '.join(PARTS)}")
    parser.add_argument("--out", type=Path, default=Path(__file__).with_suffix(".json"))
    parser.add_argument("--rivals-python", default=os.environ.get("RIVALS_PYTHON", sys.executable))
    parser.add_argument("--patience", type=float, default=100.0, help="most seconds for one fit of a rival")
    parser.add_argument("--show", type=Path, help="only print the tables of a run that was written")
    parser.add_argument("--large", action="store_true", help="300 million rows by streaming, too")
    chosen = parser.parse_args(arguments)
    chosen.sizes = [parse_size(text) for text in chosen.sizes]
    chosen.parts = chosen.parts.split(",")
    if unknown := set(chosen.parts) - set(PARTS):
        parser.error(f"unknown parts: {', '.join(sorted(unknown))}")
    return chosen


def kept(out: Path, parts: list[str]) -> dict[str, Any]:
    """Keep what an earlier run wrote of the other parts."""
    if not out.exists():
        return {"machines": {}, "found": []}
    before = json.loads(out.read_text())
    anew = {*parts, *(("refits",) if "linear" in parts else ())}
    return {
        "machines": {part: on for part, on in before["machines"].items() if part not in parts},
        "found": [one for one in before["found"] if one["part"] not in anew],
    }


def main(arguments: list[str]) -> None:
    """Run the parts, print the tables and write every figure."""
    chosen = parse(arguments)
    if chosen.show:
        print(tables.markdown(json.loads(chosen.show.read_text())))  # noqa: T201
        return
    begun = time.perf_counter()
    here = machine.describe()
    results = kept(chosen.out, chosen.parts)
    results["machines"] |= dict.fromkeys(chosen.parts, here)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for part in (part for part in chosen.parts if part in MATCHES):
            expected = Expectation()
            for size in (size for size in chosen.sizes if size.people <= IN_MEMORY):
                diary = folder / f"{'gapped' if part == 'ar1' else 'complete'}-{size.name}"
                if not diary.exists():
                    diaries.write(diary, size, gapped=part == "ar1")
                results["found"] += compare(part, size, diary, chosen, expected)
        if "stream" in chosen.parts:
            largest = max(size.people for size in chosen.sizes)
            for size in (size for size in chosen.sizes if size.people >= 1000):
                large = chosen.large and size.people == largest
                results["found"] += streams.measure(size, folder, say, large=large)
        if "cold" in chosen.parts:
            results["found"] += cold_start.measure(say)
    here["minutes_in_all"] = (time.perf_counter() - begun) / 60
    chosen.out.write_text(json.dumps(results, indent=1) + "\n")
    print(tables.markdown(results))  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1:])
