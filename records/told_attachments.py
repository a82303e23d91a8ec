"""What history tells of the files of records (see `records.told`)."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from django.db.models import Count, F, QuerySet, Subquery
from django.utils.formats import localize
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from . import told
from .models import AttachmentEvent, Change, Record
from .paging import Number
from .told import COUNTED, Line, Part, Row, author, known, mention, said_by

Action = AttachmentEvent.Action
ROWS = 50  # events of a change that a page shows
NAMED = 10  # files that a sentence names


class AttachmentEvents:
    """Tells of files by their events (see `told.Source`)."""

    place = 30
    name = "attachments"
    label = gettext_lazy("Files")

    def of_record(self, record: Record, wanted: str) -> list[QuerySet]:
        """Return the events of the record's files."""
        return [AttachmentEvent.objects.filter(record=record.pk)] if wanted in ("", self.name) else []

    def tell(self, record: Record, changes: Sequence[Change], user: Any) -> dict[int, list[Line]]:
        """Return what the changes did to the record's files: one query."""
        by_change = {change.pk: change for change in changes}
        rows = AttachmentEvent.objects.filter(record=record.pk, change__in=list(by_change))
        names: dict[tuple[int, str], list[str]] = defaultdict(list)
        for pk, action, name in rows.order_by("pk").values_list("change_id", "action", "attachment__name"):
            names[pk, action].append(name)
        found: dict[int, list[Line]] = defaultdict(list)
        for (pk, action), files in names.items():
            found[pk].append(_line(by_change[pk], Action(action), files))
        return found

    def numbers(self, change: Any) -> list[Subquery]:
        """Return the number of events."""
        rows = AttachmentEvent.objects.filter(change=change).order_by()
        return [Number(rows.values("pk")[: COUNTED + 1])]

    def first(self, change: Any) -> list[Subquery]:
        """Return the record of the first event."""
        rows = AttachmentEvent.objects.filter(change=change).order_by("record_id", "pk")
        return [Subquery(rows.values("record_id")[:1])]

    def facts(self, change: Change) -> list[str]:
        """Say how many files came and went: one query."""
        rows = change.attachment_events.order_by().values_list("action").annotate(Count("pk"))
        numbers: dict[str, int] = defaultdict(int, rows)
        texts = {
            Action.ADDED: ngettext("%(count)s file added", "%(count)s files added", numbers[Action.ADDED]),
            Action.REMOVED: ngettext(
                "%(count)s file removed", "%(count)s files removed", numbers[Action.REMOVED]
            ),
            Action.CAME: ngettext("%(count)s file moved", "%(count)s files moved", numbers[Action.CAME]),
        }
        return [
            text % {"count": localize(numbers[action])} for action, text in texts.items() if numbers[action]
        ]

    def page(self, change: Change, user: Any, after: int, about: int) -> Part:
        """Return a page of the events, as they happened: two queries."""
        rows = change.attachment_events.filter(pk__gt=after).order_by("pk")
        if about:
            rows = rows.filter(record=about)
        events = list(rows.annotate(name=F("attachment__name"))[: ROWS + 1])
        shown = events[:ROWS]
        records = known({event.record_id for event in shown}, user)
        found = [
            Row(mention(record), [Line("paper-clip", text, text)], record.kind)
            for event in shown
            if (record := records.get(event.record_id))
            for text in [format_html("{}: {}", _short(Action(event.action)), event.name)]
        ]
        more = shown[-1].pk if len(events) > ROWS else None
        return Part(found, more, hidden=len(shown) - len(found))


def _short(action: Action) -> str:
    return {
        Action.ADDED: _("File added"),
        Action.REMOVED: _("File removed"),
        Action.LEFT: _("File went to another record"),
        Action.CAME: _("File came from another record"),
    }[action]


def _line(change: Change, action: Action, names: Sequence[str]) -> Line:
    text = {
        Action.ADDED: _("{who} added the file {names}"),
        Action.REMOVED: _("{who} removed the file {names}"),
        Action.LEFT: _("{who} moved the file {names} to another record"),
        Action.CAME: _("{who} moved the file {names} here from another record"),
    }[action]
    if len(names) > 1:
        text = {
            Action.ADDED: _("{who} added the files {names}"),
            Action.REMOVED: _("{who} removed the files {names}"),
            Action.LEFT: _("{who} moved the files {names} to another record"),
            Action.CAME: _("{who} moved the files {names} here from another record"),
        }[action]
    said = format_html_join(", ", "“{}”", ((name,) for name in names[:NAMED]))
    if len(names) > NAMED:
        said = format_html("{} {}", said, _("and %(count)s more") % {"count": len(names) - NAMED})
    return Line("paper-clip", format_html(text, who=said_by(author(change)), names=said), _short(action))


def register() -> None:
    """Take part in telling of history."""
    told.register(AttachmentEvents())
