"""Associations in Django's admin: found, added, labelled, removed."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from associations import services
from associations.labels import word, words
from associations.models import Association, AssociationEvent, Labelling
from records.models import Change
from records.provenance import Origin
from records.services import archive_records
from tests.factories import (
    CompanyFactory,
    ContactFactory,
    DealFactory,
    TicketFactory,
    by,
    make_label,
    make_limit,
)

pytestmark = pytest.mark.django_db
LIST = "/admin/associations/association/"
ADD = f"{LIST}add/"
CHOOSE = "/admin/records/record/choose/"


@pytest.fixture
def ada():
    return ContactFactory(firstname="Ada", lastname="L")


@pytest.fixture
def staff(client, django_user_model, django_db_blocker):
    """Return a function that signs in a staff user with some permissions."""
    from django.contrib.auth.models import Permission

    def sign_in(*codenames: str):
        user = django_user_model.objects.create_user("staff", is_staff=True)
        user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
        client.force_login(user)
        return client

    return sign_in


def linked(one, *others) -> list[Association]:
    """Associate a record with others; return the associations."""
    report = services.associate(one, [other.pk for other in others], by=by())
    pairs = [outcome.pair for outcome in report.outcomes]
    return [Association.objects.among([pair]).get() for pair in pairs]


def keys(one, other, *names: str) -> list[str]:
    """Return the keys of labels by their words, as they read on the page of `one`."""
    return [word.key for word in words(one.object_type_id, other.object_type_id) if str(word) in names]


def carried(row: Association) -> list[str]:
    """Return the labels that an association carries, as they read on its first record's page."""
    return sorted(one.word_for(row.record_a_id) for one in row.labellings.all())


def shown(response) -> list[Association]:
    """Return the associations that a list shows."""
    return list(response.context["cl"].result_list)


def errors(response, field: str) -> str:
    """Return what a refused form says beside a field."""
    assert response.status_code == 200
    return str(response.context["adminform"].form.errors[field])


# --- Adding ---------------------------------------------------------------------------------------


def test_two_records_are_associated_whichever_is_named_first(admin_client):
    deal, contact = DealFactory(), ContactFactory()

    response = admin_client.post(ADD, {"record_a": contact.pk, "record_b": deal.pk})

    assert response.status_code == 302
    association = Association.objects.get()
    assert association.pair == (deal.pk, contact.pk)
    assert (association.origin, association.created_by.username) == (Origin.ADMIN, "admin")
    assert AssociationEvent.objects.get().change.origin == Origin.ADMIN


def test_labels_are_put_on_as_they_read_from_the_first_record(admin_client):
    boss, ada = ContactFactory(), ContactFactory()
    make_label("contacts", "contacts", "Manager", "Employee")

    admin_client.post(ADD, {"record_a": ada.pk, "record_b": boss.pk, "labels": keys(ada, boss, "Manager")})

    label = Labelling.objects.get()
    assert (label.word_for(ada.pk), label.word_for(boss.pk)) == ("Manager", "Employee")


def test_what_the_rules_forbid_is_refused_beside_the_field(admin_client, ada):
    acme, beta = CompanyFactory(name="Acme"), CompanyFactory()
    (row,) = linked(ada, acme)
    gone = DealFactory(dealname="Gone")

    def refusal(one, other) -> str:
        return errors(admin_client.post(ADD, {"record_a": one.pk, "record_b": other.pk}), "record_b")

    assert "Ada L already has a company, Acme." in refusal(ada, beta)
    already = refusal(acme, ada)
    assert "associated already" in already
    assert f'href="{LIST}{row.pk}/change/"' in already
    assert "cannot be associated with itself" in refusal(ada, ada)
    archive_records([gone.pk], by=by())
    assert "has been archived" in refusal(ada, gone)
    assert Association.objects.count() == 1


def test_a_label_beyond_its_limit_is_refused_beside_the_labels_and_what_was_chosen_stays(admin_client, ada):
    deal = DealFactory(dealname="Engine")
    boss = make_label("deals", "contacts", "Boss")
    make_limit("deals", "contacts", 1, boss)
    first = ContactFactory(firstname="First", lastname="One")
    services.associate(
        deal, [first.pk], by=by(), words={first.pk: [word(str(boss.pk), boss.from_type_id, boss.to_type_id)]}
    )

    response = admin_client.post(
        ADD, {"record_a": deal.pk, "record_b": ada.pk, "labels": keys(deal, ada, "Boss")}
    )

    assert "Engine already has a “Boss”, First One." in errors(response, "labels")
    assert f'value="{boss.pk}"' in response.text
    assert "checked" in response.text
    assert "Ada L" in response.text
    assert Association.objects.count() == 1


