"""Declarations and files that the tests of the source adapters write."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pytest

from pipelines.sources.declaration import SourceDeclaration
from pipelines.sources.extract import Extract, ExtractError
from pipelines.sources.read import read_extract

Read = Callable[..., Extract]
Refuse = Callable[..., str]


def declaration(**fields: Any) -> dict[str, Any]:
    """Fields of a source with one file; what is not said is filled in."""
    about = {
        "source": "site", "title": "A site", "description": "Made by a test.", "producer": "Test",
        "licence": "CC0-1.0", "synthetic": True, "population": "site", "population_label": "Site",
        "time_zone": "America/Chicago", "quarter": "2026Q3",
    }  # fmt: skip
    source = {name: fields.pop(name) for name in list(fields) if name in about}
    feeds = fields.pop(
        "feeds", [{"table": "participants", "columns": fields.pop("columns", {"participant_id": "id"})}]
    )
    file = {"name": "people", "shape": "delimited", "feeds": feeds, **fields}
    if file["shape"] != "package":
        file.setdefault("pattern", "*")
    return {**about, **source, "files": [file]}


@pytest.fixture
def read() -> Read:
    """Read one file under a declaration made of the keywords."""

    def _read(path: Path | None, **fields: Any) -> Extract:
        source = SourceDeclaration(**declaration(**fields))
        return read_extract(path, source.files[0], source)

    return _read


@pytest.fixture
def refuse(read: Read) -> Refuse:
    """Message of the error that a file meets; it never has a cause that could carry the file's bytes."""

    def _refuse(path: Path | None, **fields: Any) -> str:
        with pytest.raises(ExtractError) as caught:
            read(path, **fields)
        assert caught.value.__cause__ is None and caught.value.__context__ is None
        return str(caught.value)

    return _refuse


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write text (or bytes) to a file of the test's folder."""

    def _write(content: str | bytes, name: str = "people.csv", encoding: str = "utf-8") -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return path

    return _write


_SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_STYLES = (
    f'<styleSheet xmlns="{_SHEET}"><fonts count="1"><font/></fonts><fills count="1"><fill/></fills>'
    '<borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="3">'
    '<xf numFmtId="0"/><xf numFmtId="14" applyNumberFormat="1"/><xf numFmtId="22" applyNumberFormat="1"/>'
    "</cellXfs></styleSheet>"
)


def _cell(value: object) -> str:
    """One cell; a timestamp is always noon of its day."""
    if value is None:
        return "<c/>"
    if isinstance(value, bool):
        return f'<c t="b"><v>{int(value)}</v></c>'
    if isinstance(value, date):  # a datetime is one too
        style, noon = (2, 0.5) if isinstance(value, datetime) else (1, 0)
        return f'<c s="{style}"><v>{value.toordinal() - date(1899, 12, 30).toordinal() + noon}</v></c>'
    if isinstance(value, int | float):
        return f"<c><v>{value}</v></c>"
    if str(value).startswith("#"):
        return f'<c t="e"><v>{value}</v></c>'
    return f'<c t="inlineStr"><is><t xml:space="preserve">{escape(str(value))}</t></is></c>'


@pytest.fixture
def workbook(tmp_path: Path) -> Callable[..., Path]:
    """Write an .xlsx workbook: sheet name -> rows of cells (text starting with # is a formula's error)."""

    def _workbook(sheets: dict[str, list[list[object]]], name: str = "book.xlsx") -> Path:
        path = tmp_path / name
        with zipfile.ZipFile(path, "w") as book:
            parts = "".join(
                f'<Override PartName="/xl/worksheets/sheet{i}.xml" ContentType='
                '"application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>'
                for i in range(1, len(sheets) + 1)
            )
            book.writestr(
                "[Content_Types].xml",
                f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" '
                'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
                '<Override PartName="/xl/workbook.xml" ContentType='
                '"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
                '<Override PartName="/xl/styles.xml" ContentType='
                f'"application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/>{parts}</Types>',
            )
            book.writestr(
                "_rels/.rels",
                f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="r1" '
                f'Type="{_RELATION}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
            )
            listed = "".join(
                f'<sheet name="{s}" sheetId="{i}" r:id="r{i}"/>' for i, s in enumerate(sheets, 1)
            )
            book.writestr(
                "xl/workbook.xml",
                f'<workbook xmlns="{_SHEET}" xmlns:r="{_RELATION}"><sheets>{listed}</sheets></workbook>',
            )
            targets = "".join(
                f'<Relationship Id="r{i}" Type="{_RELATION}/worksheet" Target="worksheets/sheet{i}.xml"/>'
                for i in range(1, len(sheets) + 1)
            )
            book.writestr(
                "xl/_rels/workbook.xml.rels",
                f'<Relationships xmlns="{_PACKAGE}/relationships">{targets}<Relationship Id="s" '
                f'Type="{_RELATION}/styles" Target="styles.xml"/></Relationships>',
            )
            book.writestr("xl/styles.xml", _STYLES)
            for i, rows in enumerate(sheets.values(), 1):
                data = "".join(f"<row>{''.join(map(_cell, row))}</row>" for row in rows)
                book.writestr(
                    f"xl/worksheets/sheet{i}.xml",
                    f'<worksheet xmlns="{_SHEET}"><sheetData>{data}</sheetData></worksheet>',
                )
        return path

    return _workbook
