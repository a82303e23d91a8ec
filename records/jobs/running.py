"""Running a job: step after step, each one transaction that also keeps where the next begins.

Killed at any moment, a worker leaves either the whole of a step or nothing of it. Who works on a job holds
its token; a step first locks the job's row and sees whether the token is still its own, so that of two
workers that take a job for theirs only one writes. Who finds a lease run out takes the job over, but never
one whose row is locked: a step that takes long is not a dead one.
"""

import logging
import random
import time
import uuid
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import cached_property
from typing import IO, Any, NamedTuple

from django.conf import settings
from django.core.files.base import File
from django.db import InterfaceError, OperationalError, close_old_connections, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from records import history, schema
from records.models import Job
from records.models.job import JobError, JobInput
from records.provenance import By, Origin
from records.transactions import ENDED_FOR_ANOTHER

from .kinds import JobKind, JobRefused, kind_of

logger = logging.getLogger(__name__)

ATTEMPTS = 5  # of a step that lost a deadlock, or found the database busy
ERRORS_KEPT = 100_000  # for each job; all are counted
State = Job.State


class Lost(Exception):
    """The job is no longer this worker's, or is to end."""


class Run:
    """A step of a job as its kind sees it: what was asked for, where it stands, what to say of it."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.errors: list[JobError] = []

    @property
    def params(self) -> dict[str, Any]:
        """What was asked for."""
        return self.job.params

    @property
    def state(self) -> dict[str, Any]:
        """What the kind keeps from one step to the next; may be changed in place."""
        return self.job.cursor

    @property
    def user(self) -> Any:
        """Who started the job; None for the system itself, and where the account is gone."""
        return self.job.user

    @cached_property
    def by(self) -> By:
        """The author of what the job writes, with the one change that all its steps belong to."""
        job, kind = self.job, kind_of(self.job)
        by = By(job.user, Origin(job.origin), job.change)
        if job.change is None and kind.change_kind is not None:
            by = history.recorded(by, kind.change_kind, job.summary)
            job.change = by.change
        return by

    def next_batch(self) -> list[int] | None:
        """Return the next of the ids that the job was given, None after the last of them."""
        found = JobInput.objects.filter(job=self.job, number=self.job.batch).first()
        if found is None:
            return None
        self.job.batch += 1
        return found.ids

    def total(self, number: int) -> None:
        """Say how many items there are in all."""
        self.job.total = number

    def done(self, number: int) -> None:
        """Say that so many more items are done."""
        self.job.done += number

    def count(self, name: str, number: int = 1) -> None:
        """Count what has become of items, by a name that the kind has a word for."""
        self.job.counts[name] = self.job.counts.get(name, 0) + number

    def error(
        self,
        message: str,
        *,
        row: int | None = None,
        record_id: int | None = None,
        cells: Sequence[str] | None = None,
    ) -> None:
        """Keep what could not be done, with the row of the file or the record that it is about."""
        self.job.error_count += 1
        if self.job.error_count <= ERRORS_KEPT:
            self.errors.append(
                JobError(job=self.job, row=row, record_id=record_id, message=message, cells=cells)
            )

    def beat(self) -> None:
        """Say that a step outside of a transaction is alive, and how much it has done. Raises Lost."""
        mine = Job.objects.filter(pk=self.job.pk, token=self.job.token, cancellation=None)
        if not mine.update(leased_until=_lease(), done=self.job.done, total=self.job.total):
            raise Lost

    def result_file(self, name: str, content: IO[bytes]) -> None:
        """Keep a file as the job's result, under the name that it is offered by."""
        self.job.result_name = name
        self.job.result.save(name, File(content), save=False)


class Turn(NamedTuple):
    """What came of a worker's turn at a job."""

    is_open: bool  # there is more to do
    taken: bool = True  # by this worker


def run_job(job: Job, *, tell: Callable[[Job], None] = lambda job: None) -> Job:
    """Run a job to its end in this process, and return it; `tell` is called after each step.

    A job that somebody else works on is left to them.
    """
    while _turn(job.pk, None, tell).is_open:
        pass
    job.refresh_from_db()
    return job


def take_turn(pk: int) -> bool:
    """Work on a job for JOBS_TURN seconds; return whether there is more to do, which may wait its turn."""
    turn = _turn(pk, time.monotonic() + settings.JOBS_TURN)
    return turn.taken and turn.is_open


