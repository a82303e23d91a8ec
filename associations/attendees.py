"""Who attends a meeting: the contacts that it is associated with."""

from collections.abc import Iterable
from typing import Any

from records import schema
from records.models import Contact, Meeting, ObjectType, Record

from .about import About, about

SHOWN = 10  # of each meeting's attendees, on a timeline


def attends(activity_type: ObjectType, record: Record) -> bool:
    """Whether a record that an activity is associated with attends it."""
    return (activity_type.name, record.kind.name) == (Meeting.object_type_name, Contact.object_type_name)


def of_meetings(activities: Iterable[Record], user: Any) -> dict[int, About]:
    """Return the first attendees of those activities that are meetings, by id: three queries, or none."""
    kind = schema.current().type(Contact.object_type_name)
    ids = [one.pk for one in activities if one.kind.name == Meeting.object_type_name]
    return about(ids, user, SHOWN, kind)
