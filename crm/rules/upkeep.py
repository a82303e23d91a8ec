"""What is done for rules again and again: what was forgotten, views that time changes, an old log."""

from dataclasses import dataclass

from django.db import transaction

from records.services import batches

from . import kept, members, sense
from .models import Rule, RuleRun
from .running import left_behind, prune, run_one


@dataclass
class Done:
    """What was done."""

    resumed: int = 0
    entered: int = 0
    deleted: int = 0


def look_after() -> Done:
    """Finish runs that a process left behind, look at the views that rules wait at, forget the old log.

    A record that enters a view without being written, such as by time passing, is found here.
    """
    done = Done()
    for pk in left_behind():
        run_one(pk)
        done.resumed += 1
    for rule in kept.rules():
        if rule.trigger == Rule.Trigger.VIEW:
            done.entered += _sweep(rule.pk)
    done.deleted = prune()
    return done


def _sweep(pk: int) -> int:
    rule = Rule.objects.select_related("run_as", "view", "condition_view").filter(pk=pk, is_on=True).first()
    if rule is None or sense.problems(rule):
        return 0
    runs = [
        RuleRun(
            rule=rule, trigger=RuleRun.Trigger.VIEW, object_type_id=rule.object_type_id, record_ids=list(some)
        )
        for some in batches(members.sweep(rule))
    ]
    with transaction.atomic():
        RuleRun.objects.bulk_create(runs)
    for run in runs:
        run_one(run.pk)
    return sum(len(run.record_ids) for run in runs)
