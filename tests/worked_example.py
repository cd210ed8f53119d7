"""The worked example of data/raw/README.md as files, read from the README itself."""

from __future__ import annotations

import re
from pathlib import Path

from pipelines.demo.xlsx import workbook

README = Path(__file__).parents[1] / "data" / "raw" / "README.md"
SHEET = "Houses"


def block(language: str) -> str:
    """Return the text of the README's block in a language."""
    match = re.search(rf"```{language}\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    assert match is not None
    return match[1]


def sheet() -> list[list[str]]:
    """Return the cells of the README's spreadsheet, its header first."""
    match = re.search(r"^\| House \|.*?\n\n", README.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    assert match is not None
    header, _, *rows = match[0].strip().splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in (header, *rows)]


def write_worked_example(data_raw: Path) -> None:
    """Write the example's three files where the README says."""
    named = re.findall(r"`data/raw/(harbor/[^`]+)`", README.read_text(encoding="utf-8"))
    content = {
        ".xlsx": workbook(sheet(), sheet=SHEET),
        ".csv": block("csv").encode(),
        ".yaml": block("yaml").encode(),
    }
    assert sorted(Path(name).suffix for name in named) == sorted(content)
    for name in named:
        path = data_raw / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content[path.suffix])
