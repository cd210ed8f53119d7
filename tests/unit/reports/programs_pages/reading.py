"""Find figures, sections and tables of the page, and what it says in words."""

from __future__ import annotations

from collections.abc import Callable

from reports.page import Figure, Page, Paragraph, Section, Table

DEMO = "demo-collaborative"

Compose = Callable[..., list[Page]]


def programs_page(pages: list[Page]) -> Page:
    return next(page for page in pages if page.file == "programs.html")


def figure(page: Page, name: str) -> Figure:
    return next(f for f in page.figures() if f.identifier == f"programs-{name}-{DEMO}")


def section(page: Page, identifier: str) -> Section:
    return next(s for s in page.sections if s.identifier == identifier)


def table(page: Page, start: str) -> Table:
    return next(b for b in page.blocks() if isinstance(b, Table) and b.caption.startswith(start))


def said(part: Page | Section) -> str:
    blocks = part.blocks() if isinstance(part, Page) else part.blocks
    return " ".join(b.text for b in blocks if isinstance(b, Paragraph))
