"""The entry point that Dagster loads: it composes and computes nothing."""

from __future__ import annotations

from pipelines.codebook import load_codebook
from pipelines.defs.compose import compose
from pipelines.defs.site import Site
from pipelines.deliveries import declared_sources
from pipelines.settings import Settings

settings = Settings.load()
codebook = load_codebook()
sources = declared_sources(settings.data_raw, codebook) if settings.data_raw.is_dir() else ()
defs = compose(Site(settings=settings, codebook=codebook, sources=sources))
