"""Parts of the benchmark of the comparison family."""
