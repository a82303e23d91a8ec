"""Settings → Rules: built step by step by the server, tried, saved, turned on, run for existing, told of."""

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext

from associations.models import Association
from crm.rules import chain
from crm.rules.middleware import ShowRulesMiddleware
from crm.rules.models import Rule, RuleRun
from records import services as record_services
from records.models import Change, SavedView, Task
from records.provenance import By, Origin
from records.undo import undo
from tests.crm.rules.making import kind, make_rule
from tests.factories import CompanyFactory, ContactFactory, UserFactory, by

pytestmark = pytest.mark.django_db
NEW = "/settings/rules/new/"
CITY = ("match", {"type": "companies", "property": "city", "other_property": "city"})


@pytest.fixture
def admin(client, user):
    user.is_staff = True
    user.save()
    client.force_login(user)
    return client


def filled(user, **more):
    return {
        "name": "Same town",
        "type": "contacts",
        "trigger": "created",
        "run_as": user.pk,
        "condition-0-subject": "firstname",
        "condition-0-operator": "is",
        "condition-0-value": "Ada",
        "action-0-action": "match",
        "action-0-type": "companies",
        "action-0-property": "city",
        "action-0-other_property": "city",
        **more,
    }


def test_only_administrators_see_the_pages(signed_in, user):
    rule = make_rule("contacts", CITY)
    for address in (
        "",
        "new/",
        "companies-by-domain/",
        f"{rule.pk}/",
        f"{rule.pk}/log/",
        f"{rule.pk}/existing/",
    ):
        assert signed_in.get(f"/settings/rules/{address}").status_code == 403
    assert signed_in.post(f"/settings/rules/{rule.pk}/turn/").status_code == 403


def test_the_form_grows_by_its_buttons_and_keeps_what_was_typed(admin, user):
    page = admin.post(NEW, {"do": "redraw", "name": "My rule", "type": "deals", "trigger": "changed"})
    assert page.status_code == 200
    page = admin.post(
        NEW,
        {
            "do": "redraw",
            "name": "My rule",
            "type": "deals",
            "trigger": "changed",
            "property": "dealstage",
            "becomes": "on",
        },
    )
    html = page.content.decode()
    assert 'value="My rule"' in html
    assert "Closed won" in html  # the value is chosen from the stages
    data = {"name": "My rule", "type": "deals", "trigger": "created"}
    page = admin.post(NEW, {**data, "do": "add-condition", "new_condition": "amount"})
    assert 'name="condition-0-operator"' in page.content.decode()
    data |= {"condition-0-subject": "amount", "condition-0-operator": "gte", "condition-0-value": "many"}
    page = admin.post(NEW, {**data, "do": "add-action", "new_action": "set"})
    html = page.content.decode()
    assert 'value="many"' in html
    assert "has-error" not in html
    data |= {
        "action-0-action": "set",
        "action-0-property": "dealname",
        "action-0-value": "x",
        "action-1-action": "task",
        "action-1-title": "Call",
        "action-1-days": "2",
    }
    page = admin.post(NEW, {**data, "do": "up-1"})
    html = page.content.decode()
    assert html.index('value="Call"') < html.index('name="action-1-property"')
    assert not Rule.objects.exists()

    page = admin.post(NEW, {**data, "do": "save", "run_as": user.pk})
    assert page.status_code == 422
    assert "has-error" in page.content.decode()
    assert 'value="many"' in page.content.decode()
    assert admin.post(NEW, {"do": "save"}).status_code == 422
    for rubbish in ("remove-action-99", "up-7", "nonsense", "add-action"):
        assert (
            admin.post(NEW, {"do": rubbish, "new_action": "nonsense", "type": "nonsense"}).status_code == 200
        )


def test_a_rule_is_tried_saved_shown_again_as_it_is_and_turned_off(admin, user):
    acme, ada = CompanyFactory(name="Acme", city="Paris"), ContactFactory(firstname="Ada", city="Paris")
    page = admin.post(NEW, {**filled(user), "do": "dry-run"})
    assert "nothing was written" in page.content.decode()
    assert "Associated: Acme" in page.content.decode()
    assert not Rule.objects.exists()
    assert not Association.objects.exists()
    page = admin.post(NEW, {**filled(user, is_on="on"), "do": "save"})
    rule = Rule.objects.get()
    assert page.headers["Location"].endswith(f"#rule-{rule.pk}")
    assert (rule.conditions, rule.is_on, rule.run_as) == ("firstname__is=Ada", True, user)
    assert rule.actions == [{"action": "match", **CITY[1]}]
    listed = admin.get("/settings/rules/").content.decode()
    assert "When a contact is created, only if First name is Ada" in listed
    assert "associate with companies whose City matches its City" in listed
    page = admin.get(rule.get_absolute_url()).content.decode()
    assert 'value="Ada"' in page
    assert "selected>City" in page.replace(" selected", " selected")
    admin.post(f"/settings/rules/{rule.pk}/turn/", {"off": "1"})
    assert not Rule.objects.get().is_on
    assert acme
    assert ada


