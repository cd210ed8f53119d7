"""Two contestants in processes of their own, run in turn: ours, theirs, ours, theirs, ours.

The ratio of a pair is the rival's time over the mean of ours just before and just after it; the figure
printed is the median over pairs. A first run under `WARM_UP` seconds is dropped on both sides (caches, lazy
imports).
"""

from __future__ import annotations

import json
import os
import queue
import statistics
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

WARM_UP = 5.0
MOST_PAIRS = 5
SECONDS_PER_RIVAL = 25.0  # no new pair after this
ONE_THREAD = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
}  # of linear algebra libraries, for all alike


class FailedError(Exception):
    """A contestant gave no answer; the message says why in a few words."""


class Contestant:
    """A process that fits when told to, and is ended by closing its input."""

    def __init__(
        self, command: Sequence[str], *, patience: float, environment: Mapping[str, str] | None = None
    ) -> None:
        self.patience = patience
        self._complaints = tempfile.TemporaryFile("w+")  # noqa: SIM115
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._complaints, text=True,
            env={**os.environ, **ONE_THREAD, **(environment or {})},
        )  # fmt: skip
        self.fits: tuple[str, ...] = ()
        self._lines: queue.Queue[str | None] = queue.Queue()
        threading.Thread(target=self._listen, daemon=True).start()

    def __enter__(self) -> Self:
        self.fits = tuple(self._answer(600)["fits"])
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        try:
            self._process.wait(0.5 if kind else 20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._complaints.close()

    def run(self, fit: str) -> dict[str, Any]:
        """One round of the fit named."""
        assert self._process.stdin
        try:
            self._process.stdin.write(fit + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise FailedError(self._last_words()) from None
        return self._answer(self.patience)

    def _listen(self) -> None:
        """Pass on the lines of JSON; a compiler that a rival starts prints others."""
        assert self._process.stdout
        for line in self._process.stdout:
            if line.startswith("{"):
                self._lines.put(line)
        self._lines.put(None)

    def _answer(self, patience: float) -> dict[str, Any]:
        try:
            line = self._lines.get(timeout=patience)
        except queue.Empty:
            raise FailedError(f"stopped after {patience:.0f} s without an answer") from None
        if line is None:
            raise FailedError(self._last_words())
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _last_words(self) -> str:
        self._process.wait(20)
        self._complaints.seek(0)
        lines = (line.strip() for line in self._complaints.read().splitlines())
        said = [line for line in lines if line and line != "Execution halted"]
        return f"failed: {' '.join(said[-2:])[:200]}" if said else f"failed: {self._process.returncode}"


@dataclass
class Match:
    """Rounds of one rival and of our fits around them."""

    theirs: list[dict[str, Any]] = field(default_factory=list)
    ours: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def seconds(self, rounds: Sequence[Mapping[str, Any]]) -> float:
        """Median of the rounds."""
        return statistics.median(float(one["seconds"]) for one in rounds)

    def ratio(self, fit: str, clock: str = "seconds") -> float:
        """Median over pairs of the rival's time over ours."""
        mine = [float(one[clock]) for one in self.ours[fit]]
        return statistics.median(
            float(one[clock]) / max((before + after) / 2, 1e-9)
            for one, before, after in zip(self.theirs, mine[:-1], mine[1:], strict=True)
        )


def settle(contestant: Contestant, fit: str) -> dict[str, Any]:
    """Run one contestant alone, past a round that compiles: the median of three rounds, or a long one."""
    contestant.run(fit)
    rounds = [contestant.run(fit)]
    if rounds[0]["seconds"] < WARM_UP:
        rounds += [contestant.run(fit) for _ in range(2)]
    return sorted(rounds, key=lambda one: float(one["seconds"]))[len(rounds) // 2]


def play(ours: Contestant, fits: Sequence[str], rival: Contestant) -> Match:
    """Run them in turn."""
    match = Match(ours={fit: [] for fit in fits})
    begun = time.perf_counter()
    first = rival.run("go")
    if first["seconds"] >= WARM_UP:
        # Too long to repeat only to warm up: it counts, between two rounds of ours.
        for fit in fits:
            ours.run(fit)
            match.ours[fit] = [ours.run(fit), ours.run(fit)]
        match.theirs = [first]
        if time.perf_counter() - begun + first["seconds"] > SECONDS_PER_RIVAL:
            return match
    else:
        for fit in fits:
            ours.run(fit)
            match.ours[fit] = [ours.run(fit)]
    while len(match.theirs) < MOST_PAIRS:
        match.theirs.append(rival.run("go"))
        for fit in fits:
            match.ours[fit].append(ours.run(fit))
        if time.perf_counter() - begun + match.theirs[-1]["seconds"] > SECONDS_PER_RIVAL:
            break
    return match


def agreement(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> dict[str, float]:
    """Say how far two answers are apart: coefficients in standard errors, errors relative, spreads."""
    return {
        "beta_in_se": max(
            abs(a - b) / s for a, b, s in zip(ours["beta"], theirs["beta"], ours["se"], strict=True)
        ),
        "se_relative": max(abs(a / b - 1) for a, b in zip(ours["se"], theirs["se"], strict=True)),
        "spread": max(abs(a - b) for a, b in zip(ours["spread"], theirs["spread"], strict=True)),
        "log_likelihood_ours_minus_theirs": ours["log_likelihood"] - theirs["log_likelihood"],
    }
