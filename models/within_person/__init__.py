"""Within-person analyses of the evening diary."""
