"""After a record is erased nothing in the whole database tells of it, and what others had from it is gone."""

import json
from functools import partial

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from associations import services
from associations.labels import words
from associations.models import Association, AssociationEvent, Labelling
from records import definition, erasing, schema
from records.history import recorded
from records.models import (
    Attachment,
    Change,
    Company,
    Contact,
    Deal,
    DuplicatePair,
    Erasure,
    Record,
    SavedView,
)
from records.services import archive_records, restore_records, update_record
from tests.factories import CompanyFactory, ContactFactory, DealFactory, TicketFactory, UserFactory, by
from tests.records.test_attachments import attach, stored
from tests.records.test_erasing import counted

from . import deriving
from .test_concurrency import at_once

PRIVACY = Erasure.Kind.PRIVACY
MARKS = ("zoë", "zo\\u00eb", "quillfeather", "zq@secret.example", "555-8731")


def found_in_database() -> list[str]:
    """Return each table and column of the whole database in which any of MARKS stands."""
    places = []
    with connection.cursor() as cursor:
        tables = [
            table for table in connection.introspection.table_names(cursor) if table != "sqlite_sequence"
        ]
        for table in tables:
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            columns = [column[0] for column in cursor.description]
            for row in cursor.fetchall():
                places += [
                    f"{table}.{column}: {value}"
                    for column, value in zip(columns, row, strict=True)
                    if any(mark in str(value).casefold() for mark in MARKS)
                ]
    return sorted(places)


def define_derived() -> None:
    """A deal's text that comes from its contact, a company's from its deals; and a label of a pair."""
    deriving.define()
    definition.apply(
        {
            "objects": {
                "deals": {
                    "groups": {
                        "derived": {
                            "properties": {
                                "who": {"synced": {"from": "contacts", "property": "lastname"}},
                                "greeting": {"formula": 'concat("Dear ", who)', "type": "text"},
                            }
                        }
                    }
                },
                "tickets": {
                    "groups": {
                        "derived": {
                            "properties": {"whom": {"synced": {"from": "deals", "property": "greeting"}}}
                        }
                    }
                },
            }
        }
    )


@pytest.fixture
def zoe(db):
    """A contact with everything that a contact can have."""
    define_derived()
    user = UserFactory()
    zoe = ContactFactory(
        firstname="Zoë", lastname="Quillfeather", email="zq@secret.example", phone="555-8731"
    )
    update_record(zoe, {"jobtitle": "Poet"}, by=by(user))
    attach(zoe, SimpleUploadedFile("CV of Zoë Quillfeather.txt", b"zq@secret.example"), actor=user)
    acme, deal, gone = CompanyFactory(), DealFactory(), DealFactory()
    ticket = TicketFactory()
    services.associate(zoe, [acme.pk, deal.pk, gone.pk], by=by(user))
    services.associate(deal, [ticket.pk], by=by(user))
    services.dissociate(zoe, [TicketFactory().pk], by=by(user))
    chosen = words(zoe.object_type_id, acme.object_type_id)
    if chosen:
        services.set_words(zoe, acme.pk, chosen[:1], by=by(user))
    # Archived with what it had from the contact.
    archive_records([gone.pk], by=by(user))
    twin = ContactFactory(firstname="Zoë", lastname="Quillfeather", email="")
    change = recorded(by(user), Change.Kind.MERGE, "Merged Zoë Quillfeather into Zoë Quillfeather")
    for record in (zoe, twin, acme):
        update_record(record, {"city": "Łódź"}, by=change)
    archive_records([twin.pk], by=by(user))
    Record.objects.filter(pk=twin.pk).update(merged_into=zoe)
    other = ContactFactory()
    DuplicatePair.objects.create(
        object_type_id=zoe.object_type_id, record_a=zoe, record_b=other, score=90, reason="name"
    )
    SavedView.objects.create(
        object_type_id=deal.object_type_id,
        name="Deals of Zoë Quillfeather",
        query=f"associated_with={zoe.pk}",
        owner=user,
    )
    SavedView.objects.create(
        object_type_id=deal.object_type_id, name="Another's", query=f"associated_with={zoe.pk}1", owner=user
    )
    log(user, Contact, zoe.pk, "Zoë Quillfeather")
    log(user, Association, 10**6, f"Zoë Quillfeather ↔ {acme}")
    added = [{"added": {"name": "association", "object": f"{acme} ↔ Zoë Quillfeather: Friend"}}]
    log(user, Company, acme.pk, str(acme), added)
    log(user, Company, acme.pk, str(acme), [{"changed": {"fields": ["Name"]}}])
    return zoe


def log(user, model, pk, shown, message=()) -> None:
    """Write what Django's admin would write down."""
    LogEntry.objects.create(
        user=user,
        content_type=ContentType.objects.get_for_model(model),
        object_id=str(pk),
        object_repr=shown,
        action_flag=CHANGE,
        change_message=json.dumps(message),
    )


