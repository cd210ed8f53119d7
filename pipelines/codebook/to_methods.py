"""The dictionary of terms in the pages of docs/methods: written from the codebook between two marks.

    python -m pipelines.codebook.to_methods

A page that has the mark `<!-- terms of W1 -->` gets the tables of W1 up to `<!-- end of terms -->`. Pages are
checked against this module by a test, so that a term is defined once.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from pipelines.codebook.load import load_codebook
from pipelines.codebook.spec import Codebook, Term

PAGES: Final = Path(__file__).parents[2] / "docs" / "methods"
MARKED: Final = re.compile(r"(?<=<!-- terms of (\w\d) -->\n).*?(?=<!-- end of terms -->)", re.DOTALL)
VARIANT: Final = "sensitivity_"
LARGE: Final = 4  # members of a family; with more of them a page has one row for all


def terms_tables(codebook: Codebook, analysis: str) -> str:
    """Return the terms of an analysis, its curves and its diagnostics as Markdown tables.

    Variants of a term are left to the text of the page: one for each term and way would hide the others.
    """
    estimates = _rows(codebook.terms_of(analysis, "estimate"))
    facts = _rows(t for t in codebook.terms_of(analysis, "diagnostic") if not t.name.startswith(VARIANT))
    return "\n".join(
        [
            "",
            "| Term | Scale | What it is | Above zero (a ratio: above one) |",
            "|---|---|---|---|",
            *(f"| {t.name} | {t.scale} | {t.description} | {t.positive} |" for t in estimates),
            *_curves(codebook.terms_of(analysis, "curve")),
            "",
            "| Diagnostic | Unit | What it is |",
            "|---|---|---|",
            *(f"| {t.name} | {t.unit or ''} | {_said(t)} |" for t in facts),
            "",
            "",
        ]
    )


def written(page: str, codebook: Codebook) -> str:
    """Return a page with its tables as the codebook has them; a page without a mark as it is."""
    return MARKED.sub(lambda found: terms_tables(codebook, found[1]), page)


def _rows(terms: Iterable[Term]) -> list[Term]:
    """Return the terms, those of a large family as one."""
    listed = list(terms)
    members = Counter(term.family["name"] for term in listed if term.family)
    rows: dict[str, Term] = {}
    for term in listed:
        family = term.family if term.family and members[term.family["name"]] > LARGE else None
        row = term.model_copy(update=family) if family else term
        rows.setdefault(row.name, row)
    return list(rows.values())


def _curves(curves: Iterable[Term]) -> list[str]:
    """Return the lines of a table of the curves, none where there is no curve."""
    rows = [
        f"| {t.name} | {t.unit} | {t.description} Higher: {t.positive} | {t.along} | {t.limits} |"
        for t in _rows(curves)
    ]
    head = ["", "| Curve | Unit | What it is | Along | Limits |", "|---|---|---|---|---|"]
    return [*head, *rows] if rows else []


def _said(term: Term) -> str:
    return term.description if term.positive is None else f"{term.description} Above zero: {term.positive}"


def write_pages(folder: Path = PAGES) -> None:
    """Write the tables into every page."""
    codebook = load_codebook()
    for path in sorted(folder.glob("*.md")):
        path.write_text(written(path.read_text(encoding="utf-8"), codebook), encoding="utf-8")


if __name__ == "__main__":
    write_pages()
