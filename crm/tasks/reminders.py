"""Reminders of tasks by e-mail: each is sent once.

Who sends one takes it first, for a while, and says so in the database before and after. Of two who start at
once one takes it. Who dies in between leaves it to the next run after that while: what had just been sent
and not yet noted is sent twice then; nothing is lost.
"""

import logging
import smtplib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core import mail
from django.core.mail.backends.base import BaseEmailBackend
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from associations.about import about
from records.models import Task

from .models import Reminder

TAKEN = timedelta(minutes=10)  # much longer than a mail server is waited for
REACH_BACK = timedelta(days=7)  # what came to be sent before that, such as by an import, is over
FAILURES = 3  # in a row, after which the mail server is left alone until the next run
SUBJECT = 150  # characters of a task's title

logger = logging.getLogger(__name__)


@dataclass
class Sent:
    """What a run did."""

    sent: int = 0
    failed: int = 0


def due() -> QuerySet:
    """Return the open tasks whose reminder has come and was neither sent nor taken, the earliest first."""
    now = timezone.now()
    settled = Reminder.objects.filter(task=OuterRef("pk"), at=OuterRef("hs_task_reminders"))
    settled = settled.filter(Q(sent_at__isnull=False) | Q(taken_until__gt=now))
    tasks = Task.objects.live().filter(hs_task_reminders__gt=now - REACH_BACK, hs_task_reminders__lte=now)
    tasks = tasks.filter(is_pending=True, owner__is_active=True).exclude(owner__email="")
    return tasks.filter(~Exists(settled)).order_by("hs_task_reminders", "pk")


def send() -> Sent:
    """Send the reminders that have come. A failure leaves the others alone, and is tried again later."""
    done, in_a_row = Sent(), 0
    connection = mail.get_connection()
    try:
        for task in _taken():
            try:
                _send(task, connection)
            except (smtplib.SMTPException, OSError, ValueError):
                logger.exception("The reminder of task %s could not be sent.", task.pk)
                done.failed += 1
                in_a_row += 1
                connection.close()  # in whatever state it is
                if in_a_row == FAILURES:
                    break
            else:
                Reminder.objects.filter(pk=task.pk, at=task.hs_task_reminders).update(sent_at=timezone.now())
                done.sent += 1
                in_a_row = 0
    finally:
        connection.close()
    return done


def _taken() -> Iterator[Any]:
    """Take one task after the other whose reminder is to be sent, each as it is at that moment."""
    for pk, at in list(due().values_list("pk", "hs_task_reminders")):
        if not _take(pk, at):
            continue
        task = _as_it_is(pk, at)
        if task is not None:
            yield task


def _take(pk: int, at: datetime) -> bool:
    """Take a reminder, unless another did; the database lets one of two win."""
    now = timezone.now()
    taken = {"at": at, "taken_until": now + TAKEN, "sent_at": None}
    if not Task.objects.filter(pk=pk).exists():  # deleted meanwhile
        return False
    Reminder.objects.bulk_create([Reminder(task_id=pk, at=at, taken_until=now)], ignore_conflicts=True)
    free = Reminder.objects.filter(pk=pk).filter(~Q(at=at) | Q(sent_at__isnull=True, taken_until__lte=now))
    return free.update(**taken) == 1


def _as_it_is(pk: int, at: datetime) -> Any:
    """Return a task with its owner; None unless it is still to be reminded of, and they may see it."""
    tasks = Task.objects.live().filter(pk=pk, hs_task_reminders=at, is_pending=True, owner__is_active=True)
    task: Any = tasks.select_related("owner").first()
    if task is None or not task.owner.email:
        return None
    return task if Task.objects.visible_to(task.owner).filter(pk=pk).exists() else None


def _send(task: Any, connection: BaseEmailBackend) -> None:
    concerned = about([task.pk], task.owner)[task.pk]
    properties = task.kind.properties
    stated = [properties[name] for name in ("hs_task_priority", "hs_task_type") if name in properties]
    notes = properties.get("hs_task_body")
    context = {
        "task": task,
        "about": concerned,
        "facts": task.values_of(stated),
        "notes": notes.display(task) if notes else "",
        "url": f"{settings.SITE_URL.rstrip('/')}{task.get_absolute_url()}",
    }
    # One line, whatever the title holds: a header with more would be refused.
    title = Truncator(" ".join(str(task).split())).chars(SUBJECT)
    mail.EmailMessage(
        subject=_("Reminder: %(title)s") % {"title": title},
        body=render_to_string("tasks/reminder.txt", context),
        to=[task.owner.email],
        connection=connection,
    ).send()
