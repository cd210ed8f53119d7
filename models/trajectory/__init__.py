"""A survey's mean along a time: weighted splines, local regression, and where a curve dips or crosses."""
