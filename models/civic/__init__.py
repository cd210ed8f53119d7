"""Civic life in active addiction and in recovery, asked of the same people."""
