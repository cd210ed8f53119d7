"""The one way in which an estimator says that it has no answer."""


class NotIdentifiedError(ValueError):
    """The quantity cannot be found on these rows; the message says why, and holds no one's value."""
