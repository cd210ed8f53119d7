"""Moved to `models.inference.coefficients`."""

from models.inference.coefficients import Array, Inference

__all__ = ["Array", "Inference"]
