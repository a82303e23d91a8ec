"""The long work of rules, step by step (see `records.jobs`)."""

from dataclasses import replace
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from records import schema
from records.jobs import JobKind, JobRefused, Run, register
from records.models import Change, Contact
from records.provenance import Origin

from . import company_by_domain, sense, webhooks
from .models import Rule, RuleRun
from .running import existing
from .tally import COUNTS, Tally

CALLS = 50  # of a step
WRITTEN = ("associated", "labelled", "companies", "created", "tasks", "changed")


class Logged(JobKind):
    """A run for existing records, with one entry in the log of rules for all its steps."""

    change_kind = Change.Kind.RULE

    def log(self, run: Run, kind: Any, rule: Rule | None = None) -> RuleRun:
        """Return the entry of the job's run in the log; it is made by the first step."""
        if pk := run.state.get("run"):
            row = RuleRun.objects.select_for_update(of=("self",)).filter(pk=pk).first()
            if row is not None:
                return row
        row = RuleRun.objects.create(
            rule=rule,
            trigger=RuleRun.Trigger.EXISTING,
            object_type=kind,
            author=run.user,
            state=RuleRun.State.DONE,
        )
        run.state["run"] = row.pk
        return row

    def keep(self, run: Run, row: RuleRun, tally: Tally, ids: list[int]) -> None:
        """Count what a step did, in the job and in the log."""
        for what, number in tally.counts.items():
            run.count(what, number)
        wrote = any(tally.counts[what] for what in WRITTEN)
        tally.merge(row.counts, row.details)
        row.counts, row.details = dict(tally.counts), tally.details
        row.finished_at = timezone.now()
        if wrote:
            row.change = run.by.change
        row.save()
        run.done(len(ids))


@register
class AssociateByDomain(Logged):
    """Associates all contacts that have no company with that of their address's domain."""

    name = "company-by-domain"
    label = gettext_lazy("Associate contacts by e-mail domain")
    counts = {
        name: COUNTS[name]
        for name in (
            "associated",
            "companies",
            "kept",
            "left_out",
            "unknown",
            "already",
            "labelled",
            "refused",
        )
    }

    def step(self, run: Run) -> bool:
        ids = run.next_batch()
        if ids is None:
            return True
        tally = Tally()
        row = self.log(run, schema.current().type(Contact.object_type_name))
        company_by_domain.associate(
            ids, by=replace(run.by, origin=Origin.RULE), tally=tally, creating=run.params["creating"]
        )
        self.keep(run, row, tally, ids)
        return False

    def links(self, job: Any) -> list[tuple[str, str]]:
        """Lead back to the setting."""
        return [(_("Companies by e-mail domain"), reverse("rules:company-by-domain"))]


@register
class RunRule(Logged):
    """Runs a rule for the records that there are."""

    name = "run-rule"
    label = gettext_lazy("Run a rule")
    counts = {
        name: COUNTS[name]
        for name in (
            *("matched", "associated", "already", "labelled", "created", "tasks", "changed", "calls"),
            *("nothing", "refused", "companies", "failed"),
        )
    }

    def step(self, run: Run) -> bool:
        ids = run.next_batch()
        if ids is None:
            return True
        rule = (
            Rule.objects.select_related("run_as", "view", "condition_view")
            .filter(pk=run.params["rule"])
            .first()
        )
        if rule is None:
            raise JobRefused(_("The rule has been deleted."))
        if wrong := sense.problems(rule):
            raise JobRefused(" ".join(wrong))
        tally = Tally()
        row = self.log(run, rule.kind, rule)
        by = replace(run.by, actor=rule.run_as, origin=Origin.RULE)
        existing(rule, ids, by=by, tally=tally, run=row)
        self.keep(run, row, tally, ids)
        return False

    def links(self, job: Any) -> list[tuple[str, str]]:
        """Lead to the log of the rule."""
        return [(_("Log of the rule"), reverse("rules:log", args=[job.params["rule"]]))]


@register
class MakeCalls(JobKind):
    """Calls the webhooks that are due. What it does cannot be taken back, so it keeps no transaction."""

    name = "call-webhooks"
    label = gettext_lazy("Call webhooks")
    change_kind = None
    counts = {"heard": gettext_lazy("Heard"), "missed": gettext_lazy("Not heard, to be tried again")}
    atomic = False

    def step(self, run: Run) -> bool:
        heard, missed = webhooks.make_due(CALLS, run.beat)
        run.count("heard", heard)
        run.count("missed", missed)
        run.done(heard + missed)
        return not heard + missed
