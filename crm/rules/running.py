"""Running what was triggered: one transaction per run, which says in the log what came of it.

A run that was not finished, because a process died, waits in the database and is done by whoever comes next:
the next write that triggers anything, or `manage.py run_rules`.
"""

import logging
from collections.abc import Iterable, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from records import schema
from records.history import forget_if_empty, recorded
from records.models import Change, Contact, Record
from records.provenance import By, Origin
from records.services import batches
from records.transactions import unit_of_work

from . import company_by_domain, conditions, kept, members, sense
from .actions import ACTIONS, AssociateMatching, Work
from .chain import BY_DOMAIN, chained, note
from .models import Rule, RuleRun, WebhookCall
from .tally import Tally

DEPTH = 5  # rules that may follow from one another
LEFT_BEHIND = timedelta(minutes=2)  # after which a run is taken for forgotten
State, Trigger = RuleRun.State, RuleRun.Trigger
logger = logging.getLogger(__name__)


def run_all(ids: Iterable[int]) -> None:
    """Run what a transaction triggered, now that it has been committed; then what others left behind."""
    with schema.pinned():
        for pk in ids:
            run_one(pk)
        for pk in left_behind(limit=10):
            run_one(pk)


def left_behind(limit: int | None = None) -> list[int]:
    """Return the ids of runs that nobody has finished for a while. One query over an index."""
    rows = RuleRun.objects.filter(state=State.WAITING, created_at__lt=timezone.now() - LEFT_BEHIND)
    return list(rows.order_by("id").values_list("pk", flat=True)[:limit])


def run_one(pk: int) -> None:
    """Do a waiting run, or leave it where another has it. What goes wrong stands in the log."""
    run = RuleRun.objects.filter(pk=pk, state=State.WAITING).first()
    if run is None:
        return
    try:
        with chained([*run.chain, run.rule_id or BY_DOMAIN]):
            _attempt(pk)
    except Exception as error:
        logger.exception("Rule %s failed.", run.rule_id)
        # The kind of the error only: what it says may name somebody.
        reason = _("Kith met an error: %(error)s. Its own log has more.") % {"error": type(error).__name__}
        RuleRun.objects.filter(pk=pk, state=State.WAITING).update(
            state=State.FAILED, reason=reason, finished_at=timezone.now()
        )


@unit_of_work
def _attempt(pk: int) -> None:
    with transaction.atomic():
        locked = RuleRun.objects.select_for_update(skip_locked=True, of=("self",))
        run = locked.filter(pk=pk, state=State.WAITING).select_related("change", "author").first()
        if run is None:
            return
        tally = Tally()
        run.state, run.finished_at = State.DONE, timezone.now()
        if run.rule_id is None:
            _by_domain(run, tally)
        else:
            _by_rule(run, tally)
        run.counts, run.details = dict(tally.counts), tally.details
        if run.state == State.DONE and not tally.did_something:
            run.delete()
        else:
            run.save()
            note(run.pk)


@contextmanager
def _change_of(run: RuleRun, by: By, summary: str) -> Any:
    """Give `by` with the change that a run belongs to: that of the write which triggered it, or its own."""
    if run.change is not None:
        yield replace(by, change=run.change)
        return
    by = recorded(by, Change.Kind.RULE, summary)
    run.change = by.change
    yield by
    pk = by.change.pk
    forget_if_empty(by.change)
    if not Change.objects.filter(pk=pk).exists():
        run.change = None


def _by_domain(run: RuleRun, tally: Tally) -> None:
    """Associate by domain the contacts that were written, or those of the companies that were."""
    setting = kept.company_by_domain()
    if not setting.is_on:
        return
    with _change_of(run, By(run.author, Origin.RULE), _("Companies by e-mail domain")) as by:
        if run.kind.name == Contact.object_type_name:
            company_by_domain.associate(
                run.record_ids, by=by, tally=tally, creating=setting.creates_companies
            )
        else:
            company_by_domain.associate_with(run.record_ids, by=by, tally=tally)
    quiet = ("kept", "left_out", "unknown", "already")
    if not any(number for what, number in tally.counts.items() if what not in quiet):
        tally.counts.clear()
        tally.details.clear()


