"""Django admin of the middle floor: associations, their labels, limits and history."""

from . import actions, associations, events, inlines, labels, limits

__all__ = ["actions", "associations", "events", "inlines", "labels", "limits"]

inlines.register()
actions.register()
