"""What lies in data/raw: nothing is overlooked, and a declaration that cannot be followed says where."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from pipelines.sources.declaration import DeclarationError, SourceDeclaration
from pipelines.sources.discover import discover, files_for, quarters_of
from pipelines.sources.extract import ExtractErrors
from pipelines.sources.read import read_quarter

from .conftest import declaration


def put(data_raw: Path, name: str, **fields: Any) -> SourceDeclaration:
    """Declare a source in its folder."""
    folder = data_raw / name
    folder.mkdir(parents=True, exist_ok=True)
    content = declaration(source=name, **fields)
    (folder / "source.yaml").write_text(yaml.safe_dump(content, sort_keys=False))
    return SourceDeclaration(**content)


def problems(data_raw: Path) -> str:
    with pytest.raises(DeclarationError) as caught:
        discover(data_raw)
    return "\n".join(caught.value.problems)


def delivery(data_raw: Path, *names: str, quarter: str = "2026Q3") -> None:
    for name in names:
        path = data_raw / "site" / quarter / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("id\n1\n")


def test_sources_are_found_in_the_order_of_their_names(tmp_path: Path) -> None:
    put(tmp_path, "b_site")
    put(tmp_path, "a_site", quarter=None)
    (tmp_path / "README.md").write_text("notes")
    (tmp_path / ".cache").mkdir()
    assert [(s.source, s.quarter) for s in discover(tmp_path)] == [("a_site", None), ("b_site", "2026Q3")]


def test_the_way_to_a_problem_names_files_feeds_and_what_yaml_made_of_a_bare_word(tmp_path: Path) -> None:
    feeds = [
        {"table": "programs", "columns": {"program_id": "id"}},
        {"table": "participants", "columns": {"sex": {"from": "sex", "codes": {False: "male"}}}},
    ]
    content = declaration(source="site", feeds=feeds)
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "source.yaml").write_text(yaml.safe_dump(content))
    assert problems(tmp_path).startswith(
        "site/source.yaml: files > [people] > feeds > [participants] > columns > sex > codes > "
        "a bare No (or false): should be text: put it in quotes"
    )


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"source": "other"}, "`source` is [other] and the folder [site]"),
        ({"colour": "red"}, "site/source.yaml: files > [people] > colour: unknown field"),
        ({"time_zone": "Mars/Olympus"}, "time_zone: the time zone is not in the IANA list"),
        ({"quarter": "Q3 2026"}, "quarter: `quarter` is a year and a quarter"),
        ({"synthetic": "no"}, "synthetic: Input should be a valid boolean"),
        ({"encoding": "utf-99"}, "encoding: `encoding` is not known"),
        ({"separator": "::"}, "separator: `separator` is one character"),
        ({"shape": "redcap"}, "a REDCap file needs its `dictionary`"),
        ({"shape": "package"}, "a package file needs `package` and `dataset`"),
        ({"shape": "package", "package": "p", "dataset": "d", "quarter": None}, "needs the `quarter`"),
        ({"shape": "spss"}, "files > [people] > shape: "),
        (
            {"columns": {"sex": {"from": "s", "codes": {1: "female"}}}},
            "codes > 1: should be text: put it in quotes",
        ),
        ({"columns": {"sex": {"from": "s", "constant": "x"}}}, "sex: a variable comes from a column"),
        (
            {"columns": {"sex": {"from": "s", "since": "x"}}},
            "sex: `since` and `evening_until` need the `date`",
        ),
    ],
)
def test_a_declaration_that_cannot_be_followed_names_the_place(
    tmp_path: Path, fields: dict[str, Any], says: str
) -> None:
    content = declaration(**{"source": "site", **fields})
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "source.yaml").write_text(yaml.safe_dump(content))
    assert says in problems(tmp_path)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("source: site\ntitle: a\ntitle: b\n", "line 3: [title] is written twice"),
        ("source: [site\n", "site/source.yaml: is not valid YAML"),
        ("- site\n", "expected fields such as `source:`"),
        ("", "expected fields such as `source:`"),
        ("1: x\n", "the names of its fields must be text"),
        ("source: site\n", "files: is needed and not there; data/raw/README.md says"),
    ],
)
def test_yaml_that_says_nothing_or_twice_is_an_error(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "source.yaml").write_text(text)
    assert says in problems(tmp_path)


def test_problems_of_all_sources_come_together(tmp_path: Path) -> None:
    put(tmp_path, "good")
    (tmp_path / "forgotten").mkdir()
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "source.yaml").write_text("source: x\n")
    said = problems(tmp_path)
    assert "forgotten/source.yaml: not found" in said
    assert "broken/source.yaml" in said
    assert "good" not in said


def test_quarters_are_the_folders_oldest_first(tmp_path: Path) -> None:
    source = put(tmp_path, "site", quarter=None)
    for quarter in ("2026Q3", "2025Q4", "2026Q1"):
        delivery(tmp_path, "a.csv", quarter=quarter)
    (tmp_path / "site" / ".DS_Store").write_text("")
    assert quarters_of(source, tmp_path) == ["2025Q4", "2026Q1", "2026Q3"]
    assert quarters_of(put(tmp_path, "study", quarter="2026Q1"), tmp_path) == ["2026Q1"]


def test_a_misnamed_folder_and_a_loose_file_are_errors_and_not_overlooked(tmp_path: Path) -> None:
    source = put(tmp_path, "site", quarter=None)
    delivery(tmp_path, "a.csv", quarter="2026-Q3")
    delivery(tmp_path, "a.csv", quarter="2026Q5")
    (tmp_path / "site" / "loose.csv").write_text("id\n1\n")
    with pytest.raises(ExtractErrors) as caught:
        quarters_of(source, tmp_path)
    said = str(caught.value)
    assert len(caught.value.errors) == 3
    assert "site/2026-Q3: is not named like a quarter" in said
    assert "site/loose.csv: lies beside the quarter folders" in said


def test_files_go_to_the_pattern_that_claims_them(tmp_path: Path) -> None:
    content = declaration(source="site", quarter=None, pattern="stay*.csv")
    content["files"].append(
        {**content["files"][0], "name": "costs", "pattern": "costs.csv", "optional": True}
    )
    source = SourceDeclaration(**content)
    delivery(tmp_path, "stays_1.csv", "stays_2.csv", ".DS_Store", "~$stays.xlsx", "README.md")
    found = [(f.declaration.name, f.name) for f in files_for(source, "2026Q3", tmp_path)]
    assert found == [("people", "stays_1.csv"), ("people", "stays_2.csv")]
    delivery(tmp_path, "costs.csv")
    assert [f.name for f in files_for(source, "2026Q3", tmp_path)][-1] == "costs.csv"


def test_a_missing_an_unclaimed_and_a_doubly_claimed_file_are_all_told(tmp_path: Path) -> None:
    content = declaration(source="site", quarter=None, pattern="a*.csv")
    content["files"].append({**content["files"][0], "name": "twin", "pattern": "*b.csv"})
    content["files"].append({**content["files"][0], "name": "gone", "pattern": "gone.csv"})
    source = SourceDeclaration(**content)
    delivery(tmp_path, "ab.csv", "stray.csv")
    with pytest.raises(ExtractErrors) as caught:
        files_for(source, "2026Q3", tmp_path)
    said = str(caught.value)
    assert len(caught.value.errors) == 3
    assert "site/2026Q3/stray.csv: is not claimed by any file pattern" in said
    assert "2026Q3/ab.csv: is claimed by more than one file pattern" in said
    assert "Narrow the patterns of [people], [twin]" in said
    assert "no file for [gone], only ab.csv, stray.csv. Expected a file like gone.csv" in said


def test_a_dictionary_is_not_data_even_where_the_pattern_would_take_it(tmp_path: Path) -> None:
    source = put(
        tmp_path, "site", quarter=None, shape="redcap", pattern="*.csv", dictionary="*Dictionary.csv"
    )
    delivery(tmp_path, "data.csv", "Dictionary.csv")
    (tmp_path / "site" / "Dictionary.csv").write_text("")
    assert quarters_of(source, tmp_path) == ["2026Q3"]
    assert [f.name for f in files_for(source, "2026Q3", tmp_path)] == ["data.csv"]


def test_a_source_of_one_fixed_quarter_has_its_files_in_its_own_folder(tmp_path: Path) -> None:
    source = put(tmp_path, "study", pattern="study.csv")
    (tmp_path / "study" / "study.csv").write_text("id\n1\n")
    [(file, extract)] = read_quarter(source, "2026Q3", tmp_path)
    assert (file.name, extract.rows_in) == ("people", 1)


def test_every_unreadable_file_of_a_quarter_is_told_not_only_the_first(tmp_path: Path) -> None:
    source = put(tmp_path, "site", quarter=None, pattern="*.csv")
    delivery(tmp_path, "good.csv")
    folder = tmp_path / "site" / "2026Q3"
    (folder / "empty.csv").write_text("")
    (folder / "wide.csv").write_text("id,x\n1,2\n")
    with pytest.raises(ExtractErrors) as caught:
        read_quarter(source, "2026Q3", tmp_path)
    assert [error.problem for error in caught.value.errors] == ["is empty", "unmapped columns: [x]"]
