"""The actions on the lists of records in Django's admin that associate many records with one other."""

import copy

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext

from associations import services
from associations.admin import actions
from associations.labels import words
from associations.models import Association
from records import definition, schema
from records import services as record_services
from records.models import Change, Job
from records.provenance import Origin
from tests.factories import CompanyFactory, ContactFactory, DealFactory, by, make_label, make_limit
from tests.records.test_definition import VIEWINGS

pytestmark = pytest.mark.django_db
CONTACTS = "/admin/records/contact/"


def ask(client, deed: str, records, url: str = CONTACTS, **fields):
    """Send what the list or the page between sends for these records."""
    data = {"action": f"{deed}_with_one", "_selected_action": [one.pk for one in records], **fields}
    return client.post(url, data)


def do(client, deed: str, records, other, url: str = CONTACTS, **fields):
    """Look at what will happen and let it be done; return the last answer."""
    shown = ask(client, deed, records, url, other=other.pk, preview="1", **fields)
    assert shown.status_code == 200
    seen = shown.context["seen"]
    return ask(client, deed, records, url, other=other.pk, seen=seen, carry_out="1", **fields)


def key(one, other, text: str) -> str:
    """Return the key of a label by its word, as it reads on the page of `one`."""
    found = [word.key for word in words(one.object_type_id, other.object_type_id) if str(word) == text]
    return found[0]


def associated(other) -> set[int]:
    """Return the records that one is associated with."""
    rows = Association.objects.of(other.pk).values_list("record_a", "record_b")
    return {a if b == other.pk else b for a, b in rows}


def labels_of(one, other) -> list[str]:
    """Return the labels of an association as they read on the page of `one`."""
    row = Association.objects.among([tuple(sorted((one.pk, other.pk)))]).get()
    return sorted(each.word_for(one.pk) for each in row.labellings.all())


def said(response) -> list[str]:
    """Return what the page after it says."""
    return [str(message) for message in response.wsgi_request._messages]


