"""What is done to the chosen records of a list: with what else they are associated, and their properties."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from associations import services
from associations.models import Association
from records import list_actions, schema
from records.models import Change, Contact, Job, Record
from records.undo import undo
from tests.factories import (
    CompanyFactory,
    ContactFactory,
    DealFactory,
    UserFactory,
    by,
    first_stage,
    make_label,
    make_limit,
)

from .seen import words_of

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true", "HX-Target": "action-sheet"}


@pytest.fixture
def people():
    """Four contacts, two of them in Berlin."""
    cities = {"Ada": "Berlin", "Bob": "Berlin", "Carl": "Rome", "Dora": "Rome"}
    return [ContactFactory(firstname=name, lastname="", city=city) for name, city in cities.items()]


@pytest.fixture
def acme():
    return CompanyFactory(name="Acme")


def post(client, action: str, records=(), kind: str = "contacts", headers=None, **data):
    data |= {"selected": [one.pk for one in records]}
    return client.post(f"/records/{kind}/actions/{action}/", data, headers=headers)


def others(record) -> set[int]:
    return set(words_of(record))


def last_change() -> Change:
    return Change.objects.order_by("pk").last()


# --- Associate ------------------------------------------------------------------------------------


def test_any_record_is_found_and_its_labels_are_offered(signed_in, people, acme):
    make_label("contacts", "companies", "Founder")
    DealFactory(dealname="Acme engine")

    text = post(signed_in, "associate", people[:2], q="acme", step="form").text

    assert f'name="other" value="{acme.pk}"' in text
    assert "Acme engine" in text
    assert "Founder" in text
    assert "Chosen records" in text
    answer = post(signed_in, "associate", people[:2], q="acme", step="preview")
    assert answer.status_code == 422
    assert "Choose a record." in answer.text
    assert not Association.objects.exists()


def test_the_effect_is_shown_then_done_as_one_change_and_undone(signed_in, user, people, acme):
    founder = make_label("contacts", "companies", "Founder")
    services.associate(acme, [people[0].pk], by=by())
    beta = CompanyFactory(name="Beta")
    services.associate(beta, [people[1].pk], by=by())
    make_limit("contacts", "companies", 1)
    chosen = {"other": acme.pk, f"label-{acme.pk}": founder.pk}

    asked = post(signed_in, "associate", people[:3], headers=HTMX, step="preview", **chosen)

    assert "These 3 records will be associated with Acme (Founder):" in asked.text
    assert "1 will be refused: see it" in asked.text
    assert re.search(r"Bob</a>.*Beta", asked.text)
    assert others(acme) == {people[0].pk}
    assert f'name="label-{acme.pk}" value="{founder.pk}"' in asked.text

    done = post(signed_in, "associate", people[:3], headers=HTMX, step="do", count="3", **chosen)

    assert done["HX-Retarget"] == "#list"
    assert "2 records associated with Acme (Founder). 1 record was refused." in done.text
    assert others(acme) == {people[0].pk, people[2].pk}
    assert "Founder" in words_of(acme)[people[2].pk]
    change = last_change()
    assert (change.kind, change.origin, change.actor) == (Change.Kind.BULK, "list", user)
    undo(change, by=by())
    assert others(acme) == {people[0].pk}
    assert "Founder" not in words_of(acme)[people[0].pk]


def test_all_matching_are_found_anew_and_counted_again(signed_in, people, acme):
    data = {"all": "1", "back": "city__is=Berlin&view=board&after=x", "other": acme.pk}

    assert "These 2 records" in post(signed_in, "associate", **data, step="preview").text
    ContactFactory(firstname="Eve", city="Berlin")
    answer = post(signed_in, "associate", **data, step="do", count="2")
    assert answer.status_code == 422
    assert "Meanwhile there are others" in answer.text
    answer = post(signed_in, "associate", **data, step="do", count="3")
    assert answer.url.startswith("/records/contacts/?city__is=Berlin")
    assert len(others(acme)) == 3


def test_of_many_a_job_does_them_in_batches_and_tells_the_refused(signed_in, people, acme, monkeypatch):
    monkeypatch.setattr(list_actions, "DIRECT", 1)
    monkeypatch.setattr("records.views.list_actions.DIRECT", 1)
    monkeypatch.setattr("records.jobs.queue.INPUTS", 2)
    make_limit("companies", "contacts", 3)

    answer = post(signed_in, "associate", people, headers=HTMX, other=acme.pk, step="do")

    job = Job.objects.get()
    assert answer["HX-Redirect"] == job.get_absolute_url()
    assert (job.state, job.counts, job.done) == ("done", {"changed": 3, "refused": 1}, 4)
    assert "3" in job.errors.get().message
    assert job.change.summary == "4 records associated with Acme"
    undo(job.change, by=by())
    assert others(acme) == set()


def test_associations_are_removed_where_there_are_some(signed_in, people, acme):
    services.associate(acme, [one.pk for one in people[:2]], by=by())

    text = post(signed_in, "dissociate", people[1:], other=acme.pk, step="preview").text
    assert re.search(r"Already so</dt><dd>2", text)
    post(signed_in, "dissociate", people[1:], other=acme.pk, step="do")

    assert others(acme) == {people[0].pk}
    undo(last_change(), by=by())
    assert others(acme) == {one.pk for one in people[:2]}


@pytest.mark.parametrize(
    ("action", "data", "said"),
    [
        ("associate", {"other": "9999999999999999999999"}, "Ensure this value"),
        ("associate", {"other": "x", "q": "\x00"}, "whole number"),
        ("associate", {"other": "123456789"}, "does not exist"),
        ("set-property", {"property": "nothing"}, "not one of the available choices"),
        ("set-property", {}, "required"),
        ("archive", {"all": "1", "back": "createdate__on=never"}, "filters of the list are wrong"),
        ("archive", {"all": "1", "back": "colour__is=red"}, "does not exist any more"),
        ("archive", {"all": "1", "back": "q=nobody"}, "No record was selected"),
    ],
)
def test_what_cannot_be_is_refused_beside_the_field(signed_in, people, action, data, said):
    for step in ("preview", "do"):
        answer = post(signed_in, action, people, **data, step=step)
        assert answer.status_code == 422
        assert said in answer.text
    assert Record.objects.live().count() == 4
    assert Association.objects.count() == 0


def test_there_are_no_other_actions_nor_records(signed_in, people):
    assert post(signed_in, "explode", people).status_code == 404
    assert signed_in.get("/records/contacts/actions/associate/").status_code == 405
    assert post(signed_in, "associate", [CompanyFactory()]).status_code == 422


# --- Properties -----------------------------------------------------------------------------------


def test_an_owner_is_set_and_taken(signed_in, people):
    grace = UserFactory(username="hopper")
    assert 'name="value"' in post(signed_in, "set-owner", people).text
    data = {"value-of": "hubspot_owner_id", "value": grace.pk}

    assert "becomes “hopper”" in post(signed_in, "set-owner", people, **data, step="preview").text
    post(signed_in, "set-owner", people, **data, step="do")
    assert set(Contact.objects.values_list("owner", flat=True)) == {grace.pk}
    answer = post(signed_in, "set-owner", people, **data, step="preview").text
    assert "Nothing would change." in answer
    assert 'value="do"' not in answer
    undo(last_change(), by=by())
    assert set(Contact.objects.values_list("owner", flat=True)) == {None}


def test_a_property_of_any_kind_is_set_by_its_own_field(signed_in):
    deals = DealFactory.create_batch(3)
    stage = schema.current().type("deals").pipelines[0].stage_list[1]
    for name, value, seen in (
        ("amount", "12.5", "12.50"),
        ("closedate", "2026-03-04", "2026"),
        ("dealstage", str(stage.pk), str(stage)),
        ("dealname", "=Same", "=Same"),
        ("amount", "", ""),
    ):
        asked = post(signed_in, "set-property", deals, "deals", property=name, step="preview")
        assert 'name="value"' in asked.text
        assert 'id="effect"' not in asked.text  # its field was not there yet
        data = {"property": name, "value-of": name, "value": value}
        asked = post(signed_in, "set-property", deals, "deals", **data, step="preview").text
        assert re.search(r"Will change</dt><dd>3", asked), name
        assert post(signed_in, "set-property", deals, "deals", **data, step="do").status_code == 302
        prop = deals[0].kind.properties[name]
        for deal in type(deals[0]).objects.all():
            assert seen in prop.display(deal)
            assert bool(prop.display(deal)) == bool(value)
    back = post(signed_in, "set-property", deals, "deals", **data | {"value": "abc"}, step="form").text
    assert 'value="abc"' in back
    bad = post(signed_in, "set-property", deals, "deals", **data | {"value": "abc"}, step="do")
    assert bad.status_code == 422
    assert 'value="abc"' in bad.text


def test_who_lacks_what_a_stage_requires_is_refused_and_the_others_move(signed_in):
    deals = [DealFactory(amount=None), DealFactory(amount=5)]
    stages = first_stage("deals").pipeline.stage_list
    prop = deals[0].kind.properties["amount"]
    prop.required_from = {stages[0].pipeline.name: stages[2].name}
    prop.save()
    data = {"property": "dealstage", "value-of": "dealstage", "value": stages[2].pk}

    assert (
        "is required in the stage"
        in post(signed_in, "set-property", deals, "deals", **data, step="preview").text
    )
    answer = post(signed_in, "set-property", deals, "deals", headers=HTMX, **data, step="do").text

    assert "1 record was refused." in answer
    assert [type(one).objects.get(pk=one.pk).dealstage for one in deals] == [stages[0], stages[2]]


def test_a_unique_value_goes_to_one_only(signed_in, people):
    data = {"property": "email", "value-of": "email", "value": "one@example.com"}

    text = post(signed_in, "set-property", people, **data, step="preview").text
    assert "3 will be refused: see them" in text
    post(signed_in, "set-property", people, **data, step="do")

    assert Contact.objects.filter(email="one@example.com").count() == 1
    post(signed_in, "set-property", people, **data | {"value": ""}, step="do")
    assert Contact.objects.filter(email="").count() == 4


def test_all_matching_are_archived_after_a_question(signed_in, people):
    data = {"all": "1", "back": "city__is=Rome"}

    asked = signed_in.post("/records/contacts/archive/", data)
    assert "These 2 records leave lists" in asked.text
    post(signed_in, "archive", **data, step="do", count="2")

    assert Record.objects.live().count() == 2
    undo(last_change(), by=by())
    assert Record.objects.live().count() == 4


@pytest.mark.parametrize("step", ["preview", "do"])
@pytest.mark.parametrize("action", ["associate", "dissociate", "set-property", "archive"])
def test_the_number_of_queries_is_the_same_for_few_and_for_many(signed_in, acme, action, step):
    schema.current()

    def run(number: int) -> int:
        records = ContactFactory.create_batch(number)
        if action == "dissociate":
            services.associate(acme, [one.pk for one in records], by=by())
        data = {"other": acme.pk, "property": "city", "value-of": "city", "value": f"City {number}"}
        with CaptureQueriesContext(connection) as captured:
            assert post(signed_in, action, records, **data, step=step).status_code in (200, 302)
        return len(captured)

    run(2)
    assert run(3) == run(25)
