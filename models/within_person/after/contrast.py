"""Moved to `models.inference.contrast`."""

from models.inference.contrast import Contrast, contrast_of, two_sided_critical, weights_of

__all__ = ["Contrast", "contrast_of", "two_sided_critical", "weights_of"]
