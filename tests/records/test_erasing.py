"""Deleting records for good: who may, what is asked, what is written down, what the address says then."""

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from records import erasing, recycle_bin, schema
from records.models import Change, Contact, Erasure, Record, UniqueValue
from records.provenance import Origin
from records.services import archive_records, restore_records
from tests.factories import CompanyFactory, ContactFactory, UserFactory, by
from tests.records.settings.conftest import administrator

from .test_bin import archived, merged

__all__ = ["administrator"]  # a fixture

pytestmark = pytest.mark.django_db
PRIVACY, MANUAL = Erasure.Kind.PRIVACY, Erasure.Kind.MANUAL


@pytest.fixture
def ada():
    return ContactFactory(firstname="Ada", lastname="Lovelace", email="ada@example.com", phone="+44 1815")


# --- The service --------------------------------------------------------------------------------------


def test_an_erased_record_is_gone_and_its_email_is_free(ada, user):
    (written,) = erasing.erase([ada.pk], by=by(user), kind=PRIVACY, reason="Request 7")

    assert not Record.objects.filter(pk=ada.pk).exists()
    assert not Contact.objects.exists()
    assert not UniqueValue.objects.exists()
    erasure = Erasure.objects.get()
    assert erasure == written
    assert (erasure.actor, erasure.kind, erasure.reason) == (user, "privacy", "Request 7")
    assert (erasure.record_id, erasure.object_type.name) == (ada.pk, "contacts")
    assert erasure.counts == {"uniquevalue": 1}
    ContactFactory(email="ada@example.com")


def test_a_live_record_is_deleted_for_data_protection_only(ada):
    assert erasing.erase([ada.pk], by=by(), kind=MANUAL) == []
    assert erasing.erase([ada.pk], by=by(), kind=Erasure.Kind.EXPIRED) == []
    assert Contact.objects.get() == ada


def test_what_is_restored_meanwhile_stays(ada):
    bob = archived()
    archive_records([ada.pk], by=by())
    restore_records([ada.pk], by=by())

    written = erasing.erase([ada.pk, bob.pk], by=by(), kind=MANUAL)

    assert [erasure.record_id for erasure in written] == [bob.pk]
    assert Contact.objects.get() == ada


def test_with_a_survivor_go_all_that_were_merged_into_it(ada):
    middle = merged(ada)
    first = merged(middle)

    written = erasing.erase([ada.pk], by=by(), kind=PRIVACY)

    assert {erasure.record_id for erasure in written} == {ada.pk, middle.pk, first.pk}
    assert not Contact.objects.exists()


def test_a_merged_record_that_is_erased_leaves_its_survivor(ada):
    gone = merged(ada)

    erasing.erase([gone.pk], by=by(), kind=PRIVACY)

    assert Contact.objects.get() == ada


@pytest.mark.parametrize(
    "reason", ["Ada Lovelace asked", "asked by ADA", "by lovelace.", "Mail of ada@example.com", "+44 1815"]
)
def test_a_reason_that_tells_who_it_was_is_refused(ada, reason):
    with pytest.raises(ValidationError, match="must not tell"):
        erasing.erase([ada.pk], by=by(), kind=PRIVACY, reason=reason)
    assert Contact.objects.get() == ada
    assert not Erasure.objects.exists()


@pytest.mark.parametrize("reason", ["Adapted terms", "Request 1815", "Lovelaces are not meant"])
def test_a_reason_that_happens_to_hold_the_same_letters_is_not(ada, reason):
    erasing.erase([ada.pk], by=by(), kind=PRIVACY, reason=reason)

    assert Erasure.objects.get().reason == reason


def test_a_change_that_has_other_parts_stays_but_names_it_no_longer(ada):
    acme = CompanyFactory(name="Acme")
    change = Change.objects.create(origin=Origin.PAGE, summary="Merged Ada Lovelace")
    other = Change.objects.create(origin=Origin.PAGE, summary="Another", undoes=None)
    alone = Change.objects.create(origin=Origin.PAGE, summary="Ada Lovelace")
    undo = Change.objects.create(origin=Origin.PAGE, kind="undo", undoes=alone)
    for record, of in ((ada, change), (acme, change), (acme, other), (ada, alone), (acme, undo)):
        snapshot(record, of)

    erasing.erase([ada.pk], by=by(), kind=PRIVACY)

    left = dict(Change.objects.values_list("pk", "summary"))
    assert left == {change.pk: "", other.pk: "Another", undo.pk: ""}
    assert Change.objects.get(pk=undo.pk).undoes is None
    assert Contact.history.count() == 0
    assert type(acme).history.count() == 3


def snapshot(record, change) -> None:
    manager = type(record).history
    manager.bulk_history_create([record], custom_historical_attrs={"change": change})


def counted(captured) -> int:
    """Return how many statements there were but for the written record, of which SQLite takes 124 at once."""
    return sum('INSERT INTO "records_erasure"' not in query["sql"] for query in captured.captured_queries)


def test_a_thousand_take_as_many_statements_as_ten():
    def statements(number) -> int:
        contacts = ContactFactory.create_batch(number)
        change = Change.objects.create(origin=Origin.PAGE)
        Contact.history.bulk_history_create(contacts, custom_historical_attrs={"change": change})
        ids = [contact.pk for contact in contacts]
        archive_records(ids, by=by())
        with schema.pinned(), CaptureQueriesContext(connection) as captured:
            assert len(erasing.erase(ids, by=by(), kind=MANUAL)) == number
        return counted(captured)

    statements(1)  # content types come to be known
    assert statements(10) == statements(1_000)


# --- The pages ----------------------------------------------------------------------------------------


