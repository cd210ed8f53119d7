"""Chromium, a built site, and what Chromium saw of it in a window 320 px wide."""

from __future__ import annotations

import html
import importlib.util
import json
import re
import shutil
import subprocess
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from reports.build import build

FAKE_RELEASE = Path(__file__).parents[1] / "unit" / "reports" / "fake_release.py"
NARROW = 320  # px: the width at which WCAG 1.4.10 asks for reflow

HARNESS = """<!DOCTYPE html><html lang="en"><title>Harness</title><body>
<script>
const pages = PAGES, seen = {};
Promise.all(pages.map((name) => new Promise((done) => {
  const frame = document.createElement("iframe");
  frame.width = NARROW; frame.height = 900; frame.src = name;
  frame.onload = () => setTimeout(() => {
    const page = frame.contentDocument, view = frame.contentWindow;
    const all = (what) => [...page.querySelectorAll(what)];
    const right = (one) => one.getBoundingClientRect().right;
    const left = (one) => one.getBoundingClientRect().left;
    const shown = (one) => one.getBoundingClientRect().width > 0;
    const drawing = (one) => one.closest(".plotly-graph-div");
    seen[name] = {
      width: page.documentElement.scrollWidth,
      requests: view.performance.getEntriesByType("resource").map((one) => one.name),
      charts: all(".plotly-graph-div").length,
      drawn: all(".plotly-graph-div").filter((one) => one.querySelector("svg.main-svg")).length,
      wide: all(".plotly-graph-div svg.main-svg").filter((one) => right(one) > NARROW).length,
      cut: all(".plotly-graph-div text").filter((one) => one.textContent.trim() && shown(one) &&
        (right(one) > right(drawing(one)) + 0.5 || left(one) < left(drawing(one)) - 0.5))
        .map((one) => one.textContent),
      paper: all(".on-paper").filter((one) => one.offsetParent !== null).length,
      folded: all("details.fold").filter((one) => !one.open).length,
      folds: all("details.fold").length,
      by_row: all(".by-row").length,
      sideways: all(".by-row").filter((one) => one.scrollWidth > one.clientWidth + 1).length,
      menu: all("details.menu").some((one) => one.open),
    };
    done();
  }, 1500);
  document.body.append(frame);
}))).then(() => { document.body.innerHTML = ""; document.body.textContent = JSON.stringify(seen); });
</script></body></html>"""


SITE = "site:"


class Quiet(SimpleHTTPRequestHandler):
    """A file server that logs nothing."""

    def log_message(self, *_: object) -> None:
        pass


@dataclass(frozen=True)
class Browser:
    """A headless Chromium without a network."""

    program: str
    profile: Path

    def run(self, *arguments: str) -> str:
        said = subprocess.run(
            [
                self.program, "--headless", "--no-sandbox", "--disable-gpu",
                "--disable-background-networking", f"--user-data-dir={self.profile}",
                "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
                "--virtual-time-budget=20000", *arguments,
            ],
            capture_output=True, text=True, check=True, timeout=120,
        )  # fmt: skip
        return said.stdout


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Browser:
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("no Chromium is installed")
    return Browser(program, tmp_path_factory.mktemp("profile"))


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a site built from a small made-up release."""
    spec = importlib.util.spec_from_file_location("fake_release_for_browser", FAKE_RELEASE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    warehouse = module.write_release(tmp_path_factory.mktemp("release") / "warehouse.duckdb")
    target = tmp_path_factory.mktemp("site")
    return build(warehouse, target).parent


@pytest.fixture(scope="session")
def look(browser: Browser) -> Callable[[Path], dict[str, dict[str, Any]]]:
    """Look at every page of a site in a narrow frame: look(folder) says what Chromium saw, by page.

    The pages come from a server on this machine, because Chromium lists no requests of a page opened
    as a file; every other host is out of reach.
    """

    def look_at(folder: Path) -> dict[str, dict[str, Any]]:
        names = sorted(path.name for path in folder.glob("*.html"))
        harness = folder / "harness.htm"
        harness.write_text(HARNESS.replace("PAGES", json.dumps(names)).replace("NARROW", str(NARROW)))
        with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            address = f"http://127.0.0.1:{server.server_port}"
            dumped = browser.run("--dump-dom", "--window-size=800,1000", f"{address}/harness.htm")
            server.shutdown()
        harness.unlink()
        body = re.search(r"<body>(.*)</body>", dumped, re.DOTALL)
        assert body is not None
        found: dict[str, dict[str, Any]] = json.loads(html.unescape(body[1]).replace(address, SITE))
        assert sorted(found) == names
        return found

    return look_at


@pytest.fixture(scope="session")
def seen(look: Callable[[Path], dict[str, dict[str, Any]]], site: Path) -> dict[str, dict[str, Any]]:
    """What Chromium saw of each page, scripts run."""
    return look(site)
