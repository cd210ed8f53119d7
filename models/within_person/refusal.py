"""Why a model gives no number: a named reason, never a traceback from inside the arithmetic."""

from __future__ import annotations


class NotIdentifiedError(ValueError):
    """The rows cannot tell the parts of the model apart; the message says which rule failed, and no value."""
