"""What is done again and again, by the workers: once per interval, however many of them there are."""

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import NamedTuple

from django.db import transaction
from django.utils import timezone

from records import schema
from records.models import Periodic

logger = logging.getLogger(__name__)


class Errand(NamedTuple):
    """Something to be done again and again."""

    name: str  # stored
    every: timedelta
    function: Callable[[], object]


_errands: dict[str, Errand] = {}


def every(interval: timedelta, name: str, function: Callable[[], object]) -> None:
    """Have a function called once in each interval, by one of the workers."""
    _errands[name] = Errand(name, interval, function)


def do_due() -> list[str]:
    """Do what is due; return the names. What fails is logged, and done again in the next interval."""
    due = [errand for errand in _errands.values() if _begin(errand)]
    for errand in due:
        try:
            with schema.pinned():
                errand.function()
        except Exception:
            logger.exception("%s failed", errand.name)
    return [errand.name for errand in due]


def _begin(errand: Errand) -> bool:
    """Whether it is due, and this worker the one that does it."""
    now = timezone.now()
    with transaction.atomic():
        last, new = Periodic.objects.get_or_create(name=errand.name, defaults={"begun_at": now})
        if new:
            return True
        row = Periodic.objects.filter(name=errand.name, begun_at=last.begun_at)
        return last.begun_at <= now - errand.every and bool(row.update(begun_at=now))
