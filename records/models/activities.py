"""The activities: what somebody did or is to do with records, shown on their timelines.

They are records, so that an activity is associated with what it concerns as records are with each other.
Columns carry HubSpot's property names. When it happened, or is to happen, stands in `Record.happened_at`.
"""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from .change import Snapshots
from .record import Record
from .standard import long_text, text

SUBJECT_LENGTH = 998  # characters, as long as a line of a message may be (RFC 5322, 2.1.1)


class Note(Record):
    """Something to remember."""

    object_type_name = "notes"

    hs_note_body = long_text(_("note"))

    history = Snapshots()

    class Meta:
        verbose_name = _("note")
        verbose_name_plural = _("notes")


class Call(Record):
    """A telephone call."""

    object_type_name = "calls"

    hs_call_title = text(_("title"), 255)
    hs_call_body = long_text(_("notes"))
    hs_call_direction = text(_("direction"))
    hs_call_disposition = text(_("outcome"))
    hs_call_duration = models.PositiveBigIntegerField(_("duration in milliseconds"), null=True, blank=True)
    hs_call_status = text(_("status"))
    hs_call_from_number = text(_("from"), 60)
    hs_call_to_number = text(_("to"), 60)

    history = Snapshots()

    class Meta:
        verbose_name = _("call")
        verbose_name_plural = _("calls")


class EmailMessage(Record):
    """An e-mail that was sent or received."""

    object_type_name = "emails"

    hs_email_subject = text(_("subject"), SUBJECT_LENGTH)
    hs_email_direction = text(_("direction"))
    hs_email_status = text(_("status"))
    hs_email_from_email = long_text(_("from"))
    hs_email_to_email = long_text(_("to"))
    hs_email_cc_email = long_text(_("cc"))
    hs_email_bcc_email = long_text(_("bcc"))
    hs_email_html = long_text(_("body"))
    hs_email_text = long_text(_("body as plain text"))
    hs_email_headers = long_text(_("headers"))
    # The message's own id, by which it is known again; none for one that a user typed in.
    message_id = models.CharField(
        max_length=SUBJECT_LENGTH, null=True, blank=True, unique=True, editable=False, default=None
    )
    # Files that came with it and are not kept, a line each that says why.
    files_left_out = models.TextField(blank=True, editable=False, default="")
    # The message id that its conversation began with.
    thread = models.CharField(max_length=SUBJECT_LENGTH, blank=True, editable=False, default="")

    history = Snapshots()

    class Meta:
        verbose_name = _("email")
        verbose_name_plural = _("emails")
        indexes = (
            models.Index(
                fields=("thread", "record_ptr"),
                name="records_emailmessage_thread",
                condition=~models.Q(thread=""),
            ),
        )


class Meeting(Record):
    """A meeting; it happened when it began."""

    object_type_name = "meetings"

    hs_meeting_title = text(_("title"), 255)
    hs_meeting_body = long_text(_("description"))
    hs_internal_meeting_notes = long_text(_("internal notes"))
    hs_meeting_location = text(_("place"), 500)
    hs_meeting_end_time = models.DateTimeField(_("end"), null=True, blank=True)
    hs_meeting_outcome = text(_("outcome"))

    history = Snapshots()

    class Meta:
        verbose_name = _("meeting")
        verbose_name_plural = _("meetings")


class Task(Record):
    """Something to do; it "happens" when it is due."""

    object_type_name = "tasks"
    NOT_STARTED: ClassVar[str] = "NOT_STARTED"
    COMPLETED: ClassVar[str] = "COMPLETED"

    hs_task_subject = text(_("title"), 255)
    hs_task_body = long_text(_("notes"))
    hs_task_status = text(_("status"))
    hs_task_priority = text(_("priority"))
    hs_task_type = text(_("type"))
    hs_task_reminders = models.DateTimeField(_("reminder"), null=True, blank=True)

    history = Snapshots()

    class Meta:
        verbose_name = _("task")
        verbose_name_plural = _("tasks")
        indexes = (
            models.Index(
                fields=("hs_task_reminders",),
                name="records_task_reminder",
                condition=models.Q(hs_task_reminders__isnull=False),
            ),
        )

    def derive(self) -> None:
        """Say of the record whether it is still to be done."""
        self.is_pending = self.hs_task_status != self.COMPLETED
        super().derive()
