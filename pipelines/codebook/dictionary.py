"""The dictionary of terms from its YAML: names that differ in a part alone are written once, and made here.

A file names its analyses, and says of each estimate, curve and diagnostic what it is. An entry with `for`
stands for one of them for each combination of codes: `{part}` is the code in the name, and its words in the
texts.
"""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any, Final

from pipelines.codebook.read import CodebookError, read_yaml

KINDS: Final = {"estimates": "estimate", "curves": "curve", "diagnostics": "diagnostic"}


def read_dictionary(folder: Path) -> list[dict[str, Any]]:
    """Read every file of a folder, and write out each number of each analysis.

    Returns
    -------
    list of dict
        The fields of `pipelines.codebook.spec.Term`, in the order of the files and within them.

    Raises
    ------
    CodebookError
        A file says anything but its analyses and their numbers, or a name has a part without codes.
    """
    found = []
    for path in sorted(folder.glob("*.yaml")):
        said = read_yaml(path)
        if unknown := sorted(set(said) - {"analyses", *KINDS}):
            raise CodebookError(f"{path.name}: unknown {unknown}; a file has analyses and {sorted(KINDS)}")
        for analysis in said["analyses"]:
            for group, kind in KINDS.items():
                for pattern, fields in said.get(group, {}).items():
                    found += [
                        {"analysis": analysis, "kind": kind, **entry}
                        for entry in _each(path, pattern, fields)
                    ]
    return found


def _each(path: Path, pattern: str, fields: dict[str, Any]) -> list[dict[str, Any]]:
    """Write an entry out for each combination of the codes in its name."""
    parts: dict[str, dict[str, str]] = fields.get("for", {})
    texts = {name: text for name, text in fields.items() if name != "for"}
    family = _marked(path, pattern, {"name": pattern, **texts}, {part: f"<{part}>" for part in parts})
    entries = []
    for codes in product(*parts.values()):
        chosen = dict(zip(parts, codes, strict=True))
        words = {part: parts[part][code] for part, code in chosen.items()}
        entry = {"name": pattern.format(**chosen), **_marked(path, pattern, texts, words)}
        entries.append({**entry, "family": family} if parts else entry)
    return entries


def _marked(path: Path, pattern: str, texts: dict[str, str], words: dict[str, str]) -> dict[str, str]:
    """Put words in the places of the parts."""
    try:
        return {name: text.format(**words) for name, text in texts.items()}
    except KeyError as error:
        raise CodebookError(f"{path.name}: [{pattern}] has a part without codes: {error}") from error