@pytest.mark.parametrize("typed", ["Ada", "9" * 30, "-1"])
def test_what_is_no_number_of_a_record_is_refused(admin_client, ada, typed):
    response = admin_client.post(ADD, {"record_a": ada.pk, "record_b": typed, "labels": ["1", "x"]})

    assert "There is no such record" in errors(response, "record_b")


def test_a_label_of_other_types_is_refused(admin_client, ada):
    label = make_label("deals", "companies", "Reseller")

    response = admin_client.post(
        ADD, {"record_a": ada.pk, "record_b": DealFactory().pk, "labels": [str(label.pk)]}
    )

    assert "does not exist" in errors(response, "labels")
    assert not Association.objects.exists()


def test_the_labels_of_two_records_are_offered_once_both_are_known(admin_client, ada):
    make_label("contacts", "deals", "Sponsor")

    offered = admin_client.get(
        f"{LIST}labels/", {"one": ada.pk, "other": DealFactory().pk, "name": "associations-0-labels"}
    ).text
    assert "Sponsor" in offered
    assert 'name="associations-0-labels"' in offered
    for other in ("", "x", "9" * 30, CompanyFactory().pk + 10_000):
        assert "Sponsor" not in admin_client.get(f"{LIST}labels/", {"one": ada.pk, "other": other}).text


# --- Choosing a record ----------------------------------------------------------------------------


def test_records_are_found_by_part_of_their_name(admin_client):
    contact = ContactFactory(firstname="Ada", lastname="Lovelace", email="ada@example.com")
    archive_records([ContactFactory(lastname="Loveless").pk], by=by())

    found = admin_client.get(CHOOSE, {"term": "ovel"}).json()

    assert found["results"] == [{"id": str(contact.pk), "text": "Ada Lovelace · Contact · ada@example.com"}]


def test_records_are_chosen_page_by_page(admin_client):
    ContactFactory.create_batch(25, lastname="Lovelace")

    for term in ("lovel", ""):
        pages = [admin_client.get(CHOOSE, {"term": term, "page": page}).json() for page in (1, 2)]
        assert [len(page["results"]) for page in pages] == [20, 5]
        assert [page["pagination"]["more"] for page in pages] == [True, False]
    for page in ("0", "x", "9" * 40):
        assert admin_client.get(CHOOSE, {"term": "lovel", "page": page}).status_code == 200


def test_only_records_that_one_may_look_at_are_offered(staff):
    ContactFactory(lastname="Lovelace"), CompanyFactory(name="Lovelace Ltd")
    client = staff("view_contact", "add_association")

    found = client.get(CHOOSE, {"term": "lovel"}).json()["results"]

    assert [" · Contact" in one["text"] for one in found] == [True]


def test_who_is_not_of_the_staff_is_offered_nothing(signed_in):
    assert signed_in.get(CHOOSE).status_code == 302
    assert signed_in.get(f"{LIST}labels/").status_code == 302


# --- Changing -------------------------------------------------------------------------------------


def test_labels_are_changed_on_the_page_of_an_association(admin_client, ada):
    deal = DealFactory()
    (row,) = linked(ada, deal)
    for name in ("Sponsor", "Payer", "Boss"):
        make_label("contacts", "deals", name)
    url = f"{LIST}{row.pk}/change/"
    first, second = (row.record_a.specific if row.record_a_id == one.pk else one for one in (ada, deal))

    admin_client.post(url, {"labels": keys(first, second, "Sponsor", "Payer")})
    assert carried(row) == ["Payer", "Sponsor"]
    admin_client.post(url, {"labels": keys(first, second, "Boss")})
    assert carried(row) == ["Boss"]
    assert "checked" in admin_client.get(url).text
    assert {event.change.origin for event in AssociationEvent.objects.filter(action="labelled")} == {
        Origin.ADMIN
    }


def test_the_primary_company_is_moved_and_that_is_said(admin_client):
    make_limit("contacts", "companies", 5)
    ada = ContactFactory(firstname="Ada", lastname="L")
    acme, beta = CompanyFactory(name="Acme"), CompanyFactory(name="Beta")
    _first, second = linked(ada, acme, beta)

    response = admin_client.post(
        f"{LIST}{second.pk}/change/", {"labels": keys(ada, beta, "Primary")}, follow=True
    )

    assert "Beta is now the primary company of Ada L; Acme was." in response.text
    assert Labelling.objects.get(is_primary=True).to_record_id == beta.pk


