"""Set pages into HTML: the templates, and what they need to know of charts and downloads."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from reports.figures import drawing, interactive
from reports.numbers import count, kilobytes
from reports.page import Block, Figure, Link, Page
from reports.release import Release
from reports.words.phrases import DATA_KINDS, MIXED_SENTENCE, SYNTHETIC, SYNTHETIC_SENTENCE, last_day, quarter


class Site:
    """One site: its pages know each other's names and share a footer."""

    def __init__(self, release: Release, pages: list[Page], *, codebook: bool) -> None:
        self._environment = Environment(
            loader=PackageLoader("reports"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.tests["link"] = lambda cell: isinstance(cell, Link)
        self._environment.filters["kind"] = _kind
        self._shared = {
            "release": release,
            "pages": pages,
            "codebook": codebook,
            "quarter": quarter(release.as_of),
            "through": last_day(release.as_of),
            "data_kinds": DATA_KINDS,
            "notices": {
                "synthetic": SYNTHETIC_SENTENCE.removeprefix(SYNTHETIC),
                "mixed": MIXED_SENTENCE.removeprefix(SYNTHETIC),
            },
            "small_cell": count(release.small_cell_maximum),
        }

    def render(self, page: Page, data: Path) -> str:
        """Return the page as HTML. `data` is the folder that already holds the downloads."""
        template = self._environment.get_template("page.html.j2")
        return template.render(
            **self._shared,
            page=page,
            numbers={figure.identifier: n for n, figure in enumerate(page.figures(), start=1)},
            interactive=_interactive,
            drawn=_drawn,
            key=_key,
            size=lambda name: kilobytes((data / name).stat().st_size),
        )


def _kind(block: Block) -> str:
    return type(block).__name__.lower()


def _interactive(figure: Figure) -> Markup:
    return Markup(interactive.to_html(figure.chart, f"{figure.identifier}-chart", _mark(figure)))


def _drawn(figure: Figure) -> Markup:
    return Markup(drawing.to_svg(figure.chart, _mark(figure)))


def _mark(figure: Figure) -> str:
    """Say inside the picture that it shows synthetic data; real data need no mark."""
    return "" if figure.data == "real" else DATA_KINDS[figure.data]


def _key(figure: Figure) -> list[tuple[Markup, str]]:
    """Return the swatches and names of the series; a single series needs no key."""
    series = figure.chart.series
    if len(series) < 2:
        return []
    return [(Markup(drawing.swatch(one)), one.name) for one in series]
