"""Landed rows of text become core tables; Polars in, Polars out; no Dagster, no DuckDB."""