def test_a_label_beyond_its_limit_is_refused_on_the_page_of_an_association(admin_client):
    deal, (one, two) = DealFactory(), ContactFactory.create_batch(2)
    boss = make_label("deals", "contacts", "Boss")
    make_limit("deals", "contacts", 1, boss)
    first, second = linked(deal, one, two)
    admin_client.post(f"{LIST}{first.pk}/change/", {"labels": [str(boss.pk)]})

    response = admin_client.post(f"{LIST}{second.pk}/change/", {"labels": [str(boss.pk)]})

    assert "already has a “Boss”" in errors(response, "labels")
    assert carried(second) == []


def test_an_association_of_an_archived_record_is_only_looked_at(admin_client, ada):
    (row,) = linked(ada, DealFactory(dealname="Old"))
    archive_records([row.record_a_id, row.record_b_id], by=by())
    url = f"{LIST}{row.pk}/change/"

    assert "Old (archived)" in admin_client.get(url).text
    assert admin_client.post(url, {}).status_code == 403


# --- Removing -------------------------------------------------------------------------------------


def test_one_association_is_removed_and_can_be_brought_back(admin_client, ada):
    (row,) = linked(DealFactory(), ada)
    url = f"{LIST}{row.pk}"

    assert "Ada L" in admin_client.get(f"{url}/delete/").text
    response = admin_client.post(f"{url}/delete/", {"post": "yes"}, follow=True)

    assert not Association.objects.exists()
    change = Change.objects.latest("pk")
    assert f'href="/history/{change.pk}/undo/?back={LIST}"' in response.text
    assert admin_client.post(f"/history/{change.pk}/undo/?back={LIST}").url == LIST
    assert Association.objects.get().pair == row.pair


def test_removing_a_primary_company_says_which_is_next(admin_client, ada):
    make_limit("contacts", "companies", 5)
    first, _second = linked(ada, CompanyFactory(name="Acme"), CompanyFactory(name="Beta"))

    response = admin_client.post(f"{LIST}{first.pk}/delete/", {"post": "yes"}, follow=True)

    assert "Ada L has no primary company now; Beta would be next." in response.text


def test_selected_associations_are_removed_as_one_change(admin_client):
    deal, contacts = DealFactory(), ContactFactory.create_batch(3)
    make_label("deals", "contacts", "Boss")
    rows = linked(deal, *contacts)
    admin_client.post(f"{LIST}{rows[0].pk}/change/", {"labels": keys(deal, contacts[0], "Boss")})
    chosen = {"action": "delete_selected", "_selected_action": [row.pk for row in rows[:2]]}

    assert "Are you sure" in admin_client.post(LIST, chosen).text
    admin_client.post(LIST, {**chosen, "post": "yes"})

    assert list(Association.objects.all()) == [rows[2]]
    change = Change.objects.latest("pk")
    assert (change.kind, change.origin) == (Change.Kind.BULK, Origin.ADMIN)
    assert change.association_events.filter(action="removed").count() == 2


def test_more_associations_than_one_may_remove_at_once_are_left(admin_client, monkeypatch):
    monkeypatch.setattr("associations.admin.associations.MOST", 2)
    linked(DealFactory(), *ContactFactory.create_batch(3))
    chosen = {"action": "delete_selected", "_selected_action": [1], "select_across": "1", "post": "yes"}

    response = admin_client.post(LIST, chosen)

    assert "More than 2 associations are selected" in response.text
    assert Association.objects.count() == 3


# --- The list -------------------------------------------------------------------------------------


def test_the_list_is_filtered_by_a_pair_of_types_in_either_order(admin_client, ada):
    deal, company = DealFactory(), CompanyFactory()
    with_deal, with_company = (*linked(ada, deal), *linked(ada, company))
    linked(deal, company)

    for pair in ("deals.contacts", "contacts.deals"):
        assert shown(admin_client.get(LIST, {"pair": pair})) == [with_deal]
    assert shown(admin_client.get(LIST, {"pair": "contacts"})) == [with_company, with_deal]
    assert shown(admin_client.get(LIST, {"pair": "contacts.contacts"})) == []
    offered = admin_client.get(LIST, {"pair": "contacts"}).text
    assert "Contacts ↔ Tickets" in offered
    assert "Deals ↔ Tickets" not in offered


def test_the_list_is_filtered_by_label_and_says_how_it_reads(admin_client):
    boss, ada, eve = ContactFactory.create_batch(3)
    label = make_label("contacts", "contacts", "Manager", "Employee")
    make_label("deals", "companies", "Reseller")
    row, _plain = linked(boss, ada, eve)
    admin_client.post(f"{LIST}{row.pk}/change/", {"labels": keys(boss, ada, "Employee")})

    response = admin_client.get(LIST, {"label": label.pk})

    assert shown(response) == [row]
    assert "Employee / Manager" in response.text
    offered = admin_client.get(LIST, {"pair": "contacts.contacts"}).text
    assert "Manager / Employee (Contacts" in offered
    assert "Reseller" not in offered


