"""Who is in the view that a rule waits at: so that entering is told from having been there."""

from collections.abc import Sequence

from django.db import transaction

from .conditions import in_view
from .models import Rule, RuleMember

READ = 2_000


def follow(rule: Rule, ids: Sequence[int]) -> list[int]:
    """Bring the members among these records in step with the view; return who has entered. Four statements.

    Of two who look at once one enters a record: the database has a pair of rule and record once.
    """
    now = set(in_view(rule.view, rule.run_as).filter(pk__in=ids).order_by().values_list("pk", flat=True))  # type: ignore[arg-type]
    held = set(rule.members.filter(record__in=ids).values_list("record", flat=True))
    if gone := held - now:
        rule.members.filter(record__in=gone).delete()
    return _enter(rule, sorted(now - held))


def _enter(rule: Rule, ids: Sequence[int]) -> list[int]:
    if not ids:
        return []
    rule_row = Rule.objects.select_for_update().filter(pk=rule.pk)
    list(rule_row.values_list("pk", flat=True))
    # Whoever held the lock may have entered some.
    there = set(rule.members.filter(record__in=ids).values_list("record", flat=True))
    fresh = [pk for pk in ids if pk not in there]
    RuleMember.objects.bulk_create([RuleMember(rule=rule, record_id=pk) for pk in fresh], batch_size=READ)
    return fresh


def begin(rule: Rule) -> int:
    """Take all who are in the view now for members, so that only who comes later enters; return how many."""
    with transaction.atomic():
        rule.members.all().delete()
        if rule.trigger != Rule.Trigger.VIEW or rule.view is None or rule.run_as is None:
            return 0
        count, last = 0, 0
        rows = in_view(rule.view, rule.run_as).order_by("pk").values_list("pk", flat=True)
        while ids := list(rows.filter(pk__gt=last)[:READ]):
            RuleMember.objects.bulk_create([RuleMember(rule=rule, record_id=pk) for pk in ids])
            count, last = count + len(ids), ids[-1]
        return count


def sweep(rule: Rule) -> list[int]:
    """Return whose being in the view differs from what is known, whatever brought them in or out.

    Such as time passing, or a change of an associated record. Ids only, compared in pieces.
    """
    if rule.view is None:
        return []
    now = set(in_view(rule.view, rule.run_as).order_by().values_list("pk", flat=True).iterator(READ))
    held = set(rule.members.values_list("record", flat=True).iterator(READ))
    return sorted(now ^ held)