def _turn(pk: int, until: float | None, tell: Callable[[Job], None] = lambda job: None) -> Turn:
    token = _claim(pk)
    if token is None:
        return Turn(is_open=False, taken=False)
    while job := _step(pk, token):
        tell(job)
        if not job.is_open:
            return Turn(is_open=False)
        if until is not None and time.monotonic() > until:
            Job.objects.filter(pk=pk, token=token).update(leased_until=None, queued_at=timezone.now())
            return Turn(is_open=True)
    return Turn(is_open=False, taken=False)


def _claim(pk: int) -> uuid.UUID | None:
    """Take a job for this process where nobody holds it; return the token."""
    token = uuid.uuid4()
    with transaction.atomic():
        rows = Job.objects.unattended().select_for_update(skip_locked=True, no_key=True)
        job = rows.filter(pk=pk).first()
        if job is None:
            return None
        job.token, job.state = token, State.RUNNING
        job.started_at = job.started_at or timezone.now()
        job.leased_until = _lease()
        job.save(update_fields=["token", "state", "started_at", "leased_until"])
    return token


def _lease() -> Any:
    return timezone.now() + timedelta(seconds=settings.JOBS_LEASE)


def _step(pk: int, token: uuid.UUID) -> Job | None:
    """Do one step; return the job, or None where it is somebody else's by now."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return _try_step(pk, token)
        except (OperationalError, InterfaceError) as error:
            if connection.in_atomic_block or attempt == ATTEMPTS or not _passes(error):
                return _fail(pk, token, error)
            close_old_connections()
            time.sleep(random.uniform(0, 0.2 * attempt))  # noqa: S311
        except Exception as error:
            return _fail(pk, token, error)
    return None


def _passes(error: Exception) -> bool:
    """Whether it may go well the next time: a deadlock, a busy database, a connection that broke."""
    state = getattr(error.__cause__, "sqlstate", None)
    return state in ENDED_FOR_ANOTHER or state is None or str(state).startswith(("08", "57", "55"))


def _try_step(pk: int, token: uuid.UUID) -> Job | None:
    with schema.pinned():
        with transaction.atomic():
            job = _held(pk, token)
            if job is None or not job.is_open:
                return job
            kind = _kind(job)
            if kind.atomic:
                run = Run(job)
                _advance(run, last=kind.step(run))
                return job
        run = Run(job)
        try:
            last = kind.step(run)
        except Lost:
            last = False
        with transaction.atomic():
            held = _held(pk, token)
            if held is None or not held.is_open:
                return held
            _advance(run, last=last)
    return job


def _held(pk: int, token: uuid.UUID) -> Job | None:
    """Return a job with its row locked; None where it is somebody else's; ended where that was asked for."""
    rows = Job.objects.select_for_update(of=("self",), no_key=True).select_related("user", "change")
    job = rows.filter(pk=pk, token=token, state=State.RUNNING).first()
    if job is not None and hasattr(job, "cancellation"):
        _end(job, State.CANCELLED)
    return job


def _advance(run: Run, *, last: bool) -> None:
    """Keep what a step did and where the next begins; in the transaction that holds the job's row."""
    JobError.objects.bulk_create(run.errors, batch_size=100)
    if last:
        _end(run.job, State.DONE)
    else:
        run.job.leased_until = _lease()
        run.job.save()


def _kind(job: Job) -> JobKind:
    kind = kind_of(job)
    if kind is JobKind:
        raise JobRefused(_("This version of Kith does not know how to do that."))
    return kind()


def _end(job: Job, state: Job.State) -> None:
    """Say that a job has come to an end, and tidy up; in a transaction that holds its row."""
    job.state, job.ended_at, job.leased_until, job.token = state, timezone.now(), None, None
    if change := job.change:
        history.forget_if_empty(change)
        job.change = change if change.pk else None
    job.save()
    if state != State.FAILED:  # that one can be taken up again
        job.inputs.all().delete()
        kind_of(job)().ended(job)


def _fail(pk: int, token: uuid.UUID, error: Exception) -> Job | None:
    """End a job because of an error; what its steps did before stays."""
    if isinstance(error, JobRefused):
        message = str(error)
    else:
        logger.exception("Job %s failed", pk, exc_info=error)
        message = _("Something went wrong that Kith was not prepared for; the log says what.")
    with transaction.atomic():
        rows = Job.objects.select_for_update(of=("self",), no_key=True).select_related("change")
        job = rows.filter(pk=pk, token=token).first()
        if job is not None:
            job.message = message
            _end(job, State.FAILED)
    return job
