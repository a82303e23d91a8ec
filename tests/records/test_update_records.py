"""Many records changed at once, in a few statements."""

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from records import definition, schema
from records.models import Contact, Record, UniqueValue
from records.provenance import Origin
from records.search import matching
from records.services import archive_records, update_records
from tests.factories import ContactFactory, DealFactory, UserFactory, by
from tests.records.test_definition import with_properties

pytestmark = pytest.mark.django_db


def contacts():
    return schema.current().type("contacts")


def test_each_record_gets_its_own_values_and_keeps_the_others():
    ada, bob = ContactFactory(firstname="Ada", city="London"), ContactFactory(firstname="Bob", city="Leeds")
    untouched = ContactFactory()

    update_records(contacts(), {ada.pk: {"city": "Paris"}, bob.pk: {"firstname": "Rob"}}, by=by())

    found = Contact.objects.values_list("firstname", "city").order_by("pk")
    assert list(found) == [("Ada", "Paris"), ("Rob", "Leeds"), (untouched.firstname, "")]
    assert Contact.objects.get(pk=untouched.pk).updated_at == untouched.updated_at


def test_name_search_and_author_follow():
    ada, user = ContactFactory(firstname="Ada", lastname="Byron"), UserFactory()

    (updated,) = update_records(contacts(), {ada.pk: {"lastname": "Lovelace"}}, by=by(user, Origin.IMPORT))

    stored = Contact.objects.get(pk=ada.pk)
    assert str(updated) == str(stored) == "Ada Lovelace"
    assert (stored.updated_by, stored.origin) == (user, ada.origin)
    assert stored.updated_at > ada.updated_at
    assert list(matching(Record.objects.all(), "lovelace")) == [stored.record_ptr]
    assert not matching(Record.objects.all(), "byron")


def test_unique_values_follow_and_may_change_hands():
    ada, bob = ContactFactory(email="ada@example.com"), ContactFactory(email="bob@example.com")

    update_records(
        contacts(), {ada.pk: {"email": "Bob@example.com"}, bob.pk: {"email": "ada@example.com"}}, by=by()
    )

    assert dict(UniqueValue.objects.values_list("value", "record_id")) == {
        "bob@example.com": ada.pk,
        "ada@example.com": bob.pk,
    }


def test_a_taken_unique_value_is_refused_and_nothing_written():
    ada, bob = ContactFactory(email="ada@example.com"), ContactFactory()

    with pytest.raises(ValidationError) as refused:
        update_records(contacts(), {ada.pk: {"city": "Rome"}, bob.pk: {"email": "ADA@example.com"}}, by=by())

    assert list(refused.value.error_dict) == ["email"]
    assert not Contact.objects.filter(city="Rome")


def test_archived_records_are_left_alone():
    ada = ContactFactory(city="London")
    archive_records([ada.pk], by=by())

    assert update_records(contacts(), {ada.pk: {"city": "Rome"}}, by=by()) == []
    assert Contact.objects.get(pk=ada.pk).city == "London"


def test_moving_deals_to_a_stage_sets_their_pipeline():
    deal, kind = DealFactory(), schema.current().type("deals")
    won = next(stage for stage in kind.stages.values() if stage.name == "closedwon")

    update_records(kind, {deal.pk: {"dealstage": won}}, by=by())

    deal.refresh_from_db()
    assert deal.dealstage == won


def test_the_number_of_queries_does_not_depend_on_the_records():
    def cost(number: int) -> int:
        changes = {
            contact.pk: {"city": "Rome", "email": f"new{contact.pk}@example.com"}
            for contact in ContactFactory.create_batch(number)
        }
        with schema.pinned(), CaptureQueriesContext(connection) as captured:
            update_records(contacts(), changes, by=by())
        return len(captured)

    assert cost(50) == cost(2)


def test_values_of_added_properties_are_written_and_others_kept():
    definition.apply(
        with_properties("contacts", {"badge": {"unique": True}, "shoe_size": {"type": "number"}})
    )
    ada, bob = ContactFactory(properties={"shoe_size": 37}), ContactFactory(properties={"shoe_size": 44})

    update_records(
        schema.current().type("contacts"),
        {ada.pk: {"badge": "ZX-81"}, bob.pk: {"shoe_size": None}},
        by=by(),
    )

    assert Contact.objects.get(pk=ada.pk).properties == {"shoe_size": 37, "badge": "ZX-81"}
    assert Contact.objects.get(pk=bob.pk).properties == {}
    with pytest.raises(ValidationError):
        update_records(schema.current().type("contacts"), {bob.pk: {"badge": "zx-81"}}, by=by())
