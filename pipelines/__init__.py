"""What runs, and in what order: all that knows Dagster, DuckDB or Great Expectations."""
