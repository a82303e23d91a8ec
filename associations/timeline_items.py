"""What a timeline says of an activity: its title, its text and the facts beside it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import formats, timezone
from django.utils.html import format_html, format_html_join, linebreaks
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from records.models import Attachment, ObjectType, Property, Record, Task

from .about import About

LONG_TEXT = 420  # characters from which on a text is folded
LONG_LINES = 7
EXCERPT = 240  # characters that stand for a folded text
# By type: the properties that hold its text, and those that stand beside it as facts.
TEXTS = {
    "notes": ("hs_note_body",),
    "emails": ("hs_email_html",),
    "calls": ("hs_call_body",),
    "meetings": ("hs_meeting_body", "hs_internal_meeting_notes"),
    "tasks": ("hs_task_body",),
}
FACTS = {
    "notes": (),
    "emails": (
        "hs_email_direction",
        "hs_email_from_email",
        "hs_email_to_email",
        "hs_email_cc_email",
        "hs_email_status",
    ),
    "calls": (
        "hs_call_direction",
        "hs_call_disposition",
        "hs_call_duration",
        "hs_call_from_number",
        "hs_call_to_number",
    ),
    "meetings": ("hs_meeting_end_time", "hs_meeting_location", "hs_meeting_outcome"),
    "tasks": ("hs_task_status", "hs_task_priority", "hs_task_type", "hubspot_owner_id", "hs_task_reminders"),
}
# Values that say nothing: what every task is at first, or what its tick says.
SILENT = {
    "hs_task_status": ("NOT_STARTED", "COMPLETED"),
    "hs_task_priority": ("NONE",),
    "hs_task_type": ("TODO",),
    "hs_email_status": ("SENT",),
}


@dataclass(frozen=True)
class QuietLine:
    """Something that happened besides activities: a line of its own, between them."""

    at: datetime  # by which it stands among the others
    place: int  # by which its source finds the lines behind it
    icon: str
    text: SafeString
    by: Any = None  # the user who did it
    shown_at: datetime | None = None

    @property
    def is_item(self) -> bool:
        return False


@dataclass(frozen=True)
class Text:
    """A text of an activity; with an excerpt where it is too long to stand there unfolded."""

    label: str
    html: SafeString
    excerpt: str = ""


@dataclass(frozen=True)
class Item:
    """An activity on a timeline."""

    record: Record
    at: datetime
    now: datetime
    associations: int = 0
    pinned: bool = False
    attachments: Sequence[Attachment] = ()
    attendees: About | None = None  # of a meeting

    @property
    def is_item(self) -> bool:
        return True

    @property
    def kind(self) -> ObjectType:
        """Its object type."""
        return self.record.kind

    @property
    def title(self) -> str:
        """Its subject or title; none for notes, whose text says it all."""
        return "" if self.kind.name == "notes" else self.record.display_name

    @property
    def who(self) -> Any:
        """The user who logged it, or whose it is."""
        return self.record.created_by or self.record.owner

    @property
    def is_task(self) -> bool:
        """Whether it can be ticked off."""
        return self.kind.name == Task.object_type_name

    @property
    def is_done(self) -> bool:
        """Whether it is a task that was ticked off."""
        return self.is_task and not self.record.is_pending

    @property
    def is_overdue(self) -> bool:
        """Whether it is a task that should have been done."""
        return self.record.is_pending and self.at < self.now

    @property
    def is_ahead(self) -> bool:
        """Whether it is to take place."""
        return self.at > self.now and not self.is_task

    @property
    def stands_above(self) -> bool:
        """Whether it stands above the list where nothing is narrowed."""
        return self.pinned or self.record.is_pending or (self.is_ahead and self.kind.name == "meetings")

    @property
    def texts(self) -> list[Text]:
        """Its texts, of which it has one or none but for the internal notes of a meeting."""
        return list(self._texts())

    def _texts(self) -> Iterator[Text]:
        specific = self.record.specific
        for place, prop in enumerate(self._properties(TEXTS)):
            if markup := prop.kind.html(prop, specific):
                yield _folded(prop.title if place else "", markup, prop.display(specific))
        plain = getattr(specific, "hs_email_text", "")
        if plain and not getattr(specific, "hs_email_html", ""):
            markup = linebreaks(plain, autoescape=True)
            yield _folded("", f'<div class="rich-text">{markup}</div>', plain)

    @property
    def facts(self) -> list[tuple[str, SafeString]]:
        """What is said beside the text: label and markup."""
        return list(self._facts())

    def _facts(self) -> Iterator[tuple[str, SafeString]]:
        specific = self.record.specific
        for prop in self._properties(FACTS):
            stored: Any = getattr(specific, prop.column, None) if prop.column else None
            if stored in (None, "", *SILENT.get(prop.name, ())):
                continue
            if prop.name == "hs_call_duration":
                yield _("Duration"), format_html("{}", duration(stored))
            elif prop.name == "hs_meeting_end_time":
                yield _("Time"), format_html("{}", span(self.at, stored))
            elif markup := prop.kind.html(prop, specific):
                yield prop.title, mark_safe(markup)  # noqa: S308  (escaped by the kind)
        if self.attendees and self.attendees.records:
            yield _("Attendees"), _people(self.attendees)

    def _properties(self, names: dict[str, tuple[str, ...]]) -> list[Property]:
        properties = self.kind.properties
        return [properties[name] for name in names.get(self.kind.name, ()) if name in properties]


def _folded(label: str, markup: str, text: str) -> Text:
    """Return a text with an excerpt, where it is long."""
    is_long = len(text) > LONG_TEXT or text.count("\n") >= LONG_LINES
    excerpt = Truncator(" ".join(text.split())).chars(EXCERPT) if is_long else ""
    return Text(label, mark_safe(markup), excerpt)  # noqa: S308  (sanitised by the kind)


def _people(people: About) -> SafeString:
    links = ((one.get_absolute_url(), one) for one in people.records)
    names = format_html_join(", ", '<a href="{}">{}</a>', links)
    if not people.more:
        return names
    return format_html(_("{names} and {number} more"), names=names, number=people.more)


def duration(milliseconds: int) -> str:
    """Return how long a call took, as people say it.

    >>> duration(720_000), duration(45_000), duration(5_400_000)
    ('12 min', '45 s', '1 h 30 min')
    """
    seconds = round(milliseconds / 1000)
    if seconds < 60:
        return _("%(number)s s") % {"number": seconds}
    hours, minutes = divmod(round(seconds / 60), 60)
    if not hours:
        return _("%(number)s min") % {"number": minutes}
    if not minutes:
        return _("%(number)s h") % {"number": formats.number_format(hours, 0, force_grouping=True)}
    return _("%(hours)s h %(minutes)s min") % {"hours": formats.number_format(hours, 0), "minutes": minutes}


def span(start: datetime, end: datetime) -> str:
    """Return from when to when something takes: the day once, where it is the same."""
    begins, ends = timezone.localtime(start), timezone.localtime(end)
    to = "TIME_FORMAT" if begins.date() == ends.date() else "DATETIME_FORMAT"
    return f"{formats.date_format(begins, 'DATETIME_FORMAT')} – {formats.date_format(ends, to)}"


def count_text(number: int) -> str:
    """Return how many associations an activity has, in words."""
    return ngettext("%(count)s association", "%(count)s associations", number) % {"count": number}
