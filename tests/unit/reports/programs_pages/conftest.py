"""The page of the kinds of programs, and the module that makes up its answers."""

from __future__ import annotations

from types import ModuleType

import pytest

from reports.page import Page
from tests.unit.reports.programs_pages.reading import programs_page


@pytest.fixture(scope="session")
def programs(pages: list[Page]) -> Page:
    return programs_page(pages)


@pytest.fixture(scope="session")
def fake_programs(fake: ModuleType) -> ModuleType:
    """The module that makes up the answers on the kinds of programs."""
    module: ModuleType = fake._beside("fake_programs")
    return module
