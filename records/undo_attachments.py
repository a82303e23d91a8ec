"""What an undo does with the files of records (see `records.undo`)."""

from collections.abc import Sequence

from django.utils.translation import gettext as _

from . import attachments, undo
from .models import AttachmentEvent, Change, Record
from .provenance import By
from .undo import UndoReport

Action = AttachmentEvent.Action


def _events(change: Change, action: Action) -> list[AttachmentEvent]:
    rows = change.attachment_events.filter(action=action).select_related("attachment").order_by("pk")
    return list(rows)


def remove_added(change: Change, by: By, report: UndoReport) -> None:
    """Remove the files that a change added; those of what it created are archived with it."""
    added = [event.attachment for event in _events(change, Action.ADDED)]
    live = set(
        Record.objects.live().filter(pk__in=[one.record_id for one in added]).values_list("pk", flat=True)
    )
    removed = attachments.remove([one for one in added if one.record_id in live], by=by)
    report.done["detached"] += len(removed)


def restore_removed(change: Change, by: By, report: UndoReport) -> None:
    """Bring the files back that a change removed, as long as they are kept."""
    removed = [event.attachment for event in _events(change, Action.REMOVED)]
    for one in removed:
        if not one.file:
            report.leave(one.name, _("the file has been deleted for good"))
    report.done["attached"] += len(attachments.restore(removed, by=by))


def move_back(change: Change, by: By, report: UndoReport) -> None:
    """Let files be the record's again that lost them by a merge."""
    came = {event.attachment_id: event.record_id for event in _events(change, Action.CAME)}
    left = [
        event
        for event in _events(change, Action.LEFT)
        if event.attachment.record_id == came.get(event.attachment_id)
    ]
    report.done["moved"] += attachments.move_back(left, by=by)


def attached_since(change: Change, record_ids: Sequence[int]) -> set[int]:
    """Return those of some records to which files were added, or from which some went, after a change."""
    later = AttachmentEvent.objects.filter(record__in=record_ids, change__gt=change.pk, change__undoes=None)
    return set(later.order_by().values_list("record_id", flat=True))


def register() -> None:
    """Take part in undoing."""
    undo.steps += [(22, remove_added), (45, restore_removed), (50, move_back)]
    undo.touched.append(attached_since)
