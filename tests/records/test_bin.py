"""The recycle bin: what is in it, restoring from it, and what the addresses of absent records say."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from associations import services
from records import recycle_bin, schema
from records.models import Contact, Erasure, Record
from records.services import archive_records, archive_type
from tests.factories import CompanyFactory, ContactFactory, DealFactory, UserFactory, by
from tests.records.settings.conftest import administrator, viewings

__all__ = ["administrator", "viewings"]  # fixtures

pytestmark = pytest.mark.django_db
BIN = "/records/contacts/bin/"


def archived(at=None, **values) -> Contact:
    """Return a contact that somebody has archived."""
    contact = ContactFactory(**values)
    archive_records([contact.pk], by=by(), at=at)
    return contact


def days_ago(number: int):
    return timezone.now() - timedelta(days=number)


def merged(into, **values) -> Contact:
    """Return a contact that was merged into another."""
    contact = archived(**values)
    Record.objects.filter(pk=contact.pk).update(merged_into=into)
    return contact


# --- The page -----------------------------------------------------------------------------------------


def test_the_bin_shows_archived_records_newest_first_with_who_and_how_long_they_stay(signed_in, user):
    ada, bob = ContactFactory(firstname="Ada", lastname="A"), ContactFactory(firstname="Bob", lastname="B")
    ContactFactory(firstname="Live", lastname="One")
    archive_records([ada.pk], by=by(user), at=days_ago(30))
    archive_records([bob.pk], by=by(user))

    page = signed_in.get(BIN)

    assert [row["record"].pk for row in page.context["bin"].shown] == [bob.pk, ada.pk]
    assert [row["days_left"] for row in page.context["bin"].shown] == [90, 60]
    assert "Bob B" in page.text
    assert "grace" in page.text
    assert "Live One" not in page.text
    assert "Delete permanently" not in page.text


def test_the_bin_says_how_many_associations_would_come_back(signed_in):
    ada, deal, other = archived(), DealFactory(), DealFactory()
    Record.objects.filter(pk=ada.pk).update(archived_at=None)
    services.associate(ada, [deal.pk, other.pk], by=by())
    archive_records([ada.pk, other.pk], by=by())

    assert signed_in.get(BIN).context["bin"].shown[0]["cells"] == ["1"]


def test_merged_records_and_those_of_other_types_are_not_in_the_bin(signed_in):
    merged(ContactFactory())
    archive_records([CompanyFactory().pk], by=by())

    assert signed_in.get(BIN).context["bin"].shown == []


def test_the_bin_is_searched(signed_in):
    ada = archived(firstname="Ada", lastname="Lovelace", email="ada@analytical.example")
    archived(firstname="Bob", lastname="Builder")

    for text in ("lovel", "analytical", "ad"):
        shown = signed_in.get(BIN, {"q": text}).context["bin"].shown
        assert [row["record"].pk for row in shown] == [ada.pk], text
    assert "Nothing found" in signed_in.get(BIN, {"q": "nobody"}).text


def test_the_bin_is_paged_by_key(signed_in, monkeypatch):
    monkeypatch.setattr(recycle_bin, "PAGE_SIZE", 2)
    contacts = [archived(at=days_ago(number)) for number in range(5)]
    seen, address = [], BIN
    while address:
        page = signed_in.get(address).context["bin"].page
        seen += [record.pk for record in page.rows]
        address = f"{BIN}?after={page.after}" if page.after else ""
    assert seen == [contact.pk for contact in contacts]
    assert signed_in.get(f"{BIN}?after=nonsense").status_code == 400


def test_a_page_of_the_bin_takes_as_many_queries_with_few_as_with_many(signed_in):
    def queries() -> int:
        schema.current()
        with CaptureQueriesContext(connection) as captured:
            assert signed_in.get(BIN).status_code == 200
        return len(captured)

    def grow(number):
        for contact in ContactFactory.create_batch(number, owner=UserFactory()):
            services.associate(contact, [one.pk for one in DealFactory.create_batch(2)], by=by())
            archive_records([contact.pk], by=by(UserFactory()))

    grow(2)
    few = queries()
    grow(40)
    # Session, user, data model, overdue tasks; the rows, their associations at either end, and the count.
    assert (few, queries()) == (8, 8)


# --- Restore ------------------------------------------------------------------------------------------


def test_ticked_records_are_restored_with_their_associations(signed_in):
    deal, ada, bob = DealFactory(), ContactFactory(), ContactFactory()
    services.associate(deal, [ada.pk, bob.pk], by=by())
    archive_records([ada.pk, bob.pk], by=by())

    page = signed_in.post(
        "/records/contacts/restore/", {"selected": [ada.pk, bob.pk], "back": "q="}, follow=True
    )

    assert page.redirect_chain[0][0].startswith(BIN)
    assert "2 records restored." in page.text
    assert not Contact.objects.filter(archived_at__isnull=False).exists()
    assert services.Association.objects.live().of(deal.pk).count() == 2


def test_a_taken_unique_value_refuses_all_and_says_which_and_who_has_it(signed_in):
    old, free = archived(firstname="Old", lastname="Ada", email="ada@example.com"), archived()
    new = ContactFactory(firstname="New", lastname="Ada", email="ADA@example.com")

    page = signed_in.post("/records/contacts/restore/", {"selected": [old.pk, free.pk], "back": ""})

    assert page.status_code == 422
    assert f'Old Ada: email “ada@example.com” belongs to <a href="{new.get_absolute_url()}">New Ada</a>' in (
        page.text
    )
    assert page.context["ticked"] == [old.pk, free.pk]
    assert Contact.objects.filter(archived_at__isnull=False).count() == 2


def test_two_archived_records_with_one_value_hinder_each_other(signed_in):
    first = archived(email="ada@example.com")
    second = archived(email="ada@example.com")

    page = signed_in.post("/records/contacts/restore/", {"selected": [first.pk, second.pk]})

    assert page.status_code == 422
    ((conflict),) = page.context["conflicts"]
    assert (conflict.record.pk, conflict.taken[0][2].pk) == (second.pk, first.pk)


def test_a_merged_record_is_not_restored_from_the_bin(signed_in):
    gone = merged(ContactFactory())

    page = signed_in.post("/records/contacts/restore/", {"selected": [gone.pk]}, follow=True)

    assert "There is nothing to restore." in page.text


# --- Addresses ----------------------------------------------------------------------------------------


def test_the_address_of_an_archived_record_says_who_archived_it_and_restores_it(signed_in, user):
    ada = ContactFactory(firstname="Ada", lastname="Lovelace")
    archive_records([ada.pk], by=by(user))

    for address in (ada.get_absolute_url(), f"/records/{ada.pk}/", f"{ada.get_absolute_url()}stage/x/"):
        page = signed_in.get(address)
        assert page.status_code == 404
    page = signed_in.get(ada.get_absolute_url())
    assert "Ada Lovelace" in page.text
    assert "has been archived on" in page.text
    assert "by grace." in page.text
    assert "Delete permanently" not in page.text
    assert signed_in.get(f"/records/companies/{ada.pk}/").context.get("record") is None
    back = signed_in.post("/records/contacts/restore/", {"selected": ada.pk}, follow=True)
    assert back.redirect_chain[-1][0] == ada.get_absolute_url()


def test_administrators_may_delete_from_the_address_of_an_archived_record(administrator):
    ada = archived()

    assert "Delete permanently" in administrator.get(ada.get_absolute_url()).text


def test_the_addresses_of_a_merged_record_lead_to_its_survivor(signed_in):
    survivor = ContactFactory()
    middle = merged(survivor)
    first = merged(middle)

    there = survivor.get_absolute_url()
    for old in (first, middle):
        for address, goal in (
            (old.get_absolute_url(), there),
            (f"{old.get_absolute_url()}?tab=associations", f"{there}?tab=associations"),
            (f"/records/{old.pk}/", f"/records/{survivor.pk}/"),
            (f"{old.get_absolute_url()}properties/email/", f"{there}properties/email/"),
            (f"{old.get_absolute_url()}associations/deals/add/", f"{there}associations/deals/add/"),
        ):
            response = signed_in.get(address)
            assert (response.status_code, response.get("Location")) == (302, goal)
    assert signed_in.post(f"{first.get_absolute_url()}archive/").status_code == 404


def test_merges_that_go_in_a_circle_end(signed_in):
    one = archived()
    other = merged(one)
    Record.objects.filter(pk=one.pk).update(merged_into=other)

    assert signed_in.get(one.get_absolute_url()).status_code == 302  # and a browser stops of itself
    assert Record.objects.get(pk=one.pk).survivor.pk in (one.pk, other.pk)


def test_what_htmx_asks_of_an_archived_record_is_answered_by_a_toast(signed_in):
    response = signed_in.get(archived().get_absolute_url(), headers={"HX-Request": "true"})

    assert (response.status_code, response["HX-Reswap"]) == (404, "none")


def test_ids_that_no_database_holds_are_not_found(signed_in):
    for address in (f"/records/{2**63}/", f"/records/contacts/{2**80}/", f"/records/contacts/{2**80}/erase/"):
        assert signed_in.get(address).status_code in (403, 404)


# --- When the time is over ----------------------------------------------------------------------------


def run(*options) -> str:
    out = StringIO()
    call_command("empty_bin", *options, stdout=out)
    return out.getvalue()


def test_what_has_been_in_the_bin_too_long_is_deleted_and_written_down():
    old, young, live = archived(at=days_ago(91)), archived(at=days_ago(89)), ContactFactory()

    assert run("--dry-run") == "contacts: 1 record\n"
    assert Contact.objects.count() == 3
    assert run() == "contacts: 1 record deleted\n"

    assert set(Contact.objects.values_list("pk", flat=True)) == {young.pk, live.pk}
    erasure = Erasure.objects.get()
    assert (erasure.record_id, erasure.kind, erasure.actor) == (old.pk, "expired", None)
    assert run() == ""


def test_merged_records_do_not_expire_since_their_ids_lead_to_the_survivor():
    gone = merged(ContactFactory())
    Record.objects.filter(pk=gone.pk).update(archived_at=days_ago(400))

    assert run() == ""
    assert Record.objects.filter(pk=gone.pk).exists()


def test_records_of_an_archived_type_wait_for_it(viewings):
    record = viewings.model.objects.create(object_type=viewings)
    archive_type(viewings, by=by())
    Record.objects.filter(pk=record.pk).update(archived_at=days_ago(400))

    assert run() == ""
    assert Record.objects.filter(pk=record.pk).exists()


def test_no_days_keep_archived_records_for_ever(settings, signed_in):
    settings.RECYCLE_BIN_DAYS = 0
    archived(at=days_ago(4000))

    assert run() == ""
    assert "for ever" in run("--dry-run")
    assert "Days left" not in signed_in.get(BIN).text
    assert Contact.objects.count() == 1


def test_many_are_deleted_in_batches(monkeypatch):
    monkeypatch.setattr(recycle_bin, "BATCH", 2)
    for _number in range(5):
        archived(at=days_ago(100))

    assert run() == "contacts: 5 records deleted\n"
    assert Erasure.objects.count() == 5