def test_a_rule_that_cannot_run_says_why_and_is_not_turned_on(admin, user):
    other = UserFactory(username="alan")
    view = SavedView.objects.create(object_type=kind("contacts"), name="Mine", owner=user)
    data = filled(user, is_on="on", run_as=other.pk, condition_view=view.pk)
    page = admin.post(NEW, {**data, "do": "save"})
    assert page.status_code == 422
    assert "alan may not open this view." in page.content.decode()
    rule = make_rule("contacts", CITY, run_as=other, is_on=False)
    other.is_active = False
    other.save()
    page = admin.post(f"/settings/rules/{rule.pk}/turn/", {"on": "1"}, follow=True)
    assert "It cannot be turned on: alan, as whom it runs, has been deactivated." in page.content.decode()
    assert "Does not run:" in page.content.decode()
    assert not Rule.objects.get(pk=rule.pk).is_on


@pytest.mark.parametrize(
    ("action", "given"),
    [
        ("set", {"property": "jobtitle", "value": "Hi {firstname}"}),
        ("set", {"property": "lifecyclestage", "value": "customer"}),
        ("copy", {"type": "companies", "source": "deals", "which": "all"}),
        ("create", {"type": "deals", "value-dealname": "For {name}", "value-amount": "12.50"}),
        ("task", {"title": "Ring {name}", "days": "3", "assigned": "owner"}),
        ("webhook", {"url": "https://example.com/x"}),
    ],
)
def test_every_action_is_built_saved_and_read_again(admin, user, action, given, committed, monkeypatch):
    monkeypatch.setattr("crm.rules.webhooks._post", lambda call, body: (True, False, "HTTP 200"))
    data = {
        name: value
        for name, value in filled(user, is_on="on").items()
        if not name.startswith(("act", "cond"))
    }
    data |= {"action-0-action": action, **{f"action-0-{name}": value for name, value in given.items()}}
    page = admin.post(NEW, {**data, "do": "save"})
    assert page.status_code == 302, page.content.decode()
    rule = Rule.objects.get()
    shown = admin.get(rule.get_absolute_url())
    assert shown.status_code == 200
    for value in given.values():
        assert value in shown.content.decode()
    with committed():
        record_services.create_record(kind("contacts"), {"firstname": "Ada"}, by=by())
    assert set(rule.runs.values_list("state", flat=True)) <= {"done"}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"action-0-action": "set", "action-0-property": "jobtitle", "action-0-value": "{nothing}"},
            "no property",
        ),
        ({"action": "webhook", "url": "ftp://example.com"}, "valid URL"),
        ({"action": "create", "type": "deals"}, "has to have it"),
        (
            {"action-0-action": "task", "action-0-title": "x", "action-0-days": "-1"},
            "greater than or equal to 0",
        ),
        (
            {
                "action-0-action": "match",
                "action-0-type": "companies",
                "action-0-property": "city",
                "action-0-other_property": "annualrevenue",
            },
            "valid choice",
        ),
    ],
)
def test_what_could_not_work_is_refused_beside_the_field(admin, user, given, message):
    data = {name: value for name, value in filled(user).items() if not name.startswith("action")}
    given = {f"action-0-{name.removeprefix('action-0-')}": value for name, value in given.items()}
    page = admin.post(NEW, {**data, **given, "do": "save"})
    assert page.status_code == 422
    assert message in page.content.decode()
    assert not Rule.objects.exists()


