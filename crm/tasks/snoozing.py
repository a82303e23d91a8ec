"""Putting a task off."""

from datetime import date, datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from associations.activity_forms import DUE, working_days_later
from records.history import recorded
from records.models import Change, Record
from records.property_kinds.dates import LAST
from records.provenance import By
from records.services import update_record

WORKING_DAYS = 3
MONDAY = 0


def choices(now: datetime | None = None) -> dict[str, datetime]:
    """Return until when a task can be put off, by name: nine o'clock of some days, in the time zone of `now`
    (the installation's)."""
    now = timezone.localtime(now)
    today = now.date()
    # The one after a Monday is next week's.
    monday = today + timedelta(days=(MONDAY - today.weekday() - 1) % 7 + 1)
    return {
        "tomorrow": nine(today + timedelta(days=1)),
        "working-days": working_days_later(now, WORKING_DAYS),
        "monday": nine(monday),
    }


def nine(day: date) -> datetime:
    """Return nine o'clock of a day in the installation's time zone."""
    return datetime.combine(day, DUE, timezone.get_current_timezone())


def day_of(text: str, now: datetime | None = None) -> datetime:
    """Return nine o'clock of the day that a user picked. Raises ValidationError for what is none to come."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise ValidationError(_("Enter a day.") if not text else _("This is no day."))
    if day <= timezone.localdate(now):
        raise ValidationError(_("Choose a day after today."))
    if day > LAST.date():
        raise ValidationError(_("This is no day."))
    return nine(day)


def snooze(record: Record, until: datetime, *, by: By, now: datetime | None = None) -> Change:
    """Let a task be due at another moment, as one change; its reminder keeps its distance from it.

    A reminder that would be over by then comes when the task is due. Raises ValidationError where the task
    is done or archived.
    """
    task: Any = record.specific
    if not task.is_pending:
        raise ValidationError(_("%(name)s has been completed.") % {"name": task})
    values = {"hs_timestamp": until}
    if reminder := task.hs_task_reminders:
        # By the clock on the wall: a day before is a day before, also when the clocks change.
        distance = _wall(task.happened_at) - _wall(reminder)
        moved = (_wall(until) - distance).replace(tzinfo=timezone.get_current_timezone())
        values["hs_task_reminders"] = moved if moved > (now or timezone.now()) else until
    with transaction.atomic():
        by = recorded(by)
        update_record(task, values, by=by)
    return by.change


def _wall(moment: datetime) -> datetime:
    return timezone.localtime(moment).replace(tzinfo=None)