def staff(client, django_user_model, *codenames: str):
    """Sign in a user of the admin who has these permissions."""
    user = django_user_model.objects.create_user("staff", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client.force_login(user)
    return client


# --- Associate --------------------------------------------------------------------------------------


def test_selected_records_are_associated_with_a_label_as_one_change_that_can_be_undone(admin_client):
    make_label("contacts", "companies", "Employer", "Employee")
    company, people = CompanyFactory(name="Acme"), ContactFactory.create_batch(3)
    other = ContactFactory()
    services.associate(people[0], [company.pk], by=by())
    label = key(people[0], company, "Employer")

    first = ask(admin_client, "associate", people)
    assert first.status_code == 200
    assert "3 records are selected" in first.content.decode()
    assert not first.context["form"].is_bound

    shown = ask(admin_client, "associate", people, other=company.pk, labels=[label], preview="1")
    assert shown.context["lines"] == [
        "2 records will be associated with Acme.",
        "1 record is associated already and will get the labels.",
    ]
    assert associated(company) == {people[0].pk}  # nothing is written before

    done = do(admin_client, "associate", people, company, labels=[label])
    assert done.status_code == 302
    assert done.url == CONTACTS
    assert associated(company) == {one.pk for one in people}
    assert not associated(other)
    assert all("Employer" in labels_of(one, company) for one in people)
    change = Change.objects.latest("pk")
    assert (change.kind, change.origin) == (Change.Kind.BULK, Origin.ADMIN)
    assert f"/{change.pk}/undo" in said(done)[0]


def test_what_is_refused_is_counted_before_with_reasons_and_the_rest_is_done(admin_client):
    make_limit("companies", "contacts", 2)
    company, people = CompanyFactory(name="Acme"), ContactFactory.create_batch(4)

    shown = ask(admin_client, "associate", people, other=company.pk, preview="1")
    assert [line for line in shown.context["lines"] if "refused" in line] == [
        "2 records will be refused and stay as they are."
    ]
    (refusal,) = shown.context["refusals"]
    assert "Acme already has 2 contacts" in refusal.message
    assert [one.pk for one in refusal.records] == [one.pk for one in people[2:]]

    done = do(admin_client, "associate", people, company)
    assert associated(company) == {one.pk for one in people[:2]}
    assert any("2 records were refused" in text for text in said(done))
    # A second time there is nothing to do, and no empty change is kept.
    changes = Change.objects.count()
    shown = ask(admin_client, "associate", people[:2], other=company.pk, preview="1")
    assert not shown.context["does_something"]
    do(admin_client, "associate", people[:2], company)
    assert Change.objects.count() == changes


def test_all_that_the_list_shows_across_its_pages(admin_client):
    company = CompanyFactory()
    people = ContactFactory.create_batch(5, lastname="Lovelace")
    ContactFactory(lastname="Hopper")
    archived = ContactFactory(lastname="Lovelace")
    record_services.archive_records([archived.pk], by=by())
    url = f"{CONTACTS}?q=Lovelace&archived=all"

    shown = ask(admin_client, "associate", people[:1], url, select_across="1")
    assert "5 records are selected" in shown.content.decode()
    assert "1 more is archived and left out" in shown.content.decode()
    done = do(admin_client, "associate", people[:1], company, url, select_across="1")
    assert done.url == url
    assert associated(company) == {one.pk for one in people}


def test_a_refused_form_keeps_what_was_chosen(admin_client):
    contact, company, deal = ContactFactory(), CompanyFactory(), DealFactory()
    make_label("contacts", "deals", "Decides")
    label = key(contact, deal, "Decides")

    for other, text in (("", "required"), ("987654321", "no such record"), (company.pk, "is not one of")):
        refused = ask(
            admin_client, "associate", [contact], type="deals", other=other, labels=[label], preview="1"
        )
        assert refused.status_code == 422
        form = refused.context["form"]
        assert text in str(form.errors["other"])
        assert form["type"].value() == "deals"
        assert form["labels"].value() == [label]
        assert f'value="{contact.pk}"' in refused.content.decode()  # the selection goes along
    refused = ask(admin_client, "associate", [contact], other=deal.pk, labels=["999"], preview="1")
    assert refused.status_code == 422
    assert "does not exist" in str(refused.context["form"].errors["labels"])
    assert refused.context["form"]["other"].value() == str(deal.pk)
    assert "Decides" in refused.content.decode()  # and without script the labels are offered now


def test_only_what_has_been_shown_is_done(admin_client):
    contact, one, other = ContactFactory(), CompanyFactory(), CompanyFactory()
    seen = ask(admin_client, "associate", [contact], other=one.pk, preview="1").context["seen"]

    shown = ask(admin_client, "associate", [contact], other=other.pk, seen=seen, carry_out="1")
    assert shown.status_code == 200
    assert shown.context["seen"] != seen
    assert not associated(contact)


# --- Remove and label -------------------------------------------------------------------------------


def test_associations_with_one_record_are_removed_and_others_stay(admin_client):
    company, kept = CompanyFactory(name="Acme"), DealFactory()
    people = ContactFactory.create_batch(3)
    for one in people[:2]:
        services.associate(one, [company.pk, kept.pk], by=by())

    shown = ask(admin_client, "dissociate", people, other=company.pk, preview="1")
    assert shown.context["lines"] == [
        "2 associations with Acme will be removed.",
        "1 record is not associated with Acme.",
    ]
    assert "labels" not in shown.context["form"].fields
    done = do(admin_client, "dissociate", people, company)
    assert associated(company) == set()
    assert associated(kept) == {one.pk for one in people[:2]}
    assert any("has no primary company now" in text for text in said(done))


def test_labels_are_set_and_just_these(admin_client):
    make_label("contacts", "companies", "Employer")
    make_label("contacts", "companies", "Client")
    company, people = CompanyFactory(name="Acme"), ContactFactory.create_batch(4)
    client, employer = key(people[0], company, "Client"), key(people[0], company, "Employer")
    offered = {word.key: word for word in words(people[0].object_type_id, company.object_type_id)}
    for one, label in zip(people, (client, employer, None), strict=False):
        chosen = {company.pk: [offered[label]] if label else []}
        services.associate(one, [company.pk], by=by(), words=chosen)

    shown = ask(admin_client, "label", people, other=company.pk, labels=[client], preview="1")
    assert shown.context["lines"] == [
        "2 associations with Acme will have just these labels.",
        "1 association has just these labels already.",
        "1 record is not associated with Acme.",
    ]
    do(admin_client, "label", people, company, labels=[client])
    assert all(labels_of(one, company) == ["Client", "Primary"] for one in people[:3])
    do(admin_client, "label", people, company)  # none at all: who is primary stays
    assert all(labels_of(one, company) == ["Primary"] for one in people[:3])
    assert people[3].pk not in associated(company)


def test_a_label_that_a_limit_refuses_leaves_the_association_as_it_was(admin_client):
    boss = make_label("contacts", "companies", "Boss of", "Boss")
    make_label("contacts", "companies", "Client")
    make_limit("companies", "contacts", 1, label=boss, inverse=True)
    company, people = CompanyFactory(name="Acme"), ContactFactory.create_batch(2)
    client = next(w for w in words(people[0].object_type_id, company.object_type_id) if str(w) == "Client")
    for one in people:
        services.associate(one, [company.pk], by=by(), words={company.pk: [client]})
    label = key(people[0], company, "Boss of")

    do(admin_client, "label", people, company, labels=[label])
    assert labels_of(people[0], company) == ["Boss of", "Primary"]
    assert labels_of(people[1], company) == ["Client", "Primary"]


# --- Jobs, permissions, types -----------------------------------------------------------------------


@pytest.mark.parametrize("deed", ["associate", "dissociate", "label"])
def test_very_many_are_a_job(admin_client, monkeypatch, deed):
    monkeypatch.setattr(actions, "DIRECTLY", 2)
    make_label("contacts", "companies", "Client")
    make_limit("companies", "contacts", 3)
    company, people = CompanyFactory(name="Acme"), ContactFactory.create_batch(4)
    labels = {} if deed == "dissociate" else {"labels": [key(people[0], company, "Client")]}
    if deed != "associate":
        for one in people[:3]:
            services.associate(one, [company.pk], by=by())

    shown = ask(admin_client, deed, people, other=company.pk, preview="1", **labels)
    assert "in the background" in shown.content.decode()
    done = do(admin_client, deed, people, company, **labels)
    job = Job.objects.get()
    assert done.url == job.get_absolute_url()
    assert job.state == Job.State.DONE
    assert (job.total, job.done) == (4, 4)
    expected = {
        "associate": {"associated": 3, "refused": 1},
        "dissociate": {"removed": 3, "not_associated": 1},
        "label": {"changed": 3, "not_associated": 1},
    }
    assert job.counts == expected[deed]
    assert len(associated(company)) == (0 if deed == "dissociate" else 3)
    assert (job.change.kind, job.change.origin) == (Change.Kind.BULK, Origin.ADMIN)
    if deed == "associate":
        error = job.errors.get()
        assert error.record_id == people[3].pk
        assert "already has 3 contacts" in error.message


@pytest.mark.parametrize(
    ("permissions", "offered"),
    [
        (("view_contact", "add_association", "change_association", "delete_association"), set()),
        (("change_contact",), set()),
        (("change_contact", "delete_association"), {"dissociate"}),
        (("change_contact", "change_association"), {"label"}),
        (("change_contact", "change_association", "add_association"), {"label", "associate"}),
    ],
)
def test_only_those_who_may_are_offered_the_actions_and_can_do_it(
    client, django_user_model, permissions, offered
):
    staff(client, django_user_model, "view_company", *permissions)
    contact, company = ContactFactory(), CompanyFactory()
    page = client.get(CONTACTS).content.decode()
    for deed in ("associate", "dissociate", "label"):
        assert (f'value="{deed}_with_one"' in page) == (deed in offered)
        answered = ask(client, deed, [contact], other=company.pk, preview="1")
        assert ("lines" in (answered.context or {})) == (deed in offered)
    if offered:  # a record that the user may not look at is none to choose
        refused = ask(client, min(offered), [contact], other=DealFactory().pk, preview="1")
        assert refused.status_code == 422
        assert "other" in refused.context["form"].errors


def test_records_of_several_types_of_ones_own_have_no_labels_in_common(admin_client):
    definition.apply(VIEWINGS)
    visits = copy.deepcopy(VIEWINGS["objects"]["viewings"])
    definition.apply({"objects": {"visits": {**visits, "singular": "Visit", "plural": "Visits"}}})
    company, url = CompanyFactory(), "/admin/records/customrecord/"
    both = []
    for name in ("viewings", "visits"):
        make_label(name, "companies", "Host")
        kind = schema.current().type(name)
        both.append(record_services.create_record(kind, {"title": f"One of {name}"}, by=by()))

    refused = ask(admin_client, "label", both, url)
    assert refused.status_code == 302
    assert "Filter the list" in said(refused)[0]
    assert "labels" not in ask(admin_client, "associate", both, url).context["form"].fields
    do(admin_client, "associate", both, company, url)
    assert associated(company) == {one.pk for one in both}
    do(admin_client, "label", both[:1], company, url, labels=[key(both[0], company, "Host")])
    assert labels_of(both[0], company) == ["Host"]
    assert labels_of(both[1], company) == []


@pytest.mark.parametrize(
    ("deed", "looking", "doing"), [("associate", 16, 39), ("dissociate", 12, 38), ("label", 17, 52)]
)
def test_the_number_of_queries_does_not_follow_that_of_the_records(admin_client, deed, looking, doing):
    make_label("contacts", "companies", "Client")
    label = key(ContactFactory(), CompanyFactory(), "Client")
    labels = {} if deed == "dissociate" else {"labels": [label]}
    found = []
    for number in (2, 30):
        company, people = CompanyFactory(), ContactFactory.create_batch(number)
        if deed != "associate":
            for one in people:
                services.associate(one, [company.pk], by=by())
        for send in (ask, do):
            with CaptureQueriesContext(connection) as queries:
                if send is ask:
                    ask(admin_client, deed, people, other=company.pk, preview="1", **labels)
                else:
                    do(admin_client, deed, people, company, **labels)
            found.append(len(queries))
    assert found == [looking, doing] * 2