def test_the_list_is_filtered_by_one_record_and_by_archived_ones(admin_client, ada):
    row, hidden = linked(ada, DealFactory(), archived := DealFactory())
    linked(DealFactory(), ContactFactory())
    archive_records([archived.pk], by=by())

    assert shown(admin_client.get(LIST, {"record": ada.pk})) == [hidden, row]
    assert shown(admin_client.get(LIST, {"record": ada.pk, "archived": "no"})) == [row]
    assert shown(admin_client.get(LIST, {"archived": "yes"})) == [hidden]


@pytest.mark.parametrize(
    "query",
    [
        "pair=x",
        "pair=contacts.x",
        "pair=a.b.c",
        "pair=",
        "label=0",
        "label=x",
        "label=",
        "record=x",
        "record=0",
    ],
)
def test_a_filter_that_says_nothing_is_dropped(admin_client, query):
    response = admin_client.get(f"{LIST}?{query}")

    assert response.status_code == 302
    assert admin_client.get(response.url).status_code == 200


def test_search_finds_the_name_of_either_record(admin_client, ada):
    (row,) = linked(DealFactory(dealname="Analytical Engine"), ada)
    linked(TicketFactory(), ContactFactory())

    for text in ("alytic", "Ada", "ad"):
        assert shown(admin_client.get(LIST, {"q": text})) == [row]
    assert shown(admin_client.get(LIST, {"q": "nobody here"})) == []


def test_rows_are_counted_up_to_a_number(admin_client, monkeypatch):
    monkeypatch.setattr("associations.admin.common.MOST", 2)
    linked(DealFactory(), *ContactFactory.create_batch(3))

    assert "2 associations or more" in admin_client.get(LIST).text


def test_the_list_takes_as_many_queries_for_many_as_for_few(admin_client):
    deal = DealFactory()
    make_label("deals", "contacts", "Boss")

    def grow(number: int) -> None:
        for contact in ContactFactory.create_batch(number):
            services.associate(
                deal,
                [contact.pk],
                by=by(),
                words={contact.pk: words(deal.object_type_id, contact.object_type_id)},
            )

    def queries(**query) -> int:
        admin_client.get(LIST, query)
        with CaptureQueriesContext(connection) as captured:
            assert admin_client.get(LIST, query).status_code == 200
        return len(captured)

    narrowings = ({}, {"pair": "contacts.deals"}, {"record": deal.pk}, {"q": "first"})
    grow(3)
    few = [queries(**query) for query in narrowings]
    grow(25)
    # Data model, session, user; how many (twice), the rows; either record, author, labels; the one chosen.
    assert few == [queries(**query) for query in narrowings]
    assert max(few) <= 11


# --- History and permissions ----------------------------------------------------------------------


def test_the_history_of_an_association_says_what_became_of_it(admin_client, ada):
    deal = DealFactory()
    make_label("deals", "contacts", "Boss")
    (row,) = linked(deal, ada)
    admin_client.post(f"{LIST}{row.pk}/change/", {"labels": keys(ada, deal, "Boss")})
    linked(deal, ContactFactory(firstname="Grace"))

    text = admin_client.get(f"{LIST}{row.pk}/history/").text

    assert "label added" in text
    assert "Boss" in text
    assert "administration" in text
    assert "Grace" not in text


def test_who_may_only_look_changes_nothing(staff, ada):
    (row,) = linked(DealFactory(), ada)
    client = staff("view_association")

    assert client.get(LIST).status_code == 200
    assert client.get(f"{LIST}{row.pk}/change/").status_code == 200
    for url in (ADD, f"{LIST}{row.pk}/change/", f"{LIST}{row.pk}/delete/"):
        assert client.post(url, {"post": "yes"}).status_code == 403
    client.post(LIST, {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"})
    assert Association.objects.count() == 1


def test_who_may_delete_needs_no_right_to_the_labels(staff, ada):
    deal = DealFactory()
    boss = make_label("deals", "contacts", "Boss")
    services.associate(
        deal, [ada.pk], by=by(), words={ada.pk: words(deal.object_type_id, ada.object_type_id)}
    )
    client = staff("view_association", "delete_association")

    client.post(f"{LIST}{Association.objects.get().pk}/delete/", {"post": "yes"})

    assert not Labelling.objects.filter(label=boss).exists()
