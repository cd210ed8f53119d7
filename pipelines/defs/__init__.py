"""What Dagster sees: assets in the order the data flows, checks, job, schedule and sensor; all thin."""
