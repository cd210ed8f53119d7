"""The report in a real browser: offline, drawn, narrow, without JavaScript and on paper."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Seen = dict[str, dict[str, Any]]


def outside(seen: Seen) -> set[str]:
    asked = {address for page in seen.values() for address in page["requests"]}
    assert asked
    return {address for address in asked if not address.startswith(("site:", "data:"))}


def test_no_page_asks_for_anything_but_files_of_the_site(seen: Seen) -> None:
    assert outside(seen) == set()


def test_a_page_that_asked_for_a_picture_elsewhere_would_be_noticed(
    look: Callable[[Path], Seen], site: Path, tmp_path: Path
) -> None:
    whole = (site / "index.html").read_text()
    (tmp_path / "index.html").write_text(
        whole.replace("</main>", '<img src="http://elsewhere.test/a.png" alt=""></main>')
    )
    assert outside(look(tmp_path)) == {"http://elsewhere.test/a.png"}


def test_every_chart_is_drawn_by_plotly(seen: Seen) -> None:
    assert {name: page["charts"] for name, page in seen.items() if page["charts"]} == {
        "programs.html": 5,
        "meaning.html": 4,
        "craving.html": 2,
        "volunteering.html": 3,
        "justice.html": 3,
        "detoxification.html": 3,
    }
    assert [name for name, page in seen.items() if page["drawn"] != page["charts"]] == []


def test_no_page_scrolls_sideways_at_320_px(seen: Seen) -> None:
    assert {name: page["width"] for name, page in seen.items() if page["width"] > 320} == {}
    assert [name for name, page in seen.items() if page["wide"]] == []


def test_no_word_or_number_of_a_chart_leaves_its_drawing_at_320_px(seen: Seen) -> None:
    assert {name: page["cut"] for name, page in seen.items() if page["cut"]} == {}


def test_a_chart_with_a_label_too_long_for_320_px_would_be_noticed(
    look: Callable[[Path], Seen], site: Path, tmp_path: Path
) -> None:
    wide = tmp_path / "wide"
    shutil.copytree(site, wide)
    page = wide / "meaning.html"
    long = "Social programs, and then again programs of another and of a third kind"
    page.write_text(page.read_text().replace('"text":"Social programs"', f'"text":"{long}"'))
    assert look(wide)["meaning.html"]["cut"] == [long]


def test_on_a_screen_the_paper_drawings_are_hidden_and_long_tables_folded(seen: Seen) -> None:
    assert [name for name, page in seen.items() if page["paper"]] == []
    assert sum(page["folds"] for page in seen.values()) > 9
    assert [name for name, page in seen.items() if page["folded"] != page["folds"]] == []


def test_without_scripts_every_chart_is_drawn_and_every_table_open(
    look: Callable[[Path], Seen], site: Path, tmp_path: Path
) -> None:
    bare = tmp_path / "bare"
    shutil.copytree(site, bare)
    for script in (bare / "assets").glob("*.js"):
        script.unlink()
    seen = look(bare)
    assert {name: page["paper"] for name, page in seen.items() if page["paper"]} == {
        "programs.html": 5,
        "meaning.html": 4,
        "craving.html": 2,
        "volunteering.html": 3,
        "justice.html": 3,
        "detoxification.html": 3,
    }
    assert sum(page["folded"] for page in seen.values()) == 0
    assert {name: page["width"] for name, page in seen.items() if page["width"] > 320} == {}


def test_on_paper_tables_are_open_drawings_stand_beside_their_words_and_the_navigation_is_gone(
    browser: Any, site: Path, tmp_path: Path
) -> None:
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext (poppler-utils) is not installed")
    pdf = tmp_path / "justice.pdf"
    browser.run("--no-pdf-header-footer", f"--print-to-pdf={pdf}", (site / "justice.html").as_uri())
    text = subprocess.run(
        ["pdftotext", "-layout", str(pdf), "-"], capture_output=True, text=True, check=True
    ).stdout
    assert "19% to 33%" in " ".join(text.split())  # the range of two years stands in the table alone
    assert "Years since release" in text  # the axis of the drawn chart
    assert re.search(r"^ *\S.*\S {2,}In words\.", text, re.MULTILINE)  # in the line of the drawing's headline
    assert "Skip to the content" not in text
    assert "Download the data" not in text
