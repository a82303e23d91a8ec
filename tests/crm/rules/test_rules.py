"""What rules do when records are created, change and enter views; and what they do not."""

import itertools

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from associations import services as association_services
from associations.labels import words
from associations.models import Association
from crm.rules import running, sense, upkeep
from crm.rules.dry_run import dry_run
from crm.rules.models import RuleMember, RuleRun, WebhookCall
from records import schema
from records import services as record_services
from records.models import Change, Company, Contact, Deal, Record, SavedView, Task, Ticket
from records.provenance import By, Origin
from records.undo import undo
from tests.crm.rules.making import kind, make_rule
from tests.factories import (
    CompanyFactory,
    ContactFactory,
    DealFactory,
    UserFactory,
    by,
    make_label,
    make_limit,
)

pytestmark = pytest.mark.django_db
CITY = ("match", {"type": "companies", "property": "city", "other_property": "city"})


def create(type_name, user=None, **values):
    return record_services.create_record(kind(type_name), values, by=by(user))


def others(record, type_name=None) -> set[int]:
    rows = Association.objects.live().of(record.pk)
    found = {row.other_end(record.pk) for row in rows}
    if type_name:
        found &= set(Record.objects.of_type(kind(type_name)).values_list("pk", flat=True))
    return found


def states() -> list[str]:
    return list(RuleRun.objects.order_by("pk").values_list("state", flat=True))


# --- Triggers and conditions --------------------------------------------------------------------------


def test_a_created_record_is_associated_with_those_that_match_by_the_change_of_the_save(committed, user):
    paris, _rome = CompanyFactory(city="Paris"), CompanyFactory(city="Rome")
    rule = make_rule("contacts", CITY, name="Same town")
    with committed():
        ada = create("contacts", user, firstname="Ada", city="PARIS")
    assert others(ada) == {paris.pk}
    (link,) = Association.objects.all()
    assert (link.origin, link.created_by) == (Origin.RULE, rule.run_as)
    (change,) = Change.objects.all()
    (run,) = RuleRun.objects.all()
    assert (run.rule, run.trigger, run.change, run.record_ids) == (rule, "created", change, [ada.pk])
    with committed():
        undo(change, by=By(user, Origin.PAGE))
    assert not Association.objects.live().exists()
    assert states() == ["done"]  # an undo triggers nothing


def test_one_that_comes_later_finds_those_that_match_it_where_the_conditions_hold(committed):
    make_rule("contacts", CITY, conditions="firstname__is=Ada")
    with committed():
        ada, eve = (create("contacts", firstname=name, city="Łódź") for name in ("Ada", "Eve"))
    with committed():
        company = create("companies", name="Acme", city="łódź")
    assert (others(ada), others(eve)) == ({company.pk}, set())
    with committed():
        other = create("contacts", firstname="Ada", city="Rome")
    with committed():
        record_services.update_record(company, {"city": "Rome"}, by=by())
    assert others(other) == {company.pk}
    assert set(RuleRun.objects.values_list("trigger", flat=True)) == {"match"}


def test_a_change_triggers_only_where_the_property_becomes_the_value(committed):
    won = next(one for one in kind("deals").stages.values() if one.outcome == "won")
    make_rule(
        "deals",
        ("set", {"property": "description", "value": "Won: {dealname} ({name})"}),
        trigger="changed",
        trigger_property="dealstage",
        trigger_value=won.pk,
    )
    deal, other = DealFactory(dealname="Engine"), DealFactory()
    with committed():
        record_services.update_record(deal, {"amount": 5}, by=by())
        record_services.update_record(other, {"dealstage": kind("deals").pipelines[0].stage_list[1]}, by=by())
        record_services.update_record(deal, {"dealstage": won}, by=by())
    assert Deal.objects.get(pk=deal.pk).description == "Won: Engine (Engine)"
    assert Deal.objects.get(pk=other.pk).description == ""
    assert states() == ["done"]
    with committed():
        fresh = create("deals", dealname="Sold at once", dealstage=won)
    assert Deal.objects.get(pk=fresh.pk).description.startswith("Won:")


