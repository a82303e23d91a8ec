"""What a record says of its activities: when somebody was last in touch, what comes next, how many there are.

The values stand in columns of the record. The floor above, which knows what is associated, keeps them right
when something changes; but time changes them as well: what was next has been, and may have been a contact.
So the next activity is also the moment until which the columns hold. Behind it what they should be is worked
out where they are read, and no job has to come round in time.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db.models import Case, DateTimeField, Expression, F, When
from django.utils import timezone

if TYPE_CHECKING:
    from .models import Record

LAST_CONTACTED = "last_contacted_at"
NEXT_ACTIVITY = "next_activity_at"
MOMENTS = (LAST_CONTACTED, NEXT_ACTIVITY)
NUMBER = "activity_count"
COLUMNS = (*MOMENTS, NUMBER)

# What each of MOMENTS is as of a moment, worked out from associations; filled in by the floor above.
worked_out: dict[str, Callable[[datetime], Expression]] = {}


def expression(column: str) -> Expression:
    """Return what a query calls one of MOMENTS as it is now: stored, or worked out where it has passed."""
    now, field = timezone.now(), DateTimeField(null=True)
    stored = F(column)
    if column not in worked_out:
        return Case(default=stored, output_field=field)
    passed = When(**{f"{NEXT_ACTIVITY}__lte": now}, then=worked_out[column](now))
    return Case(passed, default=stored, output_field=field)


def freshen(records: Iterable["Record"]) -> None:
    """Give records, as they are in memory, what has become of MOMENTS since: a query if any has passed."""
    from .models import Record

    now = timezone.now()
    passed = {one.pk: one for one in records if (until := one.next_activity_at) and until <= now}
    if not passed or not worked_out:
        return
    columns: dict[str, Any] = {f"now_{column}": work(now) for column, work in worked_out.items()}
    rows = Record.objects.filter(pk__in=list(passed)).order_by().annotate(**columns)
    for pk, *values in rows.values_list("pk", *columns):
        for column, value in zip(worked_out, values, strict=True):
            setattr(passed[pk], column, value)
