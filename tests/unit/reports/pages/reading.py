"""Find pages and findings of a composed site, and the sentences that it says of answers."""

from __future__ import annotations

from reports.page import Figure, Finding, Findings, Page, Paragraph


def named(pages: list[Page], file: str) -> Page:
    return next(page for page in pages if page.file == file)


def findings(pages: list[Page]) -> Findings:
    return next(block for block in pages[0].blocks() if isinstance(block, Findings))


def finding_on(pages: list[Page], name: str) -> Finding:
    """The first finding of the front page that leads to the page of this name."""
    return next(item for item in findings(pages).items if item.read_on.text == name)


def spoken(page: Page) -> list[str]:
    """The sentences the report itself says of an answer: headlines, alternatives and the answer's lead."""
    said = []
    for block in page.blocks():
        if isinstance(block, Figure):
            said += [block.headline, block.subtitle, *block.alternative, block.caption]
        elif isinstance(block, Paragraph) and block.look == "lead":
            said.append(block.text)
    return said
