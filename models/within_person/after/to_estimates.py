"""Moved to `models.inference.to_estimates`."""

from models.inference.to_estimates import estimate_of, estimates_of_terms

__all__ = ["estimate_of", "estimates_of_terms"]
