"""The quarter, the populations and the rows of the fake release."""

from typing import Any

QUARTER = "2026Q3"
DEMO, HELP, CAROLINA = "demo_collaborative", "help_trial", "nc_releases"

Row = dict[str, Any]