def test_nothing_in_the_whole_database_or_storage_tells_of_an_erased_contact(
    zoe, django_capture_on_commit_callbacks
):
    attached = set(Attachment.objects.values_list("file", flat=True))
    assert attached
    assert attached <= stored()
    places = {place.partition(":")[0] for place in found_in_database()}
    assert {
        "records_record.display_name",
        "records_record.search_text",
        "records_record.properties",
        "records_contact.phone",
        "records_uniquevalue.value",
        "records_savedview.name",
        "django_admin_log.object_repr",
        "django_admin_log.change_message",
        "records_change.summary",
        "records_attachment.name",
    } <= places

    with django_capture_on_commit_callbacks(execute=True):
        erasing.erase([zoe.pk], by=by(), kind=PRIVACY, reason="Request 7")

    assert found_in_database() == []
    assert attached.isdisjoint(stored())
    assert SavedView.objects.get().name == "Another's"
    assert LogEntry.objects.count() == 1
    assert not Association.objects.of(zoe.pk).exists()
    assert not Labelling.objects.exists()
    assert not DuplicatePair.objects.exists()
    assert not AssociationEvent.objects.filter(record_a=zoe.pk).exists()
    connection.check_constraints()


def test_what_others_had_from_it_is_worked_out_anew_in_archived_ones_too(zoe):
    held = [deal.properties.get("greeting") for deal in Deal.objects.all()]
    assert held == ["Dear Quillfeather"] * 2

    erasing.erase([zoe.pk], by=by(), kind=PRIVACY)

    assert all("Quillfeather" not in str(record.properties) for record in Record.objects.all())
    gone = Deal.objects.get(archived_at__isnull=False)
    restore_records([gone.pk], by=by())
    assert "Quillfeather" not in str(Deal.objects.get(pk=gone.pk).properties)


def test_an_archived_record_holds_no_unique_value_for_being_worked_out_anew(zoe):
    gone = Deal.objects.get(archived_at__isnull=False)

    erasing.erase([zoe.pk], by=by(), kind=PRIVACY)

    assert not gone.unique_claims.exists()


@pytest.mark.django_db
def test_its_counts_say_what_went():
    ada, acme, deal = ContactFactory(), CompanyFactory(), DealFactory()
    services.associate(ada, [acme.pk, deal.pk], by=by())

    (erasure,) = erasing.erase([ada.pk], by=by(), kind=PRIVACY)

    assert erasure.counts["association"] == 2
    assert erasure.counts["associationevent"] >= 2
    assert erasure.counts["labelling"] == 1  # primary
    assert (2, "associations") in [(number, str(name)) for name, number in erasure.went]
    assert Record.objects.filter(pk__in=[acme.pk, deal.pk]).count() == 2


@pytest.mark.django_db
def test_a_thousand_with_associations_take_as_many_statements_as_ten():
    deriving.define(["deal_count"])
    erasing.erase([ContactFactory().pk], by=by(), kind=PRIVACY)

    def statements(number) -> int:
        deals = DealFactory.create_batch(number)
        companies = CompanyFactory.create_batch(5)
        pairs = [(deal.pk, companies[place % 5].pk) for place, deal in enumerate(deals)]
        services.associate_pairs(pairs, by=by())
        with schema.pinned(), CaptureQueriesContext(connection) as captured:
            erasing.erase([deal.pk for deal in deals], by=by(), kind=PRIVACY)
        assert {company.properties["deal_count"] for company in Company.objects.all()} == {0}
        return counted(captured)

    assert statements(10) == statements(1_000)


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_of_erasing_and_associating_at_once_neither_leaves_half_an_association():
    for _round in range(5):
        ada, deals = ContactFactory(), DealFactory.create_batch(6)
        results = at_once(
            *(partial(services.associate, deal, [ada.pk], by=by()) for deal in deals),
            partial(erasing.erase, [ada.pk], by=by(), kind=PRIVACY),
        )

        failures = [one for one in results if isinstance(one, Exception)]
        assert all(isinstance(one, services.AssociationRefused) for one in failures), failures
        assert not Record.objects.filter(pk=ada.pk).exists()
        assert not Association.objects.of(ada.pk).exists()
        connection.check_constraints()


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_of_restoring_and_deleting_at_once_one_happens():
    for _round in range(5):
        ada = ContactFactory()
        archive_records([ada.pk], by=by())

        restored, erased = at_once(
            partial(restore_records, [ada.pk], by=by()),
            partial(erasing.erase, [ada.pk], by=by(), kind=Erasure.Kind.MANUAL),
        )

        assert bool(restored) != bool(erased)
        assert Record.objects.filter(pk=ada.pk, archived_at=None).exists() == bool(restored)
