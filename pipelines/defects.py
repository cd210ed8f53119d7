"""How the program says that it failed itself, and not the data: one sentence's beginning, and the advice."""

from __future__ import annotations

from collections.abc import Sequence

DEFECT = "A defect in the program, not in your data: "  # how the sentence on an unforeseen error begins
REPORT_IT = (
    "Report the line on the defect to those who maintain the program; it holds no person's data. Until it is "
    "mended the last release stands. If this came with a new source or a new file, take it out of data/raw "
    "for now: the rest can be refreshed without it."
)


def is_defect(problem: str) -> bool:
    """Whether the program itself failed, and not the data or a check."""
    return problem.startswith(DEFECT)


def advice(problems: Sequence[str], otherwise: str) -> str:
    """Say what to do where any of the problems is a defect of the program; `otherwise` where none is."""
    if not any(map(is_defect, problems)):
        return otherwise
    if all(map(is_defect, problems)):
        return f"There is nothing for you to mend. {REPORT_IT}"
    return f"Mend what else is listed. {REPORT_IT}"
