"""Contacts are associated with the company that has the domain of their e-mail address."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from associations import services as association_services
from associations.models import Association
from crm.rules import company_by_domain, running
from crm.rules.models import RuleRun
from records import schema
from records import services as record_services
from records.models import Change, Company, Contact
from records.provenance import By, Origin
from records.undo import undo
from tests.factories import CompanyFactory, ContactFactory, by

pytestmark = pytest.mark.django_db


def contact(email="", **values):
    kind = schema.current().type("contacts")
    return record_services.create_record(kind, {"email": email, **values}, by=by())


def company(domain, name="Acme"):
    kind = schema.current().type("companies")
    return record_services.create_record(kind, {"name": name, "domain": domain}, by=by())


def company_of(one):
    kind = schema.current().type("companies")
    found = Association.objects.primary_for_each([one.pk], kind.pk)
    return found.get(one.pk)


def test_a_new_contact_gets_the_company_of_its_domain_by_the_same_change_and_undo_takes_both(
    by_domain, committed, user
):
    by_domain()
    acme = CompanyFactory(domain="acme.co.uk")
    with committed():
        ada = record_services.create_record(
            schema.current().type("contacts"), {"email": "ada@mail.acme.co.uk"}, by=by(user)
        )
    (link,) = Association.objects.of(ada.pk)
    assert link.other_end(ada.pk) == acme.pk
    assert (link.origin, link.created_by) == (Origin.RULE, user)
    (change,) = Change.objects.all()
    assert {event.action for event in change.association_events.all()} == {"added", "labelled"}
    run = RuleRun.objects.get()
    assert (run.rule, run.state, run.change, run.counts["associated"]) == (None, "done", change, 1)

    with committed():
        undo(change, by=By(user, Origin.PAGE))
    assert not Association.objects.live().of(ada.pk).exists()
    assert Contact.objects.get(pk=ada.pk).archived_at


def test_the_most_specific_company_and_of_several_the_oldest_has_it(by_domain, committed):
    by_domain()
    first, _second = CompanyFactory(domain="acme.com"), CompanyFactory(domain="acme.com")
    lab, archived = CompanyFactory(domain="lab.acme.com"), CompanyFactory(domain="x.acme.com")
    record_services.archive_records([archived.pk], by=by())
    with committed():
        people = [
            contact(f"ada@{host}") for host in ("acme.com", "lab.acme.com", "x.acme.com", "a.lab.acme.com")
        ]
    assert [company_of(one) for one in people] == [first.pk, lab.pk, first.pk, lab.pk]


def test_free_mail_own_domains_and_a_contact_with_a_company_are_left_alone(by_domain, committed):
    by_domain(creates_companies=True, own_domains=["kith.io"])
    acme, other = CompanyFactory(domain="acme.com"), CompanyFactory(domain="other.com")
    with committed():
        for address in ("ada@gmail.com", "ada@kith.io", "ada@mail.kith.io", "ada@localhost.localdomain", ""):
            assert company_of(contact(address)) is None
        kept, _report = association_services.create_associated(
            other, schema.current().type("contacts"), {"email": "ada@acme.com"}, by=by()
        )
    assert company_of(kept) == other.pk
    assert Company.objects.count() == 2
    with committed():
        record_services.update_record(kept, {"email": "ada@new.com"}, by=by())
    assert company_of(kept) == other.pk
    assert not Association.objects.of(acme.pk).exists()
    assert not RuleRun.objects.exists()  # nothing was done, and nothing is told


def test_off_is_off_and_costs_no_query(by_domain, committed):
    acme = CompanyFactory(domain="acme.com")
    schema.current()
    with (
        CaptureQueriesContext(
            connection,
        ) as off,
        committed(),
    ):
        one = contact("ada@acme.com")
    assert company_of(one) is None
    assert not any("rules_" in query["sql"] for query in off.captured_queries)
    assert acme


def test_a_company_is_created_where_wanted_named_after_what_the_contact_says(by_domain, committed):
    by_domain()
    with committed():
        one = contact("ada@acme.com")
    assert company_of(one) is None
    by_domain(creates_companies=True)
    with committed():
        contact("ada@beta.com", company="Beta & Sons")
        contact("alan@shop.beta.com")
        contact("grace@gamma.com")
    rows = Company.objects.order_by("pk").values_list("name", "domain", "origin")
    assert list(rows) == [("Beta & Sons", "beta.com", "rule"), ("gamma.com", "gamma.com", "rule")]


def test_a_changed_address_and_a_company_that_comes_later_associate_too(by_domain, committed):
    by_domain()
    acme = CompanyFactory(domain="acme.com")
    with committed():
        one, late = contact("ada@gmail.com"), contact("alan@late.com")
    assert company_of(one) is None
    with committed():
        record_services.update_record(one, {"email": "ada@acme.com"}, by=by())
        later = company("late.com")
    assert (company_of(one), company_of(late)) == (acme.pk, later.pk)
    with committed():
        moved = contact("eve@moved.com")
        record_services.update_record(later, {"domain": "moved.com"}, by=by())
    assert company_of(moved) == later.pk


def test_an_international_domain_finds_its_company_in_either_spelling(by_domain, committed):
    by_domain()
    one, other = CompanyFactory(domain="müller.de"), CompanyFactory(domain="xn--strae-oqa.de")
    with committed():
        first, second = contact("ada@xn--mller-kva.de"), contact("ada@straße.de")
    assert company_of(first) == one.pk
    assert company_of(second) in (other.pk, None)  # the older standard spells ß as ss


def test_imports_of_thousands_take_as_many_statements_as_one_of_a_few(by_domain, committed):
    by_domain(creates_companies=True)
    kind = schema.current().type("contacts")

    def queries(number, start):
        records = [
            record_services.build_record(
                kind, {"email": f"p{n}@host{n % (number // 2)}-{start}.com"}, by=by()
            )
            for n in range(number)
        ]
        with schema.pinned(), CaptureQueriesContext(connection) as taken, committed():
            record_services.create_records(records, by=by(origin=Origin.IMPORT))
        return [one for one in taken.captured_queries if "SAVEPOINT" not in one["sql"]]

    few, many = queries(4, 1), queries(40, 2)
    assert len(many) == len(few)
    assert Company.objects.count() == 22
    assert Association.objects.count() == 44


def test_a_failure_leaves_the_save_alone_and_stands_in_the_log(by_domain, committed, monkeypatch):
    by_domain()

    def fail(*args, **kwargs):
        raise RuntimeError("Ada Lovelace")

    monkeypatch.setattr(company_by_domain, "associate", fail)
    with committed():
        ada = contact("ada@acme.com")
    assert Contact.objects.filter(pk=ada.pk).exists()
    run = RuleRun.objects.get()
    assert run.state == "failed"
    assert "RuntimeError" in run.reason
    assert "Ada" not in run.reason


def test_what_a_process_left_behind_when_it_died_is_done_by_the_next(by_domain):
    by_domain()
    acme = CompanyFactory(domain="acme.com")
    ada = contact("ada@acme.com")  # nothing runs: the test's transaction is never committed
    run = RuleRun.objects.get()
    assert running.left_behind() == []
    RuleRun.objects.update(created_at=run.created_at - running.LEFT_BEHIND)
    assert running.left_behind() == [run.pk]
    running.run_all([])
    assert company_of(ada) == acme.pk
    running.run_one(run.pk)  # twice is once
    assert Association.objects.count() == 1


def test_the_count_before_a_run_for_all_says_what_the_run_then_does(by_domain, user):
    by_domain(creates_companies=True, own_domains=["kith.io"])
    CompanyFactory(domain="acme.com")
    for address in ("a@acme.com", "b@mail.acme.com", "c@new.com", "d@new.com", "e@gmail.com", "f@kith.io"):
        ContactFactory(email=address)
    told = company_by_domain.forecast(user, creating=True)
    assert (told.associated, told.companies, told.left_out, told.unknown) == (4, 1, 2, 0)
    assert [domain for _one, domain in told.first] == ["acme.com", "acme.com", "new.com", "new.com"]
    assert not Association.objects.exists()
    told = company_by_domain.forecast(user, creating=False)
    assert (told.associated, told.companies, told.left_out, told.unknown) == (2, 0, 2, 2)

    ids = list(company_by_domain.without_company().values_list("pk", flat=True))
    done = company_by_domain.run_existing(ids, by=by())
    assert (done["associated"], done["companies"], done["left_out"]) == (4, 1, 2)
    assert company_by_domain.forecast(user, creating=True).associated == 0
