"""Which writes trigger which rules. What is triggered is written down in the transaction that writes, and
run when that has been committed: a rule never breaks or holds up a save, and none is forgotten.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from django.db import transaction

from records.models import Change, Company, Contact, ObjectType
from records.provenance import By
from records.services import batches

from . import chain, kept
from .company_by_domain import DOMAIN, EMAIL
from .models import Rule, RuleRun

Trigger = RuleRun.Trigger


def written(
    sender: Any,
    object_type: ObjectType,
    changes: Mapping[int, set[str]],
    created: bool,
    by: By,
    **kwargs: Any,
) -> None:
    """Note which rules a write triggers: a statement, where any. Hears `records_written`."""
    if not changes:
        return
    # What an undo brings back is what somebody wanted it to be; views are followed all the same.
    undoing = by.change is not None and by.change.kind == Change.Kind.UNDO
    runs = []
    for rule, trigger, ids in _triggered(object_type, changes, created, undoing):
        for batch in batches(ids):
            runs.append(
                RuleRun(
                    rule=rule,
                    trigger=trigger,
                    object_type=object_type,
                    record_ids=list(batch),
                    change=by.change,
                    author=by.actor if getattr(by.actor, "pk", None) else None,
                    chain=list(chain.current()),
                )
            )
    _begin(runs)


def links_changed(sender: Any, record_ids: Mapping[int, set[int]], by: By, **kwargs: Any) -> None:
    """Let rules that wait at a view look at records that were associated or no longer are.

    `record_ids` by the id of their type. Hears `associations.signals.links_changed`.
    """
    runs = []
    for rule in kept.rules():
        if rule.trigger == Rule.Trigger.VIEW and (ids := record_ids.get(rule.object_type_id)):
            for batch in batches(sorted(ids)):
                runs.append(
                    RuleRun(
                        rule=rule,
                        trigger=Trigger.VIEW,
                        object_type_id=rule.object_type_id,
                        record_ids=list(batch),
                        change=by.change,
                        author=by.actor,
                        chain=list(chain.current()),
                    )
                )
    _begin(runs)


def _begin(runs: list[RuleRun]) -> None:
    if not runs:
        return
    from .running import run_all  # which writes by what calls this

    RuleRun.objects.bulk_create(runs)
    transaction.on_commit(lambda: run_all([run.pk for run in runs]), robust=True)


def _triggered(
    object_type: ObjectType, changes: Mapping[int, set[str]], created: bool, undoing: bool
) -> Iterator[tuple[Rule | None, Trigger, list[int]]]:
    """Yield what a write triggers, companies by domain first: rules may follow from associations."""
    if not undoing:
        yield from _by_domain(object_type, changes, created)
    for rule in kept.rules():
        if rule.object_type_id == object_type.pk:
            if rule.trigger == Rule.Trigger.VIEW:
                yield rule, Trigger.VIEW, sorted(changes)
            elif undoing:
                pass
            elif rule.trigger == Rule.Trigger.CREATED:
                if created:
                    yield rule, Trigger.CREATED, sorted(changes)
            elif ids := [pk for pk, names in changes.items() if rule.trigger_property in names]:
                yield rule, Trigger.CHANGED, sorted(ids)
        names = set() if undoing else matched_properties(rule, object_type)
        if ids := [pk for pk, changed in changes.items() if changed & names]:
            yield rule, Trigger.MATCH, sorted(ids)


def matched_properties(rule: Rule, object_type: ObjectType) -> set[str]:
    """Return the properties of a type by which a rule associates its records with those of that type."""
    return {
        one["other_property"]
        for one in rule.actions
        if one.get("action") == "match" and one.get("type") == object_type.name
    }


def _by_domain(
    object_type: ObjectType, changes: Mapping[int, set[str]], created: bool
) -> Iterator[tuple[None, Trigger, list[int]]]:
    prop = {Contact.object_type_name: EMAIL, Company.object_type_name: DOMAIN}.get(object_type.name)
    if prop is None or not kept.company_by_domain().is_on or chain.BY_DOMAIN in chain.current():
        return
    if ids := [pk for pk, names in changes.items() if prop in names]:
        is_contact = object_type.name == Contact.object_type_name
        trigger = (Trigger.CREATED if created else Trigger.CHANGED) if is_contact else Trigger.MATCH
        yield None, trigger, sorted(ids)


def connect() -> None:
    """Listen to the floors below."""
    from associations.signals import links_changed as links_changed_signal
    from records.signals import records_written

    records_written.connect(written)
    links_changed_signal.connect(links_changed)