def test_a_record_enters_a_view_once_whether_by_its_own_change_an_association_or_time(committed):
    user = UserFactory()
    view = SavedView.objects.create(
        object_type=kind("contacts"),
        name="With company",
        query="companies.count__gt=0&city__is=Paris",
        visibility="everyone",
    )
    task = ("task", {"title": "Greet {name}", "days": 1})
    rule = make_rule("contacts", task, trigger="view", view=view, view_name=view.name, run_as=user)
    with committed():
        ada = create("contacts", firstname="Ada", city="Paris")
    assert not Task.objects.exists()
    with committed():
        association_services.associate(ada, [CompanyFactory().pk], by=by())
    (greet,) = Task.objects.all()
    assert (greet.hs_task_subject, others(greet)) == ("Greet Ada", {ada.pk})
    with committed():
        record_services.update_record(ada, {"jobtitle": "Countess"}, by=by())
    assert Task.objects.count() == 1
    with committed():
        record_services.update_record(ada, {"city": "Rome"}, by=by())
    assert not RuleMember.objects.exists()
    Contact.objects.filter(pk=ada.pk).update(city="Paris")  # what no service has written, such as time
    with committed():
        upkeep.look_after()
    assert Task.objects.count() == 2
    assert [run.trigger for run in rule.runs.all()] == ["view", "view"]


def test_who_is_in_the_view_when_a_rule_is_turned_on_has_not_entered(committed):
    from crm.rules import members

    view = SavedView.objects.create(
        object_type=kind("contacts"), name="All", query="city__is=Paris", visibility="everyone"
    )
    people = ContactFactory.create_batch(3, city="Paris")
    rule = make_rule("contacts", ("task", {"title": "Hi"}), trigger="view", view=view, view_name="All")
    assert members.begin(rule) == 3
    with committed():
        record_services.update_record(people[0], {"jobtitle": "x"}, by=by())
    assert not Task.objects.exists()


# --- Actions ------------------------------------------------------------------------------------------


def test_a_deal_gets_its_contacts_company_with_a_label_and_limits_refuse_visibly(committed):
    buyer = make_label("deals", "companies", "Buyer")
    key = next(word.key for word in words(kind("deals").pk, kind("companies").pk) if word.label == buyer)
    rule = make_rule("deals", ("copy", {"type": "companies", "source": "contacts", "label": key}))
    ada, acme = ContactFactory(), CompanyFactory()
    association_services.associate(ada, [acme.pk], by=by())
    with committed():
        deal, _report = association_services.create_associated(ada, kind("deals"), {"dealname": "D"}, by=by())
    assert others(deal, "companies") == {acme.pk}
    link = Association.objects.get(record_a=min(deal.pk, acme.pk), record_b=max(deal.pk, acme.pk))
    assert buyer.pk in link.labellings.values_list("label", flat=True)

    make_limit("companies", "deals", 1)
    with committed():
        second, _report = association_services.create_associated(
            ada, kind("deals"), {"dealname": "E"}, by=by()
        )
    assert others(second, "companies") == set()
    run = rule.runs.first()
    assert (run.state, run.counts["refused"]) == ("done", 1)
    (refused,) = [one for one in run.details if one["what"] == "refused"]
    assert refused == {"what": "refused", "record": second.pk, "other": acme.pk, "reason": "limit"}


