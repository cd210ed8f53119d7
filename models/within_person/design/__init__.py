"""From diary rows to what a model needs of them: terms, centering, cross-products."""
