"""The dictionary of terms: written once, complete for what the analyses state, and that of docs/methods."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from pipelines.codebook import Codebook, load_codebook
from pipelines.codebook.dictionary import read_dictionary
from pipelines.codebook.read import CodebookError
from pipelines.codebook.spec import Term
from pipelines.codebook.to_catalog import terms_frame
from pipelines.codebook.to_methods import MARKED, PAGES, VARIANT, written

FILE = """
analyses: [W1, W2]
estimates:
  slope_{kind}:
    for: {kind: {a: apples, b: pears}}
    description: The slope of {kind}.
    unit: points
    scale: points
    positive: More of {kind}.
curves:
  overall: {description: A share., unit: share, scale: points, positive: More., along: Days., limits: None.}
diagnostics:
  icc: {description: A share., unit: share}
"""


def read(tmp_path: Path, text: str) -> list[dict[str, str]]:
    (tmp_path / "W.yaml").write_text(text, encoding="utf-8")
    return read_dictionary(tmp_path)


def test_an_entry_stands_for_a_number_for_each_code_in_each_analysis(tmp_path):
    found = read(tmp_path, FILE)
    assert [(entry["analysis"], entry["kind"], entry["name"]) for entry in found] == [
        (analysis, kind, name)
        for analysis in ("W1", "W2")
        for kind, name in (
            ("estimate", "slope_a"),
            ("estimate", "slope_b"),
            ("curve", "overall"),
            ("diagnostic", "icc"),
        )
    ]
    assert (found[1]["description"], found[1]["positive"]) == ("The slope of pears.", "More of pears.")


def test_a_part_without_codes_and_an_unknown_field_are_refused_by_file(tmp_path):
    with pytest.raises(CodebookError, match=r"W\.yaml: \[slope_\{kind\}\] has a part without codes"):
        read(tmp_path, FILE.replace("    for: {kind: {a: apples, b: pears}}\n", ""))
    with pytest.raises(CodebookError, match=r"W\.yaml: unknown \['numbers'\]"):
        read(tmp_path, FILE + "numbers: {}\n")


@pytest.mark.parametrize("lacking", ["unit", "scale", "positive"])
def test_an_estimate_says_its_unit_its_scale_and_what_above_zero_means(lacking):
    said = {"unit": "u", "scale": "s", "positive": "p"}
    fields = {"analysis": "W1", "kind": "estimate", "name": "slope", "description": "d"}
    Term.model_validate(fields | said)
    with pytest.raises(ValidationError, match="estimate needs unit, scale, positive"):
        Term.model_validate(fields | {name: text for name, text in said.items() if name != lacking})


@pytest.mark.parametrize("lacking", ["unit", "scale", "positive", "along", "limits"])
def test_a_curve_says_its_unit_what_it_runs_along_and_what_its_limits_are(lacking):
    said = {"unit": "u", "scale": "s", "positive": "p", "along": "x", "limits": "l"}
    fields = {"analysis": "W1", "kind": "curve", "name": "overall", "description": "d"}
    Term.model_validate(fields | said)
    with pytest.raises(ValidationError, match="curve needs unit, scale, positive, along, limits"):
        Term.model_validate(fields | {name: text for name, text in said.items() if name != lacking})


def test_only_a_curve_runs_along_something():
    fields = {"analysis": "W1", "kind": "diagnostic", "name": "icc", "description": "d"}
    with pytest.raises(ValidationError, match="only a curve has along and limits"):
        Term.model_validate(fields | {"along": "x"})


@pytest.mark.parametrize(
    ("change", "why"), [({"analysis": "W9"}, "unknown analysis"), ({}, "in the dictionary twice")]
)
def test_a_term_twice_or_of_an_unknown_analysis_is_refused(small: Codebook, change, why):
    term = {"analysis": "W1", "kind": "diagnostic", "name": "icc", "description": "d"}
    content = small.model_dump() | {"dictionary": [term, term | change]}
    with pytest.raises(ValidationError, match=why):
        Codebook.model_validate(content)


def test_the_catalog_has_a_row_for_each_term():
    codebook = load_codebook()
    frame = terms_frame(codebook)
    assert frame.height == len(codebook.dictionary)
    assert frame.rows()[0] == (
        "A1", "estimate", "friend_support_per_sd", codebook.dictionary[0].description,
        "times, per standard deviation of support from friends", "hazard ratio",
        codebook.dictionary[0].positive, None, None,
    )  # fmt: skip
    curves = frame.filter(term_kind="curve")
    assert set(curves.get_column("analysis")) == {"A1", "H1", "J1", "Q1", "S1"}
    assert curves.null_count().row(0) == (0,) * curves.width


def test_a_number_whose_unit_depends_on_the_outcome_says_of_which_outcomes_each_unit_is():
    either = re.compile(r"(.+) \((\w+_\.\.\.(?:, \w+_\.\.\.)*)\) or (.+) \((\w+_\.\.\.(?:, \w+_\.\.\.)*)\)")
    found = [
        t for t in load_codebook().dictionary if " or " in (t.scale or "") or "points of" in (t.unit or "")
    ]
    depending = [t for t in found if " or " in f"{t.scale} {t.unit}"]
    assert {t.analysis for t in depending} == {"C1", "C3"}
    for term in depending:
        said = either.match(term.unit or "")
        assert said is not None, (term.analysis, term.name)
        assert not set(said[2].split(", ")) & set(said[4].split(", ")), (term.analysis, term.name)


def test_every_variant_is_of_an_estimate_of_its_analysis():
    codebook = load_codebook()
    variants = [t for t in codebook.dictionary if t.name.startswith(VARIANT)]
    assert len(variants) > 60
    for variant in variants:
        terms = [t.name for t in codebook.terms_of(variant.analysis, "estimate")]
        assert any(variant.name.startswith(f"{VARIANT}{term}_") for term in terms), variant.name


def test_the_tables_of_the_methods_pages_are_those_of_the_dictionary():
    codebook, marked = load_codebook(), []
    for path in sorted(PAGES.glob("*.md")):
        page = path.read_text(encoding="utf-8")
        marked += [found[1] for found in MARKED.finditer(page)]
        assert page == written(page, codebook), f"{path.name}: run python -m pipelines.codebook.to_methods"
    assert sorted(marked) == sorted(codebook.analyses)
