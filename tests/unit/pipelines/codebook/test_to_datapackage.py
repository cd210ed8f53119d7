"""The data package, checked by frictionless on real Parquet files."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import frictionless
import polars as pl
import pytest

from pipelines.codebook import Codebook, load_codebook
from pipelines.codebook.released import ReleaseFacts, SourceFacts, released_tables, released_variables
from pipelines.codebook.to_catalog import catalog_frames, reference_frame
from pipelines.codebook.to_datapackage import OWN_LICENSES, ReleasedFile, descriptor
from pipelines.codebook.to_polars import schema


def _write(folder: Path, frames: dict[str, pl.DataFrame]) -> dict[str, ReleasedFile]:
    files = {}
    for name, frame in frames.items():
        path = folder / f"{name}.parquet"
        frame.write_parquet(path)
        content = path.read_bytes()
        digest = hashlib.sha256(content).hexdigest()
        files[name] = ReleasedFile(path=path.name, sha256=digest, rows=frame.height)
    return files


def _validate(folder: Path, package: dict[str, Any]) -> frictionless.Report:
    target = folder / "datapackage.json"
    target.write_text(json.dumps(package), encoding="utf-8")
    return frictionless.validate(str(target))


def _frames(small: Codebook, **changes: list[Any]) -> dict[str, pl.DataFrame]:
    people = pl.DataFrame(
        {"participant_id": ["p1", "p2"], "sex": ["male", None], "source": ["s", "s"]},
        schema=schema(small, small.table("core.participants"), released=True),
    )
    columns: dict[str, list[Any]] = {
        "participant_id": ["p1", "p2", "p2"],
        "wave": ["baseline", "baseline", "month_6"],
        "assessment_day": [0, None, 180],
        "barc10": [None, 40.5, 60.0],
        "answered": [True, False, True],
        "released_at": [None, None, None],
        "source": ["s", "s", "s"],
    }
    waves = pl.DataFrame(
        {**columns, **changes}, schema=schema(small, small.table("core.assessments"), released=True)
    )
    return {"core.participants": people, "core.assessments": waves}


def test_sound_parquet_files_with_nulls_are_valid(
    small: Codebook, facts: ReleaseFacts, tmp_path: Path
) -> None:
    files = _write(tmp_path, _frames(small))
    report = _validate(tmp_path, descriptor(small, facts, files))
    assert report.valid, report.flatten(["type", "note"])
    assert [task.stats["rows"] for task in report.tasks] == [3, 2]


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"wave": ["baseline", "elsewhere", "month_6"]}, "constraint-error"),
        ({"barc10": [9.0, 40.5, 60.0]}, "constraint-error"),
        ({"assessment_day": [0, 401, 1]}, "constraint-error"),
        ({"answered": [None, True, True]}, "constraint-error"),
        ({"wave": ["baseline", "month_6", "month_6"]}, "primary-key"),
        ({"participant_id": ["p1", "p2", "p3"]}, "foreign-key"),
    ],
)
def test_frictionless_finds_what_the_codebook_forbids(
    small: Codebook, facts: ReleaseFacts, tmp_path: Path, changes: dict[str, list[Any]], error: str
) -> None:
    files = _write(tmp_path, _frames(small, **changes))
    report = _validate(tmp_path, descriptor(small, facts, files))
    assert {found[0] for found in report.flatten(["type"])} == {error}


def test_a_file_that_lost_rows_is_found(small: Codebook, facts: ReleaseFacts, tmp_path: Path) -> None:
    frames = _frames(small)
    package = descriptor(small, facts, _write(tmp_path, frames))
    _write(tmp_path, {"core.assessments": frames["core.assessments"].head(2)})
    assert [found[0] for found in _validate(tmp_path, package).flatten(["type"])] == ["row-count"]


def test_the_package_of_the_real_codebook_is_valid_and_whole(facts: ReleaseFacts, tmp_path: Path) -> None:
    codebook = load_codebook()
    frames = {
        table.full_name: pl.DataFrame(schema=schema(codebook, table, released=True))
        for table in released_tables(codebook)
    }
    frames |= catalog_frames(codebook, {})
    frames |= {name: reference_frame(codebook, name) for name in codebook.reference_rows}
    package = descriptor(codebook, facts, _write(tmp_path, frames))
    report = _validate(tmp_path, package)
    assert report.valid, report.flatten(["type", "note"])
    described = {r["name"]: [f["name"] for f in r["schema"]["fields"]] for r in package["resources"]}
    assert described == {
        table.full_name: [variable.name for variable in released_variables(codebook, table)]
        for table in released_tables(codebook)
    }


def test_the_package_says_that_data_are_synthetic_and_whose_license_holds(
    small: Codebook, facts: ReleaseFacts
) -> None:
    sources = tuple(
        SourceFacts(
            source=title, population="p", title=title, producer="A study", licence=licence, synthetic=False
        )
        for title, licence in [("one", "CC0-1.0"), ("two", "For research only"), ("three", "CC0-1.0")]
    )
    fields = {name: getattr(facts, name) for name in facts.__slots__} | {"sources": sources}
    files = {
        "core.participants": ReleasedFile(path="p", sha256="0", rows=1, sources=("one", "two", "three")),
        "core.assessments": ReleasedFile(path="a", sha256="0", rows=1, sources=("one",)),
    }
    package = descriptor(small, ReleaseFacts(**fields), files)
    assert package["contains_synthetic"] is True
    assert "synthetic demonstration data" in package["description"]
    assert {resource["name"]: resource["licenses"] for resource in package["resources"]} == {
        "core.assessments": [{"name": "CC0-1.0", "title": "CC0-1.0"}],
        "core.participants": [
            {"name": "CC0-1.0", "title": "CC0-1.0"},
            {"name": "other", "title": "For research only"},
        ],
    }
    assert package["licenses"] == [OWN_LICENSES], "the whole is under no single license"


def test_the_package_opens_with_the_terms_of_use(small: Codebook, facts: ReleaseFacts) -> None:
    package = descriptor(small, facts, {})
    assert package["description"].startswith(small.terms)
    assert package["terms"] == small.terms


def test_what_there_is_none_of_is_left_out(small: Codebook, facts: ReleaseFacts) -> None:
    package = descriptor(small, facts, {})
    assert not {"sources", "resources"} & set(package)
    file = ReleasedFile(path="p", sha256="0", rows=1)
    (resource,) = descriptor(small, facts, {"core.participants": file})["resources"]
    assert "licenses" not in resource
    assert package["left_out"] == ["help_trial"]


def test_a_file_of_a_restricted_table_is_refused(small: Codebook, facts: ReleaseFacts) -> None:
    file = ReleasedFile(path="crosswalk.parquet", sha256="0" * 64, rows=1)
    with pytest.raises(ValueError, match="not a released table"):
        descriptor(small, facts, {"restricted.crosswalk": file})


def test_a_path_out_of_the_release_is_refused(small: Codebook, facts: ReleaseFacts) -> None:
    file = ReleasedFile(path="../participants.parquet", sha256="0" * 64, rows=1)
    with pytest.raises(ValueError, match="leads out of the release"):
        descriptor(small, facts, {"core.participants": file})
