"""Find pages, tables and figures of a composed site, and what a page says in words."""

from __future__ import annotations

from typing import Any

from reports.page import Figure, Findings, Page, Paragraph, Table

Rows = dict[str, list[dict[str, Any]]]


def named(pages: list[Page], file: str) -> Page:
    return next(page for page in pages if page.file == file)


def said(page: Page) -> str:
    return " ".join(b.text for b in page.blocks() if isinstance(b, Paragraph))


def headlines(pages: list[Page]) -> Findings:
    return next(block for block in pages[0].blocks() if isinstance(block, Findings))


def table(page: Page, start: str) -> Table:
    return next(b for b in page.blocks() if isinstance(b, Table) and b.caption.startswith(start))


def figure(page: Page, start: str) -> Figure:
    return next(one for one in page.figures() if one.identifier.startswith(start))
