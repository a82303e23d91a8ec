"""Meetings and tasks as entries of calendars, by RFC 5545.

An entry is the same one for as long as its record lives, so calendar programs replace what they have. Texts
are plain: the internal notes of a meeting, which are nobody else's, stay here.
"""

import re
import uuid
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from icalendar import Calendar, Event, vCalAddress, vText

from records.models import Meeting, Property, Record, Task

PRODUCT = "-//Kith//Kith//EN"
NAMESPACE = uuid.UUID("6f0c2bd1-5b0e-4b0e-9e64-2a6a2f5a2a57")
ATTENDEES = 200
CANCELLED = "CANCELED"  # the outcome, as HubSpot spells it
# What no text of a calendar may hold (RFC 5545, 3.1), and what would end a parameter's value.
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")
ADDRESS = re.compile(r"[^\s<>,;:\"\\]+@[^\s<>,;:\"\\]+")

Person = tuple[str, str]  # name and e-mail address


def calendar(events: Iterable[Event], name: str = "") -> bytes:
    """Return a calendar of some entries, as a file holds it."""
    found = Calendar()
    found.add("prodid", PRODUCT)
    found.add("version", "2.0")
    if name:
        found.add("x-wr-calname", _plain(name))
    for event in events:
        found.add_component(event)
    return found.to_ical()


def event(
    record: Record,
    url: str,
    *,
    about: Sequence[Record] = (),
    organiser: Any = None,
    people: Iterable[Person] = (),
) -> Event:
    """Return the entry of a meeting or a task.

    `about` are the records that its text names; `organiser` is a user, `people` are those invited. A task
    is an entry at the moment it is due, at which one counts as free: to-dos (VTODO) are what many calendar
    programs leave out of feeds.
    """
    record = record.specific
    found = Event()
    found.add(
        "uid", str(uuid.uuid5(NAMESPACE, f"{record.pk}:{record.created_at.astimezone(UTC).isoformat()}"))
    )
    for name, moment in (
        ("dtstamp", record.updated_at),
        ("created", record.created_at),
        ("last-modified", record.updated_at),
        ("dtstart", record.happened_at),
    ):
        found.add(name, _utc(moment))
    found.add("summary", _plain(str(record)))
    found.add("url", url)
    if isinstance(record, Meeting):
        _add_meeting(found, record)
    else:
        found.add("transp", "TRANSPARENT")
        found.add("categories", [_plain(record.kind.singular_label)])
    text = "\n\n".join(filter(None, [_text(record), ", ".join(str(one) for one in about), url]))
    found.add("description", _plain(text))
    if organiser is not None and (address := _address(str(organiser), organiser.email)):
        found.add("organizer", address)
    for name, email in people:
        if address := _address(name, email):
            address.params["ROLE"] = vText("REQ-PARTICIPANT")
            found.add("attendee", address)
    return found


def _uid(record: Record) -> str:
    """Return what a record is known by: also in a calendar that shows those of another Kith."""
    return str(uuid.uuid5(NAMESPACE, f"{record.pk}:{record.created_at.astimezone(UTC).isoformat()}"))


def _add_meeting(found: Event, meeting: Any) -> None:
    # What ends before it begins has no end that a calendar could show.
    if meeting.hs_meeting_end_time and meeting.hs_meeting_end_time > meeting.happened_at:
        found.add("dtend", _utc(meeting.hs_meeting_end_time))
    if meeting.hs_meeting_location:
        found.add("location", _plain(meeting.hs_meeting_location))
    found.add("status", "CANCELLED" if meeting.hs_meeting_outcome == CANCELLED else "CONFIRMED")


def _text(record: Record) -> str:
    name = {Meeting: "hs_meeting_body", Task: "hs_task_body"}[type(record)]
    prop: Property | None = record.kind.properties.get(name)
    return prop.display(record) if prop else ""


def _utc(moment: Any) -> datetime:
    return moment.astimezone(UTC).replace(microsecond=0)


def _plain(text: str) -> str:
    return CONTROL.sub(" ", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def _address(name: str, email: str) -> vCalAddress | None:
    """Return somebody with their address; None where it is no address that a calendar could hold."""
    if not ADDRESS.fullmatch(email or ""):
        return None
    found = vCalAddress(f"mailto:{email}")
    found.params["CN"] = vText(" ".join(_plain(name).replace('"', "'").split()))
    return found
