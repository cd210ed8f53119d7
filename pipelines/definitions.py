"""The entry point that Dagster loads: it composes and computes nothing."""

from __future__ import annotations

from pipelines.codebook import load_codebook
from pipelines.defs.compose import compose
from pipelines.defs.site import Site
from pipelines.settings import Settings
from pipelines.sources.discover import discover

settings = Settings.load()
sources = discover(settings.data_raw) if settings.data_raw.is_dir() else []
defs = compose(Site(settings=settings, codebook=load_codebook(), sources=tuple(sources)))
