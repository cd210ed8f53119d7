"""The worked example of data/raw/README.md does what it says."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from pipelines.codebook.load import load_codebook
from pipelines.sources.check import check_against_codebook
from pipelines.sources.declaration import Column, Feed, FileDeclaration, SourceDeclaration
from pipelines.sources.discover import discover
from pipelines.sources.read import read_quarter
from tests.worked_example import README, block, write_worked_example


def test_the_worked_example_is_found_fits_the_codebook_and_reads(tmp_path: Path) -> None:
    write_worked_example(tmp_path)
    [source] = discover(tmp_path)
    check_against_codebook(source, load_codebook())
    (houses, houses_extract), (stays, stays_extract) = read_quarter(source, "2026Q3", tmp_path)
    assert (houses.name, houses_extract.rows["County FIPS"].to_list()) == ("houses", ["29019"])
    assert (stays.name, stays_extract.rows_in, stays_extract.refusals) == ("stays", 2, ())
    assert stays_extract.dropped_columns == ("full_name",)
    assert "Made Up" not in stays_extract.rows.write_csv()


@pytest.mark.parametrize("entry", [SourceDeclaration, FileDeclaration, Feed, Column])
def test_every_field_of_a_declaration_is_explained(entry: type) -> None:
    text = README.read_text(encoding="utf-8")
    names = [field.alias or name for name, field in entry.model_fields.items()]  # type: ignore[attr-defined]
    assert [name for name in names if f"`{name}`" not in text and f"`{name}:" not in text] == []


def test_every_missing_reason_is_named() -> None:
    text = README.read_text(encoding="utf-8")
    assert [reason for reason in load_codebook().missing_reasons if reason not in text] == []
    assert yaml.safe_load(block("yaml"))["source"] == "harbor"
