"""Names of the columns that frames carry while they are cleaned, and that no table keeps."""

from __future__ import annotations

from typing import Final

ROW_ID: Final = "_row_id"  # number of a file row within one cleaning: file order, then row order
WHY: Final = "_why."  # before a variable's name: why its value is missing
DATE: Final = "_date."  # before a variable's name: the local date behind a day number
ORIGIN: Final = "_origin"  # date that fixes a participant's day 0
ABSENT: Final = "_absent"  # True for a diary evening that no kept file row speaks of
BETWEEN: Final = "\x1f"  # parts population and identifier, and the parts of a made-up identifier
