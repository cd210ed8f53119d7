"""What people read: opens the release and nothing else; imports no Dagster."""
