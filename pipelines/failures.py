"""What went wrong in a run, as sentences, and the note that is left of it. No person's value is in either."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import dagster as dg

from pipelines.defects import advice

INTERRUPTIONS = ("DagsterExecutionInterruptedError", "KeyboardInterrupt")


def problems_in(entries: Iterable[Any]) -> tuple[str, ...]:
    """Return the sentences that the failed steps and checks of a run left in its event log.

    Only texts that our own steps wrote are taken: those of failures and of blocking checks.
    """
    problems: list[str] = []
    for entry in entries:
        event = getattr(entry, "dagster_event", entry)
        if event is None:
            continue
        if event.event_type is dg.DagsterEventType.STEP_FAILURE:
            said = event.step_failure_data.user_failure_data
            if said is not None and said.description:
                problems.extend(said.description.splitlines())
            elif not _is_blocked_check(event):
                problems.append(f"The step [{event.step_key}] failed before it could say why.")
        elif event.event_type is dg.DagsterEventType.ASSET_CHECK_EVALUATION:
            check = event.asset_check_evaluation_data
            if not check.passed:
                problems.extend((check.description or f"The check [{check.check_name}] failed.").splitlines())
    return tuple(dict.fromkeys(problems))


def interrupted(entries: Iterable[Any]) -> bool:
    """Whether somebody stopped the run (Ctrl-C): that is no failure, and leaves no note."""
    for entry in entries:
        event = getattr(entry, "dagster_event", entry)
        if event is not None and event.event_type is dg.DagsterEventType.STEP_FAILURE:
            error = event.step_failure_data.error
            if error is not None and error.cls_name in INTERRUPTIONS:
                return True
    return False


def write_note(folder: Path, *, quarter: str, problems: Sequence[str], now: datetime) -> Path:
    """Write a note on a failed run, to read without Dagster; only the owner of the folder may."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    path = folder / f"{now:%Y%m%dT%H%M%S%f}Z-{quarter.replace(' ', '-')}.md"
    said = "\n".join(f"- {problem}" for problem in problems) or "- The run ended without a reason."
    to_do = advice(problems, "Mend what is listed, then run the refresh again.")
    path.write_text(
        f"# Refresh of {quarter} failed\n\n{now:%Y-%m-%d %H:%M} UTC. Nothing was published: the last release "
        f"and report are untouched.\n\n{said}\n\n{to_do}\n",
        encoding="utf-8",
    )
    return path


def _is_blocked_check(event: dg.DagsterEvent) -> bool:
    """Whether a step failed only because its blocking check did; the check tells it better."""
    error = event.step_failure_data.error
    return error is not None and error.cls_name == "DagsterAssetCheckFailedError"
