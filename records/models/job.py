"""Long work that runs in the background; see `records.jobs`."""

import secrets
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from records.provenance import Origin

from .change import Change

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser
    from django.contrib.auth.models import AnonymousUser

FOLDER = "jobs"  # of the storage
NAME_LENGTH = 255


def new_path(instance: Any = None, name: str = "") -> str:
    """Return a place in the storage that nobody can guess; its name says nothing of the file's."""
    return f"{FOLDER}/{timezone.now():%Y/%m/%d}/{secrets.token_urlsafe(24)}"


class JobQuerySet(models.QuerySet["Job"]):
    """Jobs. Pages start from `visible_to`."""

    def visible_to(self, user: "AbstractBaseUser | AnonymousUser") -> Self:
        """Return the jobs that `user` may open: those started by them; for administrators all."""
        return self.all() if getattr(user, "is_staff", False) else self.filter(user=user.pk or 0)

    def open(self) -> Self:
        """Return the jobs that have not come to an end."""
        return self.filter(state__in=OPEN)

    def unattended(self) -> Self:
        """Return the open jobs that no worker holds at the moment."""
        return self.open().filter(Q(leased_until=None) | Q(leased_until__lte=timezone.now()))


class Job(models.Model):
    """A piece of long work, with how far it has come; written by `records.jobs` only.

    It advances step by step. Each step is one transaction, which also keeps here where the next one begins.
    """

    class State(models.TextChoices):
        """Where a job stands."""

        WAITING = "waiting", _("waiting")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")
        CANCELLED = "cancelled", _("cancelled")

    kind = models.CharField(_("kind"), max_length=60)  # the name of a `JobKind`
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.WAITING)
    summary = models.CharField(_("summary"), max_length=255, blank=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        db_index=False,
        verbose_name=_("started by"),
    )
    origin = models.CharField(_("from"), max_length=10, choices=Origin.choices)
    params = models.JSONField(default=dict)  # what was asked for
    cursor = models.JSONField(default=dict)  # where the next step begins, as its kind keeps it
    batch = models.PositiveIntegerField(default=0)  # the next of its inputs
    total = models.PositiveBigIntegerField(_("items"), null=True)  # None where it is not known
    done = models.PositiveBigIntegerField(_("done"), default=0)
    counts = models.JSONField(default=dict)  # by the names that its kind gives to what it counts
    error_count = models.PositiveBigIntegerField(_("errors"), default=0)
    message = models.TextField(_("why it failed"), blank=True)
    change = models.ForeignKey(Change, models.SET_NULL, null=True, related_name="+", db_index=False)
    source = models.FileField(upload_to=new_path, max_length=100, blank=True)
    source_name = models.CharField(max_length=NAME_LENGTH, blank=True)
    result = models.FileField(upload_to=new_path, max_length=100, blank=True)
    result_name = models.CharField(max_length=NAME_LENGTH, blank=True)
    created_at = models.DateTimeField(_("started"), default=timezone.now)
    started_at = models.DateTimeField(null=True)  # by a worker
    ended_at = models.DateTimeField(_("ended"), null=True)
    # Whoever holds the token works on it until then; each step renews the lease.
    token = models.UUIDField(null=True)
    leased_until = models.DateTimeField(null=True)
    queued_at = models.DateTimeField(default=timezone.now)  # when a worker was last asked to take it

    objects = JobQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        verbose_name = _("job")
        verbose_name_plural = _("jobs")
        indexes = (
            models.Index(fields=("user", "id"), name="records_job_user"),
            models.Index(fields=("change",), name="records_job_change"),
            models.Index(
                fields=("leased_until",),
                condition=Q(state__in=("waiting", "running")),
                name="records_job_open",
            ),
            models.Index(fields=("ended_at",), name="records_job_ended"),
        )

    def __str__(self) -> str:
        return self.summary or str(self.kind)

    def get_absolute_url(self) -> str:
        """Return the address of its page."""
        return reverse("jobs:job", args=[self.pk])

    @property
    def is_open(self) -> bool:
        """Whether it has not come to an end."""
        return self.state in OPEN

    @property
    def percent(self) -> int | None:
        """How much of it is done; None where that is not known."""
        if self.state == self.State.DONE:
            return 100
        return min(99, self.done * 100 // self.total) if self.total else None

    def time_left(self, now: datetime | None = None) -> timedelta | None:
        """Return how long it will take at the pace so far; None where that cannot be told yet."""
        if not (self.is_open and self.started_at and self.total and self.done):
            return None
        spent = (now or timezone.now()) - self.started_at
        return spent * max(0, self.total - self.done) / self.done


OPEN = (Job.State.WAITING, Job.State.RUNNING)


class JobInput(models.Model):
    """Some of the ids that a job is about, in the order in which they were chosen."""

    job = models.ForeignKey(Job, models.CASCADE, related_name="inputs", db_index=False)
    number = models.PositiveIntegerField()
    ids = models.JSONField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("job", "number"), name="records_jobinput_number"),)


class JobError(models.Model):
    """What could not be done, and why: a row of a file, or a record."""

    job = models.ForeignKey(Job, models.CASCADE, related_name="errors", db_index=False)
    row = models.PositiveBigIntegerField(_("row"), null=True)  # its line in the file
    record_id = models.BigIntegerField(_("record"), null=True)  # which may be gone
    message = models.TextField(_("reason"))
    cells = models.JSONField(null=True)  # of the row

    class Meta:
        ordering = ("id",)
        indexes = (models.Index(fields=("job", "id"), name="records_joberror_job"),)


class Cancellation(models.Model):
    """Somebody asked to end a job. A row of its own: that of the job is locked while a step runs."""

    job = models.OneToOneField(Job, models.CASCADE, related_name="cancellation", primary_key=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", db_index=False
    )
    at = models.DateTimeField(default=timezone.now)


class Periodic(models.Model):
    """When something that is done again and again was begun the last time."""

    name = models.CharField(max_length=60, primary_key=True)
    begun_at = models.DateTimeField()
