"""Moved to `models.refusal`."""

from models.refusal import NotIdentifiedError

__all__ = ["NotIdentifiedError"]
