"""Django admin of the middle floor: associations, their labels, limits and history."""

from . import associations, events, inlines, labels, limits

__all__ = ["associations", "events", "inlines", "labels", "limits"]

inlines.register()
