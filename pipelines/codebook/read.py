"""Read the codebook's YAML strictly: a key written twice is an error."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

try:  # several times faster; in PyYAML's wheels, but not in every build of it
    from yaml import CSafeLoader as _SafeLoader
except ImportError:
    from yaml import SafeLoader as _SafeLoader  # type: ignore[assignment]


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