def test_others_than_administrators_may_not(signed_in, ada):
    gone = archived()

    for address in ("/records/contacts/bin/delete/", f"/records/contacts/{ada.pk}/erase/"):
        assert signed_in.get(address).status_code == 403
        data = {"selected": [gone.pk], "confirmed": "on", "reason": "x"}
        assert signed_in.post(address, data).status_code == 403
    assert signed_in.get("/settings/deletions/").status_code == 403
    assert Contact.objects.count() == 2
    assert "erase" not in signed_in.get(ada.get_absolute_url()).text


def test_the_bin_asks_before_it_deletes(administrator):
    gone, stays = archived(firstname="Bob", lastname="B"), archived()

    address = "/records/contacts/bin/delete/"
    page = administrator.post(address, {"ask": "", "selected": [gone.pk], "back": ""}, follow=True)
    assert page.redirect_chain == [(f"{address}?selected={gone.pk}", 302)]
    assert "Bob B" in page.text
    assert Contact.objects.count() == 2

    refused = administrator.post(address, {"selected": [gone.pk], "reason": "because"})
    assert refused.status_code == 422
    assert "Tick this to go on." in refused.text
    assert 'value="because"' in refused.text
    assert Contact.objects.count() == 2

    done = administrator.post(address, {"selected": [gone.pk], "confirmed": "on"}, follow=True)
    assert "1 record deleted for good." in done.text
    assert Contact.objects.get() == stays
    assert Erasure.objects.get().kind == MANUAL


def test_the_page_for_data_protection_shows_what_goes_and_who_else_mentions_it(administrator, ada):
    merged(ada)
    mention = CompanyFactory(name="Friends of Ada Lovelace")
    CompanyFactory(name="Lovelace and Ada")
    address = f"/records/contacts/{ada.pk}/erase/"
    assert address in administrator.get(ada.get_absolute_url()).text

    page = administrator.get(address)

    assert page.context["merged"] == 1
    assert dict(page.context["going"]) == {"earlier versions": 2, "unique values": 1}
    assert page.context["mentions"] == [Record.objects.get(pk=mention.pk)]
    assert "They are not changed by this" in page.text
    assert administrator.post(address, {"confirmed": "on"}).status_code == 422  # no reason
    refused = administrator.post(address, {"confirmed": "on", "reason": "for Lovelace"})
    assert refused.status_code == 422
    assert "Leave out “Lovelace”" in refused.text
    assert Contact.objects.count() == 2
    done = administrator.post(address, {"confirmed": "on", "reason": "Request 7"}, follow=True)
    assert "2 records deleted for good." in done.text
    assert "Lovelace" not in done.text
    assert not Contact.objects.exists()


def test_an_erased_records_address_says_so_without_a_name(administrator, ada):
    erasing.erase([ada.pk], by=by(), kind=PRIVACY)

    for address in (ada.get_absolute_url(), f"/records/{ada.pk}/", f"/records/contacts/{ada.pk}/erase/"):
        page = administrator.get(address)
        assert page.status_code == 410
        assert "was permanently deleted on" in page.text
        assert "Lovelace" not in page.text
    assert administrator.get(f"/records/companies/{ada.pk}/").status_code == 404


def test_the_settings_list_what_was_deleted(administrator, ada, monkeypatch):
    from records.views.settings import erasures

    assert "Nothing was deleted for good" in administrator.get("/settings/deletions/").text
    monkeypatch.setattr(erasures, "PAGE_SIZE", 2)
    ids = [ada.pk, *(contact.pk for contact in ContactFactory.create_batch(2))]
    alan = UserFactory(username="alan")
    for pk in ids:
        erasing.erase([pk], by=by(alan), kind=PRIVACY, reason=f"Request {pk}")

    first = administrator.get("/settings/deletions/")
    second = administrator.get(f"/settings/deletions/?after={first.context['page'].after}")

    assert [row.record_id for row in first.context["page"].rows] == ids[:0:-1]
    assert [row.record_id for row in second.context["page"].rows] == ids[:1]
    assert f"Request {ada.pk}" in second.text
    assert "unique values: 1" in second.text
    assert "alan" in second.text
    assert administrator.get("/settings/deletions/?after=x").status_code == 400


def test_the_pages_take_as_many_queries_with_few_as_with_many(administrator):
    def queries(address) -> int:
        schema.current()
        with CaptureQueriesContext(connection) as captured:
            assert administrator.get(address).status_code == 200
        return len(captured)

    few = [archived().pk]
    many = [archived().pk for _number in range(30)]
    asked = "/records/contacts/bin/delete/?selected="
    assert queries(asked + str(few[0])) == queries(asked + "&selected=".join(map(str, many)))
    erasing.erase(few, by=by(UserFactory()), kind=MANUAL)
    listed = queries("/settings/deletions/")
    erasing.erase(many, by=by(UserFactory()), kind=MANUAL)
    assert (listed, queries("/settings/deletions/")) == (5, 5)


def test_the_admin_shows_deletions_and_changes_none(admin_client, ada):
    (erasure,) = erasing.erase([ada.pk], by=by(), kind=PRIVACY)

    assert f"{ada.pk:,}" in admin_client.get("/admin/records/erasure/").text  # as the locale writes it
    address = f"/admin/records/erasure/{erasure.pk}/"
    assert admin_client.get(f"{address}change/").status_code == 200
    assert admin_client.post(f"{address}change/", {"reason": "x"}).status_code == 403
    assert admin_client.get(f"{address}delete/").status_code == 403


def test_a_bin_with_nothing_left_says_so(administrator):
    gone = archived()
    erasing.erase([gone.pk], by=by(), kind=MANUAL)

    page = administrator.get("/records/contacts/bin/")
    assert page.context["bin"].shown == []
    assert "The recycle bin is empty" in page.text
    assert recycle_bin.conflicts([gone.pk]) == []