def test_a_rule_runs_for_existing_records_as_a_job_that_is_undone_as_one(admin, user):
    for town in ("Paris", "Rome"):
        CompanyFactory(city=town)
        ContactFactory.create_batch(2, city=town)
    ContactFactory(city="Oslo")
    rule = make_rule("contacts", CITY, run_as=user, is_on=False)
    asked = admin.get(f"/settings/rules/{rule.pk}/existing/").content.decode()
    assert "Run for 5 records" in asked
    assert not Association.objects.exists()
    page = admin.post(f"/settings/rules/{rule.pk}/existing/", follow=True)
    assert page.status_code == 200
    assert Association.objects.count() == 4
    (run,) = RuleRun.objects.all()
    assert (run.trigger, run.counts["associated"], run.counts["matched"]) == ("existing", 4, 5)
    assert run.change.kind == Change.Kind.RULE
    log = admin.get(f"/settings/rules/{rule.pk}/log/").content.decode()
    assert f"/history/{run.change.pk}/" in log or f"{run.change.pk}" in log
    assert "Associated" in admin.get(run.get_absolute_url()).content.decode()
    undo(run.change, by=By(user, Origin.PAGE))
    assert not Association.objects.exists()


def test_existing_contacts_are_counted_and_then_associated_by_domain_as_a_job(admin, user, by_domain):
    address = "/settings/rules/companies-by-domain/"
    page = admin.post(address, {"is_on": "on", "own_domains": "not a domain"})
    assert page.status_code == 422
    assert "not a domain" in page.content.decode()
    admin.post(address, {"is_on": "on", "creates_companies": "on", "own_domains": "@Kith.io, other.org"})
    row = by_domain(creates_companies=True, own_domains=["kith.io", "other.org"])
    row.refresh_from_db()
    assert row.own_domains == ["kith.io", "other.org"]
    CompanyFactory(domain="acme.com")
    for one in ("a@acme.com", "b@new.com", "c@gmail.com", "d@kith.io"):
        ContactFactory(email=one)
    page = admin.get(f"{address}existing/").content.decode()
    assert "2 contacts will be associated" in page
    assert "<dd>1</dd>" in page
    assert not Association.objects.exists()
    job = admin.post(f"{address}existing/", follow=True)
    assert job.status_code == 200
    assert Association.objects.count() == 2
    run = RuleRun.objects.get(trigger="existing")
    assert (run.counts["associated"], run.counts["companies"], run.counts["left_out"]) == (2, 1, 2)
    assert admin.get(f"{address}log/").status_code == 200
    assert admin.get(address).status_code == 200


def test_rules_are_moved_and_deleted_with_their_log(admin):
    first, second = (make_rule("contacts", CITY, name=name, position=n) for n, name in enumerate("ab"))
    admin.post(f"/settings/rules/{second.pk}/move/", {"up": "1"})
    assert list(Rule.objects.values_list("name", flat=True)) == ["b", "a"]
    assert admin.get(f"/settings/rules/{first.pk}/delete/").status_code == 200
    admin.post(f"/settings/rules/{first.pk}/delete/")
    assert list(Rule.objects.values_list("name", flat=True)) == ["b"]
    assert admin.get(f"/settings/rules/{first.pk}/").status_code == 404
    assert admin.get(f"/settings/rules/runs/{2**70}/").status_code == 404


def test_the_pages_take_as_many_queries_for_many_rules_and_runs_as_for_few(admin, user):
    view = SavedView.objects.create(object_type=kind("contacts"), name="All", visibility="everyone")

    def queries(address):
        admin.get(address)
        with CaptureQueriesContext(connection) as taken:
            assert admin.get(address).status_code == 200
        return len(taken)

    def more(number):
        for _n in range(number):
            rule = make_rule("contacts", CITY, run_as=user, condition_view=view, condition_view_name="All")
            RuleRun.objects.bulk_create(
                [RuleRun(rule=rule, trigger="created", object_type=kind("contacts"), state="done")] * 1
            )
        RuleRun.objects.bulk_create(
            RuleRun(rule=Rule.objects.first(), trigger="created", object_type=kind("contacts"), state="done")
            for _n in range(number)
        )
        return ["/settings/rules/", f"/settings/rules/{Rule.objects.first().pk}/log/"]

    few = [queries(address) for address in more(2)]
    many = [queries(address) for address in more(20)]
    assert many == few
    assert not Task.objects.exists()


def test_a_page_changed_in_one_part_is_told_that_rules_did_something():
    header = "HX-Trigger-After-Settle"
    for did, htmx, told in ((True, True, True), (True, False, False), (False, True, False)):
        request = RequestFactory().post("/")
        request.htmx = htmx

        def answer(request, did=did):
            if did:
                chain.note(1)
            return HttpResponse(headers={header: '{"kith:done": {"focus": "x"}}'})

        response = ShowRulesMiddleware(answer)(request)
        assert ("kith:rules-ran" in response.headers[header]) is told
        assert "kith:done" in response.headers[header]
