"""The codebook as one HTML page that needs no network: every released table and variable, in words."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from pipelines.codebook import released as release
from pipelines.codebook.bounds import bounds
from pipelines.codebook.released import ReleaseFacts
from pipelines.codebook.spec import Codebook, Instrument, Layer, Table, Variable

TEMPLATES: Final = Path(__file__).parent / "templates"

# In the order in which a reader meets them; `restricted` is never released.
LAYERS: Final[dict[Layer, tuple[str, str]]] = {
    "core": (
        "Core tables",
        "People, programs and what happened to them, one row per thing. Nobody is named.",
    ),
    "results": ("Results", "The numbers that the report shows, one row each, with their uncertainty."),
    "reference": ("Reference", "Figures that others published, with their source, to set beside ours."),
    "catalog": ("Catalog", "What the release says about itself: sources, checks, refusals, versions."),
}
TYPES: Final = {
    "text": "text",
    "category": "category",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
    "timestamp": "date and time (UTC)",
}


def render_codebook_page(codebook: Codebook, facts: ReleaseFacts | None = None) -> str:
    """Return the page as HTML text.

    Parameters
    ----------
    codebook
        The codebook; only what is released is shown.
    facts
        What is said of the release the page lies beside; without it the page describes the schema alone.
    """
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["prose"] = prose
    tables = [_table(codebook, table) for table in release.released_tables(codebook)]
    return environment.get_template("codebook.html.j2").render(
        codebook=codebook,
        facts=facts,
        layers=[
            {
                "name": layer,
                "title": title,
                "about": about,
                "tables": [t for t in tables if t["layer"] == layer],
            }
            for layer, (title, about) in LAYERS.items()
        ],
        n_variables=sum(len(table["variables"]) for table in tables),
        instruments=[_instrument(codebook, entry) for entry in codebook.instruments.values()],
        analyses=list(codebook.analyses.values()),
        css=Markup((TEMPLATES / "codebook.css").read_text(encoding="utf-8")),
        script=Markup((TEMPLATES / "codebook.js").read_text(encoding="utf-8")),
    )


def prose(text: str) -> Markup:
    """Escape a sentence of the codebook and set what it puts between backticks as code."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))


def _table(codebook: Codebook, table: Table) -> dict[str, Any]:
    required = release.not_null(codebook, table, released=True)
    return {
        "name": table.full_name,
        "layer": table.layer,
        "label": table.label,
        "description": release.table_description(codebook, table, released=True),
        "usage_warnings": table.usage_warnings,
        "key": release.primary_key(table, released=True),
        "foreign_keys": [
            {"columns": foreign.columns, "table": release.foreign_table(codebook, foreign).full_name}
            for foreign in table.foreign_keys
        ],
        "variables": [
            _variable(table, variable, required) for variable in release.released_variables(codebook, table)
        ],
    }


def _variable(table: Table, variable: Variable, required: list[str]) -> dict[str, Any]:
    return {
        "anchor": f"{table.full_name}.{variable.name}",
        "type": TYPES[variable.type],
        "range": _range(variable),
        "in_key": variable.name in table.primary_key,
        "nullable": variable.name not in required,
        "withheld": variable.quasi_identifying and variable.name not in table.primary_key,
        **{
            field: getattr(variable, field)
            for field in (
                "name",
                "label",
                "description",
                "question",
                "unit",
                "values",
                "instrument",
                "citation",
            )
        },
    }


def _range(variable: Variable) -> str | None:
    match bounds(variable):
        case None, None:
            return None
        case low, None:
            return f"{low:g} or more"
        case None, high:
            return f"{high:g} or less"
        case low, high:
            return f"{low:g} to {high:g}"


def _instrument(codebook: Codebook, instrument: Instrument) -> dict[str, Any]:
    """Return an instrument with its scoring in words and where its score is found."""
    return {
        "entry": instrument,
        "scoring": scoring(instrument),
        "answers": f"{instrument.answer_minimum:g} to {instrument.answer_maximum:g}",
        "scores": [
            f"{table.full_name}.{variable.name}"
            for table in release.released_tables(codebook)
            for variable in release.released_variables(codebook, table)
            if variable.instrument == instrument.name or variable.name == instrument.score
        ],
    }


def scoring(instrument: Instrument) -> str:
    """Say in a few sentences how the score is made."""
    if instrument.method == "as_delivered":
        return "The score arrives as the source computed it; nothing is scored or filled in here."
    prorated = "missing ones are replaced by the mean of the person's answered items"
    n_items, needed = len(instrument.items), instrument.minimum_answered
    how = {
        "sum": f"The score is the sum of {n_items} items.",
        "mean": f"The score is the mean of {n_items} items.",
        "percent": f"The score is 100 times the share of the range that the {n_items} items allow.",
    }[instrument.method]
    turned = [str(number) for number, item in enumerate(instrument.items, start=1) if item.reverse]
    reverse = f" Answers to {_items(turned)} are reversed first." if turned else ""
    if needed == n_items:
        return f"{how}{reverse} It is made only if all items are answered."
    return (
        f"{how}{reverse} With at least {needed} of {n_items} answered, {prorated}; with fewer there is none."
    )


def _items(numbers: list[str]) -> str:
    if len(numbers) == 1:
        return f"item {numbers[0]}"
    return f"items {', '.join(numbers[:-1])} and {numbers[-1]}"
