"""The demo is written from a seed alone, and what is committed is what it writes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from pipelines.demo import markers
from pipelines.demo.simulate import SOURCES, TRUTH, simulate

RAW = Path(__file__).parents[4] / "data" / "raw"


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_the_same_seed_writes_the_same_bytes(tmp_path):
    for name in ("first", "second"):
        simulate(tmp_path / name, participants=120)
    assert contents(tmp_path / "first") == contents(tmp_path / "second")


def test_another_seed_writes_other_data_under_the_same_names(tmp_path):
    simulate(tmp_path / "one", participants=120)
    simulate(tmp_path / "other", participants=120, seed=1)
    one, other = contents(tmp_path / "one"), contents(tmp_path / "other")
    assert list(one) == list(other)
    changed = {name for name in one if one[name] != other[name]}
    assert len(changed) == len([n for n in one if "source.yaml" not in n and "Dictionary" not in n])


def test_the_committed_demo_is_what_the_generator_writes(written):
    committed = {
        name: content
        for name, content in contents(RAW).items()
        if name == TRUTH or name.split("/")[0] in SOURCES
    }
    fresh = contents(written)
    assert sorted(committed) == sorted(fresh)
    assert [name for name in fresh if committed[name] != fresh[name]] == []


def test_it_returns_every_file_it_wrote(tmp_path):
    paths = simulate(tmp_path, participants=60)
    assert sorted(str(p.relative_to(tmp_path)) for p in paths) == sorted(contents(tmp_path))


def test_a_later_first_quarter_delivers_everything_so_far(tmp_path):
    simulate(tmp_path, participants=60, quarters=("2026Q3",))
    rows = (tmp_path / "demo_outcomes" / "2026Q3").glob("*_DATA_*.csv")
    text = next(rows).read_text(encoding="utf-8")
    assert text.count("baseline_arm_1") == 60


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"participants": 59}, "at least 60"),
        ({"quarters": ()}, "first quarter"),
        ({"quarters": ("2021Q1",)}, "first quarter"),
        ({"quarters": ("2026Q1", "2026Q3")}, "does not follow"),
        ({"quarters": ("2026Q3", "2026Q2")}, "does not follow"),
        ({"quarters": ("2026-Q3",)}, "not a quarter"),
    ],
)
def test_impossible_arguments_are_refused_in_words_and_nothing_is_written(tmp_path, arguments, words):
    with pytest.raises(ValueError, match=words):
        simulate(tmp_path, **arguments)
    assert contents(tmp_path) == {}


def test_the_demo_stays_small(written):
    assert sum(len(content) for content in contents(written).values()) < 3_000_000


def test_every_source_says_that_it_is_synthetic(written):
    for source in SOURCES:
        declared = yaml.safe_load((written / source / "source.yaml").read_text(encoding="utf-8"))
        assert declared["synthetic"] is True
        assert "synthetic" in declared["title"].lower()
        files = [p for p in (written / source).rglob("*") if p.is_file() and p.name != "source.yaml"]
        assert files
        assert all("synthetic" in p.name.lower() for p in files)


def test_identifiers_are_fixed_markers_and_nothing_else(written):
    texts = []
    for name, content in contents(written).items():
        if not name.endswith(".xlsx"):
            one_byte = "windows-1252" if name.endswith(".txt") else "utf-8"
            texts.append(content.decode("utf-16" if content[:2] == b"\xff\xfe" else one_byte))
    text = "\n".join(texts)
    assert set(re.findall(r"[\w.+-]+@[\w.-]+", text)) == {markers.EMAIL}
    assert set(re.findall(r"\b\d{1,3}(?:\.\d{1,3}){3}\b", text)) == {markers.IP_ADDRESS}
    assert set(re.findall(r"\b\d{3}-\d{3}-\d{4}\b", text)) == {markers.PHONE}
    assert re.findall(r"\b\d{3}-\d{2}-\d{4}\b", text) == []
    ids = set(re.findall(r"\bSYN-\d+\b", text))
    assert {i for i in ids if not i.startswith("SYN-99")} == {f"SYN-{n:04d}" for n in range(1, 601)}


def test_every_marker_is_in_a_file_that_would_leak_it(written):
    raw = b"".join(contents(written).values())
    wide = [marker for marker in markers.ALL if marker.encode() not in raw]
    assert wide == []
