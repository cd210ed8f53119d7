"""Build the report of one release: a folder of pages that opens without a network."""

from __future__ import annotations

import shutil
from importlib.resources import files
from pathlib import Path

from reports.page import Page
from reports.pages import (
    craving,
    data,
    detoxification,
    helping,
    index,
    justice,
    meaning,
    methods,
    mutual_help,
    peers,
    programs_compared,
    quality_of_life,
    recovery_capital,
    remission,
    roles,
    volunteering,
)
from reports.release import Release, ReleaseError, read_release
from reports.site import Site
from reports.words.phrases import ELSEWHERE

QUESTIONS = (  # in the order of the menu
    remission,
    recovery_capital,
    quality_of_life,
    helping,
    mutual_help,
    programs_compared,
    peers,
    meaning,
    craving,
    volunteering,
    roles,
    justice,
    detoxification,
)
HEADLINES = (  # with findings on the front page, in their order; it shows the first few
    remission,
    programs_compared,
    recovery_capital,
    justice,
    volunteering,
    helping,
    quality_of_life,
    meaning,
    craving,
    mutual_help,
    peers,
    roles,
    detoxification,
)


def build(warehouse: Path, target: Path, codebook_page: Path | None = None) -> Path:
    """Write the whole site of one release and return its front page.

    Parameters
    ----------
    warehouse
        The released `warehouse.duckdb`; opened read-only.
    target
        An empty folder that the caller made and will rename into place.
    codebook_page
        The codebook as a page of its own, copied into the site as `codebook.html` with a way back.

    Raises
    ------
    ReleaseError
        The release is not what the contract says.
    """
    release = read_release(warehouse)
    pages = compose(release, codebook=codebook_page is not None)
    site = Site(release, pages, codebook=codebook_page is not None)
    (target / "assets").mkdir(parents=True, exist_ok=True)
    (target / "data").mkdir(exist_ok=True)
    for name in ("report.css", "report.js"):
        shutil.copyfile(Path(str(files("reports"))) / "assets" / name, target / "assets" / name)
    shutil.copyfile(
        Path(str(files("plotly"))) / "package_data" / "plotly.min.js", target / "assets" / "plotly.min.js"
    )
    downloads = [one for page in pages for one in page.downloads()] + list(data.downloads(release))
    for download in downloads:
        download.rows.write_csv(target / "data" / download.name)
    if codebook_page is not None:
        (target / methods.CODEBOOK).write_text(
            _with_way_back(codebook_page.read_text(encoding="utf-8")), "utf-8"
        )
    for page in pages:
        (target / page.file).write_text(site.render(page, target / "data"), encoding="utf-8")
    return target / index.FILE


def compose(release: Release, *, codebook: bool = False) -> list[Page]:
    """Return the pages of a release in the order of the navigation; a question without an answer has none."""
    answered = [page for module in QUESTIONS if (page := module.page(release)) is not None]
    findings = [finding for module in HEADLINES for finding in module.findings(release)]
    findings.sort(key=lambda finding: finding.tag == ELSEWHERE)  # data of other places after our own
    others = [*answered, data.page(release), methods.page(release, codebook=codebook)]
    return [index.page(release, findings, others), *others]


def _with_way_back(page: str) -> str:
    """Put a link to the front page on top of a page that was made without the report's menu."""
    back = f'<p style="margin: 1rem 2rem 0"><a href="{index.FILE}">Back to the report</a></p>'
    before, body, after = page.partition("<body>")
    if not body:
        raise ReleaseError("the codebook's page has no <body>: build the codebook again")
    return f"{before}{body}\n{back}{after}"