def test_actions_are_done_in_order_label_property_record_task_and_call(committed):
    owner = UserFactory()
    label = make_label("contacts", "companies", "Employer")
    key = next(word.key for word in words(kind("contacts").pk, kind("companies").pk) if word.label == label)
    make_rule(
        "contacts",
        CITY,
        ("label", {"type": "companies", "label": key}),
        ("set", {"property": "jobtitle", "value": "Works in {city}"}),
        ("create", {"type": "tickets", "values": {"subject": "Welcome {firstname}, {jobtitle}"}}),
        (
            "task",
            {"title": "Ring {firstname}", "days": 0, "assigned": "owner", "notes": "<b>{firstname}</b>"},
        ),
        ("webhook", {"url": "https://example.com/hook", "secret": "s"}),
    )
    acme = CompanyFactory(city="Paris")
    with committed():
        ada = create("contacts", firstname="<i>Ada", city="Paris", hubspot_owner_id=owner)
    (link,) = Association.objects.of(ada.pk).filter(
        record_a__in=[ada.pk, acme.pk], record_b__in=[ada.pk, acme.pk]
    )
    assert label.pk in link.labellings.values_list("label", flat=True)
    ticket, task = Ticket.objects.get(), Task.objects.get()
    assert ticket.subject == "Welcome <i>Ada, Works in Paris"
    assert (task.owner, task.hs_task_subject) == (owner, "Ring <i>Ada")
    assert "<i>" not in task.hs_task_body
    assert "<b>" not in task.hs_task_body
    assert others(ada) == {acme.pk, ticket.pk, task.pk}
    (call,) = WebhookCall.objects.all()
    assert call.record_ids == [ada.pk]


def test_a_value_that_is_refused_is_told_and_the_others_are_set(committed):
    ContactFactory(email="taken@example.com")
    rule = make_rule("contacts", ("set", {"property": "email", "value": "{firstname}@example.com"}))
    with committed():
        records = [
            record_services.build_record(kind("contacts"), {"firstname": name}, by=by())
            for name in ("taken", "free", "no address")
        ]
        record_services.create_records(records, by=by())
    assert list(Contact.objects.order_by("pk").values_list("email", flat=True)[1:]) == [
        "",
        "free@example.com",
        "",
    ]
    run = rule.runs.get()
    assert (run.counts["changed"], run.counts["refused"]) == (1, 2)
    assert {one["reason"] for one in run.details if one["what"] == "refused"} == {"value", "required"}


# --- Loops, permissions, failures ---------------------------------------------------------------------


def test_a_rule_does_not_trigger_itself_and_a_chain_of_rules_has_an_end(committed):
    itself = make_rule(
        "contacts",
        ("set", {"property": "jobtitle", "value": "{jobtitle}!"}),
        trigger="changed",
        trigger_property="jobtitle",
    )
    with committed():
        ada = create("contacts", firstname="Ada", jobtitle="Countess")
    assert Contact.objects.get(pk=ada.pk).jobtitle == "Countess!"
    assert states() == ["done", "stopped"]
    stopped = itself.runs.get(state="stopped")
    assert (stopped.reason, stopped.record_ids) == ("It was triggered by what it had done itself.", [ada.pk])

    itself.delete()
    names = ["city", "state", "country_", "zip", "phone", "mobilephone", "address", "website"]
    names.remove("country_")
    chain = [
        make_rule(
            "contacts",
            ("set", {"property": after, "value": "https://example.com"}),
            trigger="changed",
            trigger_property=before,
        )
        for before, after in itertools.pairwise(names)
    ]
    with committed():
        record_services.update_record(ada, {"city": "Paris"}, by=by())
    runs = RuleRun.objects.order_by("pk")
    assert [(run.state, len(run.chain)) for run in runs] == [*(("done", n) for n in range(5)), ("stopped", 5)]
    assert "5 rules" in runs.last().reason
    assert len(chain) > 5


def test_a_rule_stops_with_a_visible_reason_when_its_user_view_or_property_has_gone(committed):
    user = UserFactory(username="grace")
    view = SavedView.objects.create(object_type=kind("contacts"), name="Mine", owner=user, query="")
    rule = make_rule("contacts", CITY, run_as=user, condition_view=view, condition_view_name="Mine")
    assert sense.problems(rule) == []
    CompanyFactory(city="Paris")
    user.is_active = False
    user.save()
    with committed():
        create("contacts", firstname="Ada", city="Paris")
    assert not Association.objects.exists()
    run = rule.runs.get()
    assert (run.state, run.reason) == ("stopped", "grace, as whom it runs, has been deactivated.")

    rule.run_as = UserFactory(username="alan")
    rule.save()
    assert sense.problems(rule) == ["alan may not open the saved view “Mine”."]
    view.delete()
    rule.refresh_from_db()
    assert sense.problems(rule) == ["The saved view “Mine” has been deleted."]
    rule.condition_view_name, rule.conditions = "", "nothing_such__is=3"
    rule.actions = [{"action": "set", "property": "gone", "value": "x"}]
    assert len(sense.problems(rule)) == 2