def _by_rule(run: RuleRun, tally: Tally) -> None:
    rule = Rule.objects.select_related("run_as", "view", "condition_view").get(pk=run.rule_id or 0)
    if not rule.is_on:
        return
    if wrong := sense.problems(rule):
        run.state, run.reason = State.STOPPED, " ".join(wrong)
        return
    undoing = run.change is not None and run.change.kind == Change.Kind.UNDO
    batches_of = _matched(rule, run) if run.trigger == Trigger.MATCH else [_triggered(rule, run)]
    for records, only_others in batches_of:
        if not records or undoing:
            continue
        if stopped := _loop(run, rule):
            run.state, run.reason = State.STOPPED, stopped
            run.record_ids = [one.pk for one in records]
            return
        if run.trigger != Trigger.MATCH:
            run.record_ids = [one.pk for one in records]
        with _change_of(run, By(rule.run_as, Origin.RULE), str(rule)) as by:
            act(Work(rule, records, by, tally, run, only_others))


def _loop(run: RuleRun, rule: Rule) -> str:
    """Say why a rule does not run within a chain of rules; empty where it may."""
    if rule.pk in run.chain:
        return _("It was triggered by what it had done itself.")
    if len(run.chain) >= DEPTH:
        text = _("%(count)s rules had followed from one another: the chain was ended.")
        return text % {"count": len(run.chain)}
    return ""


def _triggered(rule: Rule, run: RuleRun) -> tuple[list[Record], None]:
    """Return the records that the rule runs for: those that were written, or that came into its view."""
    ids = run.record_ids
    if rule.trigger != Rule.Trigger.VIEW:
        return conditions.records_of(rule, ids, rule.run_as), None
    entered = members.follow(rule, ids)
    return conditions.records_of(rule, entered, rule.run_as, in_trigger_view=False), None


def _matched(rule: Rule, run: RuleRun) -> Iterable[tuple[list[Record], set[int]]]:
    """Yield, batch by batch, the records that those that were written match, with these."""
    written = set(run.record_ids)
    for one in rule.actions:
        action = ACTIONS.get(one["action"])
        if not isinstance(action, AssociateMatching) or one["type"] != run.kind.name:
            continue
        rows = action.match(rule.kind, one).owners(rule.kind, sorted(written), rule.run_as)
        ids = list(rows.order_by("pk").values_list("pk", flat=True)) if rows is not None else []
        for batch in batches(ids):
            yield conditions.records_of(rule, batch, rule.run_as), written


def act(work: Work) -> None:
    """Do the actions of a rule with records, in their order.

    Of what others that were written match, only what matches is done: the rest was done when the record
    itself triggered the rule. A webhook that is to be called is called once this is committed.
    """
    work.tally.add("matched", n=len(work.records))
    for one in work.rule.actions:
        action = ACTIONS[one["action"]]
        if work.only_others is None or isinstance(action, AssociateMatching):
            action.do(_fresh(work), one)
    if work.tally.counts["calls"] and not work.dry:
        from .webhooks import begin

        transaction.on_commit(begin, robust=True)


def _fresh(work: Work) -> Work:
    """Return the records as the actions before have left them, where any did."""
    if not work.tally.counts["changed"]:
        return work
    rows = work.rule.kind.model.objects.visible_to(work.user).filter(pk__in=work.ids)
    records = list(rows.select_related("owner").order_by("pk"))
    return Work(work.rule, records, work.by, work.tally, work.run, work.only_others)


def prune() -> int:
    """Delete what the log has kept for long enough, and calls that were made; return how many rows."""
    before = timezone.now() - timedelta(days=settings.RULE_LOG_DAYS)
    count = 0
    for rows in (
        RuleRun.objects.filter(created_at__lt=before).exclude(state=State.WAITING),
        WebhookCall.objects.filter(created_at__lt=before).exclude(state=WebhookCall.State.WAITING),
    ):
        while ids := list(rows.values_list("pk", flat=True)[:1_000]):
            count += rows.model.objects.filter(pk__in=ids).delete()[0]
    return count


def existing(rule: Rule, ids: Sequence[int], *, by: By, tally: Tally, run: RuleRun) -> None:
    """Run a rule for records that there are, in the transaction under way."""
    with chained([rule.pk]):
        records = conditions.records_of(rule, ids, rule.run_as)
        if records:
            act(Work(rule, records, by, tally, run))
