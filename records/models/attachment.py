import secrets
from typing import TYPE_CHECKING, Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from records.file_types import SHOWN
from records.provenance import Origin

from .change import Change
from .record import Record

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser
    from django.contrib.auth.models import AnonymousUser

FOLDER = "attachments"  # of the storage
NAME_LENGTH = 255
ICONS = {"audio": "musical-note", "image": "photo", "text": "document-text", "video": "film"}


def new_path(instance: Any = None, name: str = "") -> str:
    """Return a place in the storage that nobody can guess, by date; its name says nothing of the file's."""
    return f"{FOLDER}/{timezone.now():%Y/%m/%d}/{secrets.token_urlsafe(24)}"


class AttachmentQuerySet(models.QuerySet["Attachment"]):
    """Files of records. Pages start from `visible_to`."""

    def live(self) -> Self:
        """Leave out those that were removed."""
        return self.filter(archived_at__isnull=True)

    def visible_to(self, user: "AbstractBaseUser | AnonymousUser") -> Self:
        """Return the files of the records that `user` may see."""
        # Looked up for each file: of a list of all records SQLite would make that list first.
        return self.live().filter(Exists(Record.objects.visible_to(user).filter(pk=OuterRef("record"))))


class Attachment(models.Model):
    """A file that belongs to a record; written by `records.attachments` only.

    One that was removed keeps its file for as long as archived records are kept, so that it can come back;
    then the file goes, and the row stays for history to tell of it.
    """

    record = models.ForeignKey(
        Record, models.CASCADE, related_name="attachments", db_index=False, verbose_name=_("record")
    )
    file = models.FileField(_("stored as"), upload_to=new_path, max_length=100, blank=True, editable=False)
    name = models.CharField(_("name"), max_length=NAME_LENGTH, editable=False)
    content_type = models.CharField(_("type"), max_length=100, editable=False)
    size = models.PositiveBigIntegerField(_("size"), editable=False)
    sha256 = models.CharField("SHA-256", max_length=64, editable=False)
    origin = models.CharField(max_length=10, choices=Origin.choices, default=Origin.PAGE, editable=False)
    created_at = models.DateTimeField(_("added"), default=timezone.now, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        editable=False,
        verbose_name=_("added by"),
    )
    archived_at = models.DateTimeField(_("removed"), null=True, blank=True, editable=False)

    objects = AttachmentQuerySet.as_manager()

    class Meta:
        ordering = ("id",)
        verbose_name = _("attachment")
        verbose_name_plural = _("attachments")
        indexes = (
            models.Index(fields=("record", "id"), name="records_attachment_record"),
            models.Index(fields=("file",), name="records_attachment_file"),
            models.Index(
                fields=("archived_at",),
                name="records_attachment_removed",
                condition=models.Q(archived_at__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def is_shown(self) -> bool:
        """Whether a browser shows it; all else it only saves."""
        return self.content_type in SHOWN

    @property
    def icon(self) -> str:
        """The name of its icon."""
        return ICONS.get(self.content_type.partition("/")[0], "document")

    def get_absolute_url(self) -> str:
        """Return where the file is served; its name stands there for who saves it by its address."""
        return reverse("records:attachment", args=[self.pk, self.name])


class AttachmentEvent(models.Model):
    """What befell an attachment of a record in a change."""

    class Action(models.TextChoices):
        """What it was. By a merge a file leaves one record and comes to another."""

        ADDED = "added", _("added")
        REMOVED = "removed", _("removed")
        LEFT = "left", _("went to another record")
        CAME = "came", _("came from another record")

    change = models.ForeignKey(Change, models.CASCADE, related_name="attachment_events", db_index=False)
    record = models.ForeignKey(Record, models.CASCADE, related_name="+", db_index=False)
    attachment = models.ForeignKey(Attachment, models.CASCADE, related_name="events")
    action = models.CharField(max_length=10, choices=Action.choices)

    class Meta:
        verbose_name = _("attachment event")
        verbose_name_plural = _("attachment events")
        indexes = (
            models.Index(fields=("record", "change"), name="records_attachevent_record"),
            models.Index(fields=("change", "record"), name="records_attachevent_change"),
        )

    def __str__(self) -> str:
        return f"{self.attachment}: {self.get_action_display()}"
