"""Read the codebook's YAML strictly: a duplicate key, an unknown field or a loose end is an error."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from pipelines.codebook.spec import Codebook

try:  # several times faster; in PyYAML's wheels, but not in every build of it
    from yaml import CSafeLoader as _SafeLoader
except ImportError:
    from yaml import SafeLoader as _SafeLoader  # type: ignore[assignment]

HERE = Path(__file__).parent


class CodebookError(ValueError):
    """The codebook contradicts itself or says something it may not say."""


class _StrictLoader(_SafeLoader):
    """SafeLoader that refuses a key written twice in one mapping."""


def _no_duplicates(loader: _SafeLoader, node: yaml.MappingNode) -> dict[Any, Any]:
    written: set[Any] = set()
    for key_node, _ in node.value:
        key = key_node.value
        if key in written:
            line = key_node.start_mark.line + 1
            raise CodebookError(f"{key_node.start_mark.name} line {line}: [{key}] is written twice")
        written.add(key)
    loader.flatten_mapping(node)  # `<<: *shared` first, so that an entry's own fields win
    return {
        loader.construct_object(key_node, deep=True): loader.construct_object(value_node, deep=True)
        for key_node, value_node in node.value
    }


_StrictLoader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _no_duplicates)


def read_yaml(path: Path) -> Any:
    """Read one YAML file; a key written twice is an error that names the line."""
    try:
        with path.open(encoding="utf-8") as stream:
            return yaml.load(stream, Loader=_StrictLoader)
    except yaml.YAMLError as error:
        raise CodebookError(str(error)) from error


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
        "reference_rows": {
            f"reference.{path.stem}": read_yaml(path)
            for path in sorted((folder / "reference").glob("*.yaml"))
        },
    }
    try:
        return Codebook.model_validate(content)
    except ValidationError as error:
        raise CodebookError(str(error)) from error
