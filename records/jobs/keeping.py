"""Deleting jobs that ended long ago, with their files: they hold what somebody uploaded."""

from collections.abc import Iterable
from datetime import timedelta
from functools import partial

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from records.models import Job
from records.models.job import JobError

BATCH = 500


def delete_old() -> int:
    """Delete the jobs that ended more than JOBS_KEPT_DAYS ago; return how many. History stays."""
    limit = timezone.now() - timedelta(days=settings.JOBS_KEPT_DAYS)
    count = 0
    while rows := list(Job.objects.filter(ended_at__lt=limit).order_by("pk")[:BATCH]):
        with transaction.atomic():
            _forget_files(rows)
            Job.objects.filter(pk__in=[job.pk for job in rows]).delete()
        count += len(rows)
    return count


def forget_ended() -> None:
    """Let go what ended jobs keep of rows and records: files, errors, what was asked for.

    For data protection: nobody can tell which of them tell of somebody who is to be forgotten.
    """
    ended = Job.objects.exclude(ended_at=None)
    _forget_files(ended.exclude(source="", result="").iterator())
    JobError.objects.filter(job__in=ended).delete()
    ended.update(params={}, cursor={}, summary="", source="", source_name="", result="", result_name="")


def _forget_files(jobs: Iterable[Job]) -> None:
    """Delete files once it is certain that their rows go."""
    for job in jobs:
        for file in (job.source, job.result):
            if file.name:
                transaction.on_commit(partial(file.storage.delete, file.name))
