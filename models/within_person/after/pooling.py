"""Moved to `models.inference.pooling`."""

from models.inference.pooling import MissingInformation, missing_information, pool

__all__ = ["MissingInformation", "missing_information", "pool"]
