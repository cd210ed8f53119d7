"""Reading a release: what is refused, and what is never passed on."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import duckdb
import pytest

from reports.release import Release, ReleaseError, kind_of, read_release


def test_a_missing_file_is_refused_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ReleaseError, match=r"no release at gone\.duckdb: run"):
        read_release(tmp_path / "gone.duckdb")


def test_a_database_without_the_tables_is_refused_by_their_names(tmp_path: Path) -> None:
    duckdb.connect(str(tmp_path / "empty.duckdb")).close()
    with pytest.raises(ReleaseError, match=r"lacks catalog\.analyses, catalog\.checks"):
        read_release(tmp_path / "empty.duckdb")


def test_a_release_that_does_not_describe_itself_is_refused(tmp_path: Path, fake: ModuleType) -> None:
    path = fake.write_release(tmp_path / "w.duckdb", {"catalog.releases": []})
    with pytest.raises(ReleaseError, match=r"no row in catalog\.releases"):
        read_release(path)


def test_results_of_a_population_that_the_catalog_does_not_list_are_refused(
    tmp_path: Path, fake: ModuleType
) -> None:
    row = fake.answer("W1", "meaningfulness", "recovery_identity_within", "elsewhere", (1.0, 0.0, 2.0))
    path = fake.write_release(tmp_path / "w.duckdb", {"results.estimates": [row]})
    with pytest.raises(ReleaseError, match="W1 of elsewhere"):
        read_release(path)


def test_a_suppressed_row_carries_no_number_and_no_words(release: Release, fake: ModuleType) -> None:
    rows = [a for a in release.answers if a.suppressed]
    assert len(rows) >= 3
    assert {(a.estimate, a.ci_low, a.ci_high, a.n_people, a.note) for a in rows} == {
        (None, None, None, None, "")
    }
    assert {a.standing for a in rows} == {"suppressed"}
    (point,) = (p for p in release.points if p.suppressed)
    assert (point.estimate, point.ci_low, point.n_at_risk) == (None, None, None)
    facts = [f for f in release.facts if f.suppressed]
    assert {(f.value, f.ci_low, f.ci_high, f.n_people, f.detail) for f in facts} == {
        (None, None, None, None, "")
    }


def test_only_the_latest_quarter_up_to_the_release_is_read(tmp_path: Path, fake: ModuleType) -> None:
    rows = [
        fake.answer(
            "W1", "meaningfulness", "recovery_identity_within", fake.DEMO, (value, 0.0, 1.0), as_of=quarter
        )
        for quarter, value in (("2026Q1", 0.1), ("2026Q2", 0.2), ("2026Q4", 0.4))
    ]
    empty = {"results.curves": [], "results.diagnostics": []}
    release = read_release(fake.write_release(tmp_path / "w.duckdb", {"results.estimates": rows, **empty}))
    assert [a.estimate for a in release.answers] == [0.2]


def test_the_release_file_is_not_touched(tmp_path: Path, fake: ModuleType) -> None:
    path = fake.write_release(tmp_path / "w.duckdb")
    before = path.read_bytes()
    read_release(path)
    assert path.read_bytes() == before


def test_the_latest_release_of_several_speaks(tmp_path: Path, fake: ModuleType) -> None:
    row = fake.catalog()["catalog.releases"][0]
    older = row | {"release_id": "older", "released_at": row["released_at"].replace(year=2025)}
    path = fake.write_release(tmp_path / "w.duckdb", {"catalog.releases": [row, older]})
    assert read_release(path).release_id == row["release_id"]


def test_labels_come_from_the_codebook_and_else_from_the_code(release: Release) -> None:
    assert release.label("civic_item", "voted") == "Vote in an election"
    assert release.label("civic_item", "danced_well") == "danced well"


@pytest.mark.parametrize(
    ("synthetic", "kind"),
    [([True, True], "synthetic"), ([False], "real"), ([True, False], "mixed"), ([], "real")],
)
def test_data_are_called_synthetic_only_where_all_are_and_mixed_where_some_are(
    synthetic: list[bool], kind: str
) -> None:
    assert kind_of(synthetic) == kind
