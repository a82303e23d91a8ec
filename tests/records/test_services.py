"""What is done to records, singly and many at once: all or nothing, with an author and an origin."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from records import schema, services
from records.duplicates import DUPLICATES_SHOWN, possible_duplicates
from records.models import Company, Contact, Deal, Record, UniqueValue
from records.provenance import Origin
from records.services import (
    archive_records,
    build_record,
    create_record,
    create_records,
    restore_records,
    update_record,
)
from records.signals import records_archived, records_restored
from tests.factories import CompanyFactory, ContactFactory, DealFactory, UserFactory, by

pytestmark = pytest.mark.django_db


def kind(name: str):
    return schema.current().type(name)


def contacts(number: int, **values) -> list[Record]:
    """Return unsaved contacts."""
    return [
        build_record(
            kind("contacts"), {"firstname": f"P{one}", "email": f"p{one}@x.example", **values}, by=by()
        )
        for one in range(number)
    ]


@pytest.fixture
def told():
    """What the floors above are told."""
    heard = []

    def archived(sender, record_ids, **kwargs):
        heard.append(("archived", list(record_ids)))

    def restored(sender, record_ids, **kwargs):
        heard.append(("restored", list(record_ids)))

    records_archived.connect(archived)
    records_restored.connect(restored)
    yield heard
    records_archived.disconnect(archived)
    records_restored.disconnect(restored)


# --- One ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("origin", Origin)
def test_a_record_knows_who_made_it_when_and_from_where(origin):
    user, before = UserFactory(), timezone.now()

    record = create_record(kind("contacts"), {"firstname": "Ada"}, by=by(user, origin))

    record.refresh_from_db()
    assert (record.created_by, record.updated_by, record.origin) == (user, user, origin)
    assert before <= record.created_at <= timezone.now()
    assert record.object_type == kind("contacts")


def test_the_system_itself_may_create_a_record():
    assert create_record(kind("contacts"), {"firstname": "Ada"}, by=by()).created_by is None


def test_a_change_says_who_and_when_and_keeps_who_created_and_from_where():
    maker, editor = UserFactory(), UserFactory()
    record = create_record(kind("contacts"), {"firstname": "Ada"}, by=by(maker, Origin.IMPORT))

    changed = update_record(record, {"city": "London"}, by=by(editor, Origin.API))

    stored = Contact.objects.get()
    assert (stored.city, stored.firstname) == ("London", "Ada")
    assert (stored.created_by, stored.updated_by, stored.origin) == (maker, editor, Origin.IMPORT)
    assert stored.created_at < stored.updated_at == changed.updated_at


def test_a_deal_without_a_stage_starts_at_the_first():
    deal = create_record(kind("deals"), {"dealname": "Big"}, by=by())

    assert deal.dealstage == kind("deals").pipelines[0].stage_list[0]
    assert deal.pipeline == kind("deals").pipelines[0]


def test_the_pipeline_follows_the_stage():
    other = kind("deals").pipelines[0].stage_list[3]

    deal = update_record(DealFactory(), {"dealstage": other}, by=by())

    assert (Deal.objects.get().dealstage, deal.pipeline) == (other, other.pipeline)


def test_a_record_read_as_a_plain_one_is_updated_as_what_it_is():
    contact = ContactFactory()

    update_record(Record.objects.get(), {"firstname": "Ada"}, by=by())

    contact.refresh_from_db()
    assert contact.firstname == "Ada"


def test_a_refused_update_changes_nothing():
    ContactFactory(email="ada@example.com")
    contact = ContactFactory(firstname="Bob", email="bob@example.com")
    before = Contact.objects.values().get(pk=contact.pk)

    with pytest.raises(ValidationError):
        update_record(contact, {"firstname": "X", "email": "ADA@example.com"}, by=by())

    assert Contact.objects.values().get(pk=contact.pk) == before
    assert UniqueValue.objects.count() == 2


def test_an_archived_record_is_not_updated_and_stays_archived():
    contact = ContactFactory(firstname="Ada")
    archive_records([contact.pk], by=by())

    with pytest.raises(ValidationError, match="has been archived"):
        update_record(contact, {"firstname": "Augusta"}, by=by())

    contact.refresh_from_db()
    assert (contact.firstname, contact.archived_at is not None) == ("Ada", True)


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_archiving_and_editing_at_once_leaves_the_record_archived_without_an_email():
    for turn in range(5):
        contact = ContactFactory(email="")
        together = Barrier(2)

        def edit(contact=contact, together=together, turn=turn) -> None:
            try:
                together.wait(timeout=20)
                update_record(contact, {"email": f"ada{turn}@example.com"}, by=by())
            except ValidationError:
                pass
            finally:
                connection.close()

        def archive(contact=contact, together=together) -> None:
            try:
                together.wait(timeout=20)
                archive_records([contact.pk], by=by())
            finally:
                connection.close()

        with ThreadPoolExecutor(2) as pool:
            for future in [pool.submit(edit), pool.submit(archive)]:
                future.result()

    assert not Contact.objects.live().exists()
    assert not UniqueValue.objects.exists()


# --- Many at once -------------------------------------------------------------------------------------


def test_many_records_are_created_with_all_that_a_single_one_gets():
    user = UserFactory()
    single = create_record(kind("contacts"), {"firstname": "Ada", "email": "A@x.example"}, by=by(user))
    (record,) = created = [
        build_record(kind("contacts"), {"firstname": "Ada", "email": " B@x.example "}, by=by(user))
    ]

    create_records(created, by=by())

    stored = Contact.objects.get(email="b@x.example")
    assert stored.pk == record.pk
    for column in ("display_name", "sort_name", "object_type_id", "created_by", "updated_by", "origin"):
        assert getattr(stored, column) == getattr(single, column)
    assert stored.search_text == "ada\nb@x.example"
    assert UniqueValue.objects.get(record=stored).value == "b@x.example"


def test_values_of_every_kind_go_through_a_bulk_insert():
    stage = kind("deals").pipelines[0].stage_list[2]
    values = {
        "dealname": "Größe 🚀",
        "amount": "1234.50",
        "closedate": "2024-02-29",
        "dealstage": stage,
        "hubspot_owner_id": UserFactory(),
        "description": "one\ntwo",
    }
    create_records([build_record(kind("deals"), values, by=by())], by=by())
    single = create_record(kind("deals"), values, by=by())

    first, second = Deal.objects.values().order_by("pk")
    different = ("id", "record_ptr_id", "created_at", "updated_at", "rank")
    assert {k: v for k, v in first.items() if k not in different} == {
        k: v for k, v in second.items() if k not in different
    }
    assert single.pk == second["id"]


def test_creating_none_does_nothing(django_assert_num_queries):
    with django_assert_num_queries(0):
        create_records([], by=by())


@pytest.mark.parametrize("taken", ["by another", "twice among them"])
def test_one_taken_value_among_many_creates_none_and_names_it(taken):
    if taken == "by another":
        ContactFactory(email="P3@x.example")
        records = contacts(5)
    else:
        records = [*contacts(5), *contacts(1, email="P3@x.example")]
    before = (Record.objects.count(), UniqueValue.objects.count())

    with pytest.raises(ValidationError) as refused:
        create_records(records, by=by())

    assert refused.value.message_dict == {"email": ["Another contact already has email “p3@x.example”."]}
    assert (Record.objects.count(), UniqueValue.objects.count()) == before
    assert Contact.objects.count() == Record.objects.count()


def test_archiving_many_leaves_out_the_archived_and_the_unknown(told):
    user = UserFactory()
    first, second, gone = ContactFactory(), DealFactory(), CompanyFactory()
    archive_records([gone.pk], by=by())
    told.clear()

    archived = archive_records([second.pk, first.pk, gone.pk, first.pk, 0, 10**9], by=by(user))

    assert archived == [first.pk, second.pk]
    assert told == [("archived", archived)]
    assert not Record.objects.live().exists()
    assert set(Record.objects.filter(pk__in=archived).values_list("updated_by", flat=True)) == {user.pk}


def test_restoring_many_leaves_out_the_live_and_the_unknown(told):
    user = UserFactory()
    first, second, live = ContactFactory(), DealFactory(), CompanyFactory()
    archive_records([first.pk, second.pk], by=by())
    told.clear()

    restored = restore_records([second.pk, live.pk, first.pk, 10**9], by=by(user))

    assert restored == [first.pk, second.pk]
    assert told == [("restored", restored)]
    assert Record.objects.live().count() == 3
    assert UniqueValue.objects.get().record_id == first.pk
    assert Record.objects.get(pk=first.pk).updated_by == user


def test_when_a_floor_above_refuses_nothing_is_archived():
    def refuse(sender, **kwargs):
        raise ValidationError("no")

    contact = ContactFactory()
    records_archived.connect(refuse)
    try:
        with pytest.raises(ValidationError):
            archive_records([contact.pk], by=by())
    finally:
        records_archived.disconnect(refuse)

    assert Record.objects.live().exists()
    assert UniqueValue.objects.exists()


def queries(work) -> int:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        work()
    return len(captured)


def test_many_take_as_many_queries_as_few():
    few, many = (
        contacts(50)[:2],
        [build_record(kind("contacts"), {"email": f"q{one}@x.example"}, by=by()) for one in range(50)],
    )

    with schema.pinned():
        assert queries(lambda: create_records(few, by=by())) == queries(lambda: create_records(many, by=by()))
        few_ids, many_ids = [one.pk for one in few], [one.pk for one in many]
        assert queries(lambda: archive_records(few_ids, by=by())) == queries(
            lambda: archive_records(many_ids, by=by())
        )
        assert queries(lambda: restore_records(few_ids, by=by())) == queries(
            lambda: restore_records(many_ids, by=by())
        )


def test_more_than_a_batch_is_done_in_batches_and_whole(monkeypatch):
    monkeypatch.setattr(services, "BATCH", 3)
    records = contacts(8)

    create_records(records, by=by())
    ids = [record.pk for record in records]
    assert archive_records(ids, by=by()) == ids
    assert not UniqueValue.objects.exists()
    assert restore_records(ids, by=by()) == ids

    assert UniqueValue.objects.count() == Contact.objects.live().count() == 8


# --- Possible duplicates ------------------------------------------------------------------------------


def duplicates(type_name: str, **values) -> list[Record]:
    return possible_duplicates(kind(type_name), values, None)


def test_alike_are_the_same_email_domain_or_beginning_of_a_name():
    ada = ContactFactory(firstname="Ada", lastname="Lovelace", email="ada@example.com")
    lodz = CompanyFactory(name="Łódź Tea", domain="lodz.example")

    assert duplicates("contacts", email=" ADA@Example.com ") == [ada]
    assert duplicates("contacts", firstname="ADA", lastname="love") == [ada]
    assert duplicates("companies", domain="http://WWW.lodz.example/x") == [lodz]
    assert duplicates("companies", name="lodz") == [lodz]


def test_what_is_too_short_archived_or_of_another_type_is_not_alike():
    archived = CompanyFactory(name="Acme", domain="acme.example")
    archive_records([archived.pk], by=by())
    DealFactory(dealname="Acme")

    assert duplicates("companies", name="Acme", domain="acme.example") == []
    assert duplicates("deals", dealname="ac") == duplicates("deals") == []


def test_the_same_email_comes_first_and_a_few_are_enough():
    CompanyFactory.create_batch(9, name="Acme", domain="")
    same = CompanyFactory(name="Zebra", domain="acme.example")

    found = duplicates("companies", name="Acme", domain="acme.example")

    assert found[0] == same
    assert len(found) == DUPLICATES_SHOWN
    assert Company.objects.count() == 10
