"""The whole codebook, read and cross-checked: an unknown field or a loose end is an error."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from pipelines.codebook.dictionary import read_dictionary
from pipelines.codebook.read import CodebookError, read_yaml
from pipelines.codebook.spec import Codebook

HERE = Path(__file__).parent

__all__ = ["CodebookError", "load_codebook", "read_yaml"]


def _named(folder: Path) -> dict[str, dict[str, Any]]:
    """Entries of every file in a folder; each file maps a name to its fields."""
    entries: dict[str, dict[str, Any]] = {}
    for path in sorted(folder.glob("*.yaml")):
        for name, fields in read_yaml(path).items():
            if name in entries:
                raise CodebookError(f"{path.name}: [{name}] is already defined in another file")
            entries[name] = {"name": name, **fields}
    return entries


@lru_cache(maxsize=1)
def load_codebook(folder: Path = HERE) -> Codebook:
    """Read and cross-check the whole codebook.

    Raises
    ------
    CodebookError
        A file says something undefined, twice, or against another file.
    """
    variables = {key: v | {"name": key.rpartition(".")[2]} for key, v in _named(folder / "variables").items()}
    content = {
        **read_yaml(folder / "codebook.yaml"),
        "variables": variables,
        "tables": {f"{t['layer']}.{name}": t for name, t in _named(folder / "tables").items()},
        "instruments": _named(folder / "instruments"),
        "analyses": _named(folder / "analyses"),
        "dictionary": read_dictionary(folder / "terms"),
        "reference_rows": {
            f"reference.{path.stem}": read_yaml(path)
            for path in sorted((folder / "reference").glob("*.yaml"))
        },
    }
    try:
        return Codebook.model_validate(content)
    except ValidationError as error:
        raise CodebookError(str(error)) from error
