"""Settings → Rules: the list, the builder with its dry run, the log; and companies by e-mail domain."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.db.models import Max
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from records import data_model, schema
from records.http import Request
from records.jobs import start
from records.models import Record
from records.provenance import By, Origin
from records.settings_forms.common import SettingsForm
from records.views.common import UNPROCESSABLE
from records.views.settings.common import administrators_only, form_page, leave, posted

from . import company_by_domain as domains
from . import conditions, members, sense
from .dry_run import counts_of, dry_run, text_of
from .forms import Builder, CompanyByDomainForm
from .forms.draft import Draft
from .jobs import AssociateByDomain, RunRule
from .models import CompanyByDomain, Rule, RuleRun, WebhookCall

RUNS = 30  # of a page of the log
CALLS = 20


def rule_or_404(pk: int) -> Rule:
    """Return the rule of that id with its views and user. Raises Http404."""
    rows = Rule.objects.select_related("run_as", "view", "condition_view")
    rule = rows.filter(pk=pk).first() if pk < 2**63 else None
    if rule is None:
        raise Http404(_("There is no such rule."))
    return rule


# --- The list -----------------------------------------------------------------------------------------


@administrators_only
def rule_list(request: Request) -> HttpResponse:
    """List the rules in the order in which they run, what each says, and which do not run and why."""
    rules = list(Rule.objects.select_related("run_as", "view", "condition_view"))
    latest = RuleRun.objects.filter(rule__in=rules).order_by().values("rule").annotate(last=Max("pk"))
    runs = {run.rule_id: run for run in RuleRun.objects.filter(pk__in=latest.values("last"))}
    rows = [
        {
            "rule": rule,
            "when": sense.when(rule),
            "only_if": sense.only_if(rule),
            "then": sense.then(rule),
            "problems": sense.problems(rule),
            "last": runs.get(rule.pk),
        }
        for rule in rules
    ]
    context = {"rows": rows, "by_domain": CompanyByDomain.objects.filter(pk=1).first()}
    return render(request, "rules/list.html", context)


@administrators_only
@require_POST
def turn(request: Request, pk: int) -> HttpResponse:
    """Turn a rule on or off. One that waits at a view begins with those who are in it now."""
    rule = rule_or_404(pk)
    is_on = "on" in request.POST
    if is_on and (wrong := sense.problems(rule)):
        messages.error(request, _("It cannot be turned on: %(why)s") % {"why": " ".join(wrong)})
    elif is_on != rule.is_on:
        with transaction.atomic():
            rule.is_on = is_on
            rule.save()
            if is_on:
                members.begin(rule)
    return redirect(f"{reverse('rules:list')}#rule-{rule.pk}")


@administrators_only
@require_POST
def move(request: Request, pk: int) -> HttpResponse:
    """Move a rule up or down in the order in which rules run."""
    rule = rule_or_404(pk)
    data_model.move(rule, Rule.objects.all(), up="up" in request.POST)
    return redirect(f"{reverse('rules:list')}#rule-{rule.pk}")


@administrators_only
def delete(request: Request, pk: int) -> HttpResponse:
    """Ask, and delete a rule with its log; what it did stays."""
    rule = rule_or_404(pk)
    if request.method == "POST":
        rule.delete()
        messages.success(request, _("%(name)s deleted.") % {"name": rule})
        return leave(request, reverse("rules:list"))
    return form_page(
        request,
        SettingsForm(),
        title=_("Delete the rule “%(name)s”?") % {"name": rule},
        submit=_("Delete"),
        back=rule.get_absolute_url(),
        text=_("Its log goes with it. What it has done stays."),
        danger=True,
    )


# --- The builder --------------------------------------------------------------------------------------


@administrators_only
def create(request: Request) -> HttpResponse:
    """Build a rule."""
    first = (Rule.objects.aggregate(last=Max("position"))["last"] or 0) + 1
    rule = Rule(position=first, object_type_id=schema.current().main_types[0].pk)
    return _build(request, rule)


@administrators_only
def edit(request: Request, pk: int) -> HttpResponse:
    """Change a rule."""
    return _build(request, rule_or_404(pk))


def _build(request: Request, rule: Rule) -> HttpResponse:
    """Show the builder; follow its buttons, which change the form; try the rule, or save it."""
    if request.method != "POST":
        return _show(request, Builder(rule, request.user))
    command = request.POST.get("do", "save")
    if command not in ("save", "dry-run"):
        draft = Draft.read(request.POST)
        draft.follow(command)
        return _show(request, Builder(rule, request.user, draft.data, checked=False))
    builder = Builder(rule, request.user, Draft.read(request.POST).data)
    if not builder.is_valid:
        return _show(request, builder, status=UNPROCESSABLE)
    rule = builder.fill()
    if command == "dry-run":
        if wrong := sense.problems(rule):
            builder.problem = " ".join(wrong)
            return _show(request, builder, status=UNPROCESSABLE)
        return _show(request, builder, tried=dry_run(rule, request.user))
    if rule.is_on and (wrong := sense.problems(rule)):
        builder.problem = _("It cannot be turned on: %(why)s") % {"why": " ".join(wrong)}
        return _show(request, builder, status=UNPROCESSABLE)
    with transaction.atomic():
        rule.save()
        members.begin(rule)
    messages.success(request, _("Saved."))
    return leave(request, f"{reverse('rules:list')}#rule-{rule.pk}")


def _show(request: Request, builder: Builder, status: int = 200, **context: Any) -> HttpResponse:
    template = "rules/_builder.html" if request.htmx else "rules/builder.html"
    context |= {"builder": builder, "rule": builder.rule, "problems": []}
    if builder.rule.pk and request.method != "POST":
        context["problems"] = sense.problems(builder.rule)
    return render(request, template, context, status=status)


# --- For existing records, and the log ------------------------------------------------------------------


@administrators_only
def run_existing(request: Request, pk: int) -> HttpResponse:
    """Say what running a rule for the records that there are would do; with a POST do it, as a job."""
    rule = rule_or_404(pk)
    if wrong := sense.problems(rule):
        messages.error(request, " ".join(wrong))
        return leave(request, rule.get_absolute_url())
    if request.method == "POST":
        ids = conditions.all_of(rule, rule.run_as).order_by("pk").values_list("pk", flat=True)
        by = By(request.user, Origin.RULE)
        job = start(RunRule, by=by, params={"rule": rule.pk}, summary=str(rule), ids=ids.iterator(2_000))
        return leave(request, job.get_absolute_url())
    tried = dry_run(rule, request.user)
    return render(request, "rules/run.html", {"rule": rule, "tried": tried, "then": sense.then(rule)})


@administrators_only
def log(request: Request, pk: int) -> HttpResponse:
    """List the runs of a rule, the latest first."""
    rule = rule_or_404(pk)
    calls = WebhookCall.objects.filter(rule=rule)[:CALLS]
    return _log(request, RuleRun.objects.filter(rule=rule), {"rule": rule, "calls": calls})


@administrators_only
def log_by_domain(request: Request) -> HttpResponse:
    """List what was done for companies by e-mail domain, the latest first."""
    return _log(request, RuleRun.objects.filter(rule=None), {"rule": None})


def _log(request: Request, runs: Any, context: dict[str, Any]) -> HttpResponse:
    text = request.GET.get("before", "")
    if text.isascii() and text.isdigit() and len(text) < 19:
        runs = runs.filter(pk__lt=int(text))
    found = list(runs.exclude(state=RuleRun.State.WAITING).select_related("change", "author")[: RUNS + 1])
    shown = found[:RUNS]
    rows = [{"run": run, "counts": counts_of(run.counts), "kind": run.kind} for run in shown]
    context |= {"rows": rows, "more": shown[-1].pk if len(found) > RUNS else None}
    return render(request, "rules/log.html", context)


@administrators_only
def run(request: Request, pk: int) -> HttpResponse:
    """Show a run of a rule: what triggered it, and what became of the first records."""
    rows = RuleRun.objects.select_related("rule", "change", "author")
    found = rows.filter(pk=pk).first() if pk < 2**63 else None
    if found is None:
        raise Http404(_("The log does not have this run (any more)."))
    wanted = {one[end] for one in found.details for end in ("record", "other") if end in one}
    first = found.record_ids[:RUNS]
    records = Record.objects.visible_to(request.user).in_bulk(list(wanted.union(first)))
    names = {pk: str(record) for pk, record in records.items()}
    context = {
        "run": found,
        "kind": found.kind,
        "counts": counts_of(found.counts),
        "triggered": [records[pk] for pk in first if pk in records],
        "number": len(found.record_ids),
        "details": [
            (records.get(one.get("record", 0)), text_of(one, found.rule, names)) for one in found.details
        ],
    }
    return render(request, "rules/run_log.html", context)


# --- Companies by e-mail domain -------------------------------------------------------------------------


@administrators_only
def company_by_domain(request: Request) -> HttpResponse:
    """Show and change whether contacts are associated with companies by e-mail domain."""
    row, _created = CompanyByDomain.objects.get_or_create(pk=1)
    form = CompanyByDomainForm(row, posted(request))
    if form.is_bound and form.is_valid():
        form.save()
        messages.success(request, _("Saved."))
        return leave(request, reverse("rules:company-by-domain"))
    runs = RuleRun.objects.filter(rule=None).exclude(state=RuleRun.State.WAITING)[:5]
    rows = [{"run": run, "counts": counts_of(run.counts), "kind": run.kind} for run in runs]
    context = {"form": form, "rows": rows}
    status = UNPROCESSABLE if form.is_bound else 200
    return render(request, "rules/company_by_domain.html", context, status=status)


@administrators_only
def company_by_domain_existing(request: Request) -> HttpResponse:
    """Count what associating all contacts without a company would do; with a POST do it, as a job."""
    row, _created = CompanyByDomain.objects.get_or_create(pk=1)
    if request.method == "POST":
        ids = domains.without_company().order_by("pk").values_list("pk", flat=True)
        job = start(
            AssociateByDomain,
            by=By(request.user, Origin.RULE),
            params={"creating": row.creates_companies},
            summary=str(row),
            ids=ids.iterator(2_000),
        )
        return leave(request, job.get_absolute_url())
    told = domains.forecast(request.user, creating=row.creates_companies)
    title = ngettext(
        "%(count)s contact will be associated", "%(count)s contacts will be associated", told.associated
    )
    context = {"told": told, "row": row, "title": title % {"count": told.associated}}
    return render(request, "rules/company_by_domain_existing.html", context)
