"""The loader refuses a codebook that says a thing twice, says something unknown, or contradicts itself."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pipelines.codebook import load as loader
from pipelines.codebook.load import CodebookError, load_codebook


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Copy the YAML of the real codebook, to be spoilt."""
    for name in ("variables", "tables", "instruments", "analyses", "reference", "terms"):
        shutil.copytree(loader.HERE / name, tmp_path / name)
    shutil.copy(loader.HERE / "codebook.yaml", tmp_path)
    return tmp_path


def _append(path: Path, text: str) -> None:
    path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")


def _replace(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_a_copy_of_the_codebook_loads(folder: Path) -> None:
    assert load_codebook(folder) == load_codebook()


def test_a_key_written_twice_is_refused_with_its_file_and_line(folder: Path) -> None:
    _append(folder / "variables" / "diary.yaml", "\ncraving:\n  type: number\n")
    with pytest.raises(CodebookError, match=r"diary\.yaml line \d+: \[craving\] is written twice"):
        load_codebook(folder)


def test_a_file_that_is_not_yaml_is_refused_with_its_name_and_line(folder: Path) -> None:
    (folder / "variables" / "broken.yaml").write_text("craving: {type: text\n", encoding="utf-8")
    with pytest.raises(CodebookError, match=r"broken\.yaml\", line 2"):
        load_codebook(folder)


def test_a_variable_defined_in_two_files_is_refused(folder: Path) -> None:
    (folder / "variables" / "more.yaml").write_text("craving: {type: text, label: C, description: D.}\n")
    with pytest.raises(CodebookError, match=r"more\.yaml: \[craving\] is already defined in another file"):
        load_codebook(folder)


def test_an_unknown_field_is_refused(folder: Path) -> None:
    _replace(
        folder / "variables" / "diary.yaml",
        "  label: Craving today\n",
        "  label: Craving today\n  labell: x\n",
    )
    with pytest.raises(CodebookError, match="labell"):
        load_codebook(folder)


def test_a_label_that_yaml_reads_as_a_boolean_is_refused(folder: Path) -> None:
    _replace(folder / "variables" / "participants.yaml", "    female: Female\n", "    female: No\n")
    with pytest.raises(CodebookError, match="female"):
        load_codebook(folder)


def test_a_table_that_lists_an_undefined_variable_is_refused(folder: Path) -> None:
    _replace(folder / "tables" / "core.yaml", "recovery_identity,", "recovered_identity,")
    with pytest.raises(CodebookError, match="no file defines"):
        load_codebook(folder)


def test_a_variable_that_no_table_uses_is_refused(folder: Path) -> None:
    (folder / "variables" / "more.yaml").write_text(
        "spare: {type: text, label: Spare, description: Unused.}\n"
    )
    with pytest.raises(CodebookError, match=r"no table uses: \['spare'\]"):
        load_codebook(folder)


@pytest.mark.parametrize("old", ["columns: [giver_id]", "references: [county_fips]", "table: programs"])
def test_a_foreign_key_to_nowhere_is_refused(folder: Path, old: str) -> None:
    _replace(folder / "tables" / "core.yaml", old, old.replace("[", "[no_").replace(": pro", ": no_pro"))
    with pytest.raises(CodebookError, match="points"):
        load_codebook(folder)


def test_an_instrument_that_asks_for_more_items_than_it_has_is_refused(folder: Path) -> None:
    _replace(folder / "instruments" / "wellbeing.yaml", "minimum_answered: 5", "minimum_answered: 7")
    with pytest.raises(CodebookError, match="minimum_answered must be from 1 to 6"):
        load_codebook(folder)


def test_bands_that_do_not_rise_are_refused(folder: Path) -> None:
    _replace(folder / "variables" / "participants.yaml", "[0, 25, 35,", "[0, 35, 25,")
    with pytest.raises(CodebookError, match="bands must rise"):
        load_codebook(folder)


def test_a_missing_reason_in_one_place_only_is_refused(folder: Path) -> None:
    _replace(folder / "codebook.yaml", "  refused: The person", "  declined: The person")
    with pytest.raises(CodebookError, match="exactly the codes of missing_reasons"):
        load_codebook(folder)


def test_a_word_with_two_meanings_is_defined_for_each_table() -> None:
    book = load_codebook()
    civic, items = book.table("core.civic_items"), book.table("core.assessment_items")
    assert book.variable(civic, "answer").type == "boolean"
    assert book.variable(items, "answer").type == "number"
    assert "sponsoring" in (book.variable(book.table("core.roles"), "role").values or {})
    assert book.variable(book.table("catalog.variables"), "role").type == "text"
    assert book.variable(book.table("results.estimates"), "outcome").type == "text"
    assert "first_use" in (book.variable(book.table("core.outcome_times"), "outcome").values or {})
    assert [v.name for v in book.variables_of(civic)] == civic.variables


def test_shared_fields_are_merged_and_an_entrys_own_fields_win() -> None:
    book = load_codebook()
    alcohol, drug = book.variables["asi_alcohol"], book.variables["asi_drug"]
    assert alcohol.citation == drug.citation
    assert alcohol.label != drug.label
    assert (alcohol.minimum, alcohol.maximum) == (0, 1)


def test_a_released_table_with_a_list_in_a_cell_is_refused(folder: Path) -> None:
    _replace(
        folder / "tables" / "restricted.yaml", "comoment]\n  released: false", "comoment]\n  released: true"
    )
    with pytest.raises(CodebookError, match="is released, so no cell may be a list"):
        load_codebook(folder)
