"""Beginning jobs, and asking workers to take them, by Django's interface for tasks."""

import os
from collections.abc import Iterable
from datetime import timedelta
from itertools import islice
from typing import Any

from django.conf import settings
from django.core.files.base import File
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django_tasks import task

from records.models import Job
from records.models.job import NAME_LENGTH, Cancellation, JobInput
from records.provenance import By

from . import running
from .kinds import JobKind, kind_of

INPUTS = 2_000  # ids of a batch


@task()
def work_on(pk: int) -> None:
    """Work on a job for a while; where it is not done by then, the next task does, after what waits."""
    if running.take_turn(pk):
        enqueue(pk)


def start(
    kind: type[JobKind],
    *,
    by: By,
    params: dict[str, Any] | None = None,
    summary: str = "",
    ids: Iterable[int] | None = None,
    source: File | None = None,
    total: int | None = None,
) -> Job:
    """Begin a job in the background and return it.

    `ids` are what it is about, handed to its steps in batches; `source` a file that it reads; `total` the
    number of items, which is that of the ids where they are given.
    """
    job = Job(
        kind=kind.name,
        user=by.actor,
        origin=by.origin,
        params=params or {},
        summary=summary[: Job._meta.get_field("summary").max_length],
        total=total,
    )
    if source is not None:
        job.source_name = os.path.basename(source.name or "")[-NAME_LENGTH:]
        job.source.save(job.source_name, source, save=False)
    try:
        with transaction.atomic():
            job.save()
            if ids is not None:
                job.total = _keep_inputs(job, ids)
                job.save(update_fields=["total"])
            if not settings.JOBS_IMMEDIATE:
                enqueue(job.pk)
    except BaseException:
        if job.source:
            job.source.delete(save=False)
        raise
    return running.run_job(job) if settings.JOBS_IMMEDIATE else job


def _keep_inputs(job: Job, ids: Iterable[int]) -> int:
    """Write down what a job is about; return how many ids that are."""
    rest, number, count = iter(ids), 0, 0
    while batch := list(islice(rest, INPUTS)):
        JobInput.objects.create(job=job, number=number, ids=batch)
        number, count = number + 1, count + len(batch)
    return count


def enqueue(pk: int) -> None:
    """Ask a worker to take a job, once what is being written is."""
    transaction.on_commit(lambda: work_on.enqueue(pk))


def cancel(job: Job, by: By) -> None:
    """End a job before its next step; what it did until then stays, and can be undone."""
    Cancellation.objects.get_or_create(job=job, defaults={"by": by.actor})
    # One that no worker ever takes ends here.
    with transaction.atomic():
        rows = Job.objects.unattended().select_for_update(of=("self",), skip_locked=True, no_key=True)
        if idle := rows.select_related("change").filter(pk=job.pk).first():
            running._end(idle, Job.State.CANCELLED)


def resume(job: Job) -> bool:
    """Take up a job that failed where it stood; return whether there was one."""
    waiting = {"state": Job.State.WAITING, "ended_at": None, "message": "", "queued_at": timezone.now()}
    with transaction.atomic():
        if not Job.objects.filter(pk=job.pk, state=Job.State.FAILED).update(**waiting):
            return False
        if not settings.JOBS_IMMEDIATE:
            enqueue(job.pk)
    if settings.JOBS_IMMEDIATE:
        running.run_job(job)
    return True


def sweep(*, waiting: timedelta = timedelta(0)) -> int:
    """Ask again for the jobs that no worker holds: their worker died, or the queue lost them.

    Those that were asked for within `waiting` are left alone: they may stand in the queue. Returns how many.
    """
    now = timezone.now()
    found = Job.objects.unattended().filter(Q(queued_at__lte=now - waiting) | Q(leased_until__lte=now))
    count = 0
    for pk, queued_at in found.order_by("pk").values_list("pk", "queued_at"):
        # Of several workers that look, one asks.
        with transaction.atomic():
            if Job.objects.filter(pk=pk, queued_at=queued_at).update(queued_at=now):
                enqueue(pk)
                count += 1
    return count


def label_of(job: Job) -> str:
    """Return what a job's kind is called."""
    return str(getattr(kind_of(job), "label", job.kind))
