"""The codebook as `datapackage.json`: the release's Parquet files, described by an open standard.

Data Package 2.0 (datapackage.org); `frictionless validate datapackage.json` checks files against it.
"""

from __future__ import annotations

from collections.abc import Collection, Container, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pipelines.codebook import released as release
from pipelines.codebook.bounds import bounds
from pipelines.codebook.released import ReleaseFacts
from pipelines.codebook.spec import Codebook, ForeignKey, Table, Variable, VariableType

PROFILE: Final = "https://datapackage.org/profiles/2.0/datapackage.json"
TITLE: Final = "Recovery Outcomes: researchers' release"
SYNTHETIC_NOTE: Final = "Contains synthetic demonstration data, which say nothing about real people."
FIELD_TYPES: Final[dict[VariableType, str]] = {
    "text": "string",
    "category": "string",
    "integer": "integer",
    "number": "number",
    "boolean": "boolean",
    "timestamp": "datetime",
}
# One license over all would be wrong: each source has its own, and rows of people have terms besides.
OWN_LICENSES: Final = {
    "name": "other",
    "title": "The terms in the description; each resource names the licenses of the sources that it holds.",
}
# Parquet has true nulls. A reader that goes through pandas, as frictionless does, sees them as these words.
MISSING_VALUES: Final = ["", "nan", "NaT", "<NA>"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleasedFile:
    """A Parquet file of the release: its path from datapackage.json, checksum, rows, and whose rows.

    `sources` names the sources that its rows come from or rest on; none for tables about no people. Its
    size is left out: frictionless counts no bytes of a Parquet file and would call any size wrong.
    """

    path: str
    sha256: str
    rows: int
    sources: tuple[str, ...] = ()


def descriptor(codebook: Codebook, facts: ReleaseFacts, files: Mapping[str, ReleasedFile]) -> dict[str, Any]:
    """Return the content of `datapackage.json`.

    Parameters
    ----------
    codebook
        The codebook.
    facts
        What is said of the release.
    files
        The Parquet file of each released table, by full name (`core.participants`). A table without a file
        is left out, and so are foreign keys that point to it.

    Raises
    ------
    KeyError
        A file belongs to no table of the codebook.
    ValueError
        A file belongs to a table that is not released, or has a path that leads out of the folder.
    """
    tables = [codebook.table(full_name) for full_name in sorted(files)]
    about = f"Tables as of {facts.as_of}, one Parquet file each. {_rule(facts)}"
    synthetic = [SYNTHETIC_NOTE] if facts.contains_synthetic else []
    package = {
        "$schema": PROFILE,
        "name": f"recovery-outcomes-{facts.as_of.lower()}",
        "id": facts.release_id,
        "title": TITLE,
        "description": " ".join([codebook.terms, about, *synthetic]),
        "version": codebook.schema_version,
        "created": facts.released_at.isoformat(),
        "licenses": [OWN_LICENSES],
        "sources": [{"title": f"{source.title} ({source.producer})"} for source in facts.sources],
        "contains_synthetic": facts.contains_synthetic,
        "terms": codebook.terms,
        "as_of": facts.as_of,
        "content_hash": facts.content_hash,
        "code_version": facts.code_version,
        "small_cell_maximum": facts.small_cell_maximum,
        "left_out": list(facts.left_out),
        "resources": [_resource(codebook, table, files[table.full_name], facts, files) for table in tables],
    }  # fmt: skip
    return {name: value for name, value in package.items() if value != []}


def _rule(facts: ReleaseFacts) -> str:
    if facts.small_cell_maximum == 0:
        return "No counts are withheld."
    return f"Counts of 1 to {facts.small_cell_maximum} people are withheld."


def _licenses(facts: ReleaseFacts, sources: Collection[str]) -> list[dict[str, str]]:
    """Name each license once; one in prose, which has no identifier, is called `other` and titled."""
    texts = dict.fromkeys(source.licence for source in facts.sources if source.source in sources)
    return [{"name": "other" if " " in text else text, "title": text} for text in texts]


def _resource(
    codebook: Codebook, table: Table, file: ReleasedFile, facts: ReleaseFacts, released: Container[str]
) -> dict[str, Any]:
    if file.path.startswith("/") or ".." in file.path.split("/"):
        raise ValueError(f"[{table.full_name}] has a path that leads out of the release: {file.path}")
    required = release.not_null(codebook, table, released=True)
    key = release.primary_key(table, released=True)
    schema: dict[str, Any] = {
        "fields": [_field(v, required, key) for v in release.released_variables(codebook, table)],
        "primaryKey": key,
        "missingValues": MISSING_VALUES,
    }
    targets = [(foreign, release.foreign_table(codebook, foreign)) for foreign in table.foreign_keys]
    if pointing := [_foreign_key(foreign, t) for foreign, t in targets if t.full_name in released]:
        schema["foreignKeys"] = pointing
    about = release.table_description(codebook, table, released=True)
    resource = {
        "name": table.full_name,
        "type": "table",
        "title": table.label,
        "description": " ".join([about, *table.usage_warnings]),
        "path": file.path,
        "format": "parquet",
        "mediatype": "application/vnd.apache.parquet",
        "hash": f"sha256:{file.sha256}",
        "rows": file.rows,
        "licenses": _licenses(facts, file.sources),
        "schema": schema,
    }
    return {name: value for name, value in resource.items() if value != []}


def _foreign_key(foreign: ForeignKey, target: Table) -> dict[str, Any]:
    reference = {"resource": target.full_name, "fields": foreign.references}
    return {"fields": foreign.columns, "reference": reference}


def _field(variable: Variable, required: list[str], key: list[str]) -> dict[str, Any]:
    """Return one field; `unit` and `question` are ours, the rest the standard's."""
    said = {
        "name": variable.name,
        "type": FIELD_TYPES[variable.type],
        "title": variable.label,
        "description": variable.description,
        "unit": variable.unit,
        "question": variable.question,
        "categories": variable.values
        and [{"value": v, "label": text} for v, text in variable.values.items()],
        "constraints": _constraints(variable, required, key),
    }
    return {name: value for name, value in said.items() if value}


def _constraints(variable: Variable, required: list[str], key: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if variable.name in required:
        found["required"] = True
    if key == [variable.name]:
        found["unique"] = True
    if variable.values is not None:
        found["enum"] = list(variable.values)
    for name, bound in zip(("minimum", "maximum"), bounds(variable), strict=True):
        if bound is not None:
            found[name] = int(bound) if variable.type == "integer" else bound
    return found
