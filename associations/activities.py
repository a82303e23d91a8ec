"""What is done with activities: they are logged on a record, and associated with what else they concern.

Editor, API, import and mail all end here.
"""

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from records import services as record_services
from records.history import recorded
from records.models import Change, ObjectType, Record, Task
from records.provenance import By
from records.transactions import unit_of_work

from . import automatic, services
from .models import Association
from .models.association import canonical
from .outcomes import AssociationRefused, Report


@unit_of_work
def log_activity(
    record: Record,
    kind: ObjectType,
    values: dict[str, Any],
    *,
    others: Iterable[int] | None = None,
    taking_part: Iterable[str] = (),
    by: By,
) -> tuple[Record, Report]:
    """Create an activity of a type and associate it with a record and with others: all of it or nothing, and
    one change.

    Without `others` (ids) the rules decide with what else; `taking_part` are e-mail addresses of people who
    take part, besides those that stand in an e-mail's own values. What the rules propose and limits refuse
    is left out; of others that are named a refusal raises AssociationRefused. Raises ValidationError by
    property name.
    """
    with transaction.atomic():
        by = recorded(by)
        if by_rules := others is None:
            people = [*automatic.addresses_of(values), *taking_part]
            others = [one.record.pk for one in automatic.proposed(record, kind, by.actor, people)]
        activity = record_services.create_record(kind, values, by=by)
        # Its own record first: of the last places under a limit it has one.
        pairs = [(activity.pk, pk) for pk in (record.pk, *others)]
        report = services.associate_pairs(pairs, by=by, skip_refused=by_rules)
        if any(outcome.pair == canonical(activity.pk, record.pk) for outcome in report.refused):
            raise AssociationRefused(report)
    return activity, report


@unit_of_work
def reassociate(
    activity: Record, chosen: Iterable[int], *, among: Iterable[int] = (), by: By
) -> Change | None:
    """Associate an activity with the chosen records (ids) and, of `among`, with no others; return the change.

    `among` are the records that it was associated with when somebody was asked: what has come since stays.
    None where it is like that already. Raises AssociationRefused, and ValidationError where it would stand
    on no timeline any more.
    """
    chosen = list(dict.fromkeys(chosen))
    with transaction.atomic():
        gone = sorted({*among} - {*chosen})
        associated = Association.objects.associated_among(activity.pk, [*chosen, *gone])
        gone = [pk for pk in gone if pk in associated]
        new = [pk for pk in chosen if pk not in associated]
        if not gone and not new:
            return None
        by = recorded(by, summary=_("Associations of %(name)s") % {"name": activity})
        services.dissociate(activity, gone, by=by)
        services.associate(activity, new, by=by)
        if not Association.objects.live().of(activity.pk).exists():
            text = _("Tick at least one record: without any, it would stand on no timeline.")
            raise ValidationError(text)
    return by.change


def tick_off(task: Record, done: bool, *, by: By) -> Change | None:
    """Complete a task, or reopen it; return the change, or None where it is like that already.

    Raises ValidationError where it has been archived, or lacks what must be filled in.
    """
    if done != task.is_pending:
        return None
    status = Task.COMPLETED if done else Task.NOT_STARTED
    with transaction.atomic():
        by = recorded(by)
        record_services.update_record(task, {"hs_task_status": status}, by=by)
    return by.change
