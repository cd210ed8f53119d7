"""The linear mixed model, from per-person cross-products."""