def test_a_rule_does_nothing_with_what_its_user_may_not_see(committed, monkeypatch):
    rule = make_rule("contacts", CITY)
    CompanyFactory(city="Paris")
    monkeypatch.setattr(type(Company.objects.all()), "visible_to", lambda rows, user: rows.none())
    with committed():
        create("contacts", firstname="Ada", city="Paris")
    assert not Association.objects.exists()
    assert not rule.runs.exists()


def test_a_rule_that_fails_leaves_the_save_and_other_rules_alone(committed, monkeypatch):
    from crm.rules.actions import ACTIONS

    def fail(work, given):
        create("tickets", subject="Half done")
        raise RuntimeError

    monkeypatch.setattr(ACTIONS["copy"], "do", fail)
    make_rule("contacts", ("copy", {"type": "companies", "source": "deals"}))
    make_rule("contacts", CITY, position=2)
    paris = CompanyFactory(city="Paris")
    with committed():
        ada = create("contacts", firstname="Ada", city="Paris")
    assert others(ada) == {paris.pk}
    assert not Ticket.objects.exists()
    assert states() == ["failed", "done"]


# --- Many, and what there is --------------------------------------------------------------------------


def test_thousands_take_as_many_statements_as_a_few(committed):
    make_rule(
        "contacts",
        CITY,
        ("set", {"property": "jobtitle", "value": "In {city}"}),
        ("task", {"title": "Hi {name}"}),
        conditions="lastname__known=1",
    )
    make_rule("companies", ("match", {"type": "contacts", "property": "city", "other_property": "city"}))

    def taken(number):
        towns = [f"Town {number} {n}" for n in range(number)]
        for town in towns:
            CompanyFactory(city=town)
        records = [
            record_services.build_record(kind("contacts"), {"lastname": "L", "city": town}, by=by())
            for town in towns
        ]
        schema.current()
        with schema.pinned(), CaptureQueriesContext(connection) as queries, committed():
            record_services.create_records(records, by=by())
        return len([one for one in queries.captured_queries if "SAVEPOINT" not in one["sql"]])

    few, many = taken(2), taken(30)
    assert many == few
    assert Association.objects.count() == 64  # a company and a task each


def test_a_dry_run_says_what_would_be_done_and_writes_nothing(user):
    acme = CompanyFactory(name="Acme", city="Paris")
    people = ContactFactory.create_batch(3, city="Paris", firstname="Ada", lastname="L")
    association_services.associate(people[0], [CompanyFactory().pk], by=by())
    rule = make_rule("contacts", CITY, ("create", {"type": "tickets", "values": {"subject": "For {name}"}}))
    rule.pk = None  # not saved yet
    before = Change.objects.count()
    told = dry_run(rule, user)
    assert (told.total, told.tried) == (3, 3)
    assert dict(told.counts) == {"Records": 3, "Associated": 2, "Records created": 3, "Refused": 1}
    assert told.first[1].texts == ["Associated: Acme", "Records created: For Ada L"]
    assert "a limit" in told.first[0].texts[0]
    assert not Ticket.objects.exists()
    assert (Association.objects.count(), Change.objects.count(), RuleRun.objects.count()) == (1, before, 0)
    assert acme


def test_a_rule_that_is_off_does_nothing_and_the_log_is_forgotten_in_time(committed, settings):
    rule = make_rule("contacts", CITY, is_on=False)
    CompanyFactory(city="Paris")
    with committed():
        create("contacts", firstname="Ada", city="Paris")
    assert not RuleRun.objects.exists()
    rule.is_on = True
    rule.save()
    with committed():
        create("contacts", firstname="Ada", city="Paris")
    settings.RULE_LOG_DAYS = 0
    assert running.prune() == 1
