"""What history keeps of records: a snapshot after each change, by whom and from where, and nothing else."""

import pytest

from records import schema
from records import services as record_services
from records.history import recorded
from records.models import Change, Contact
from records.provenance import Origin
from tests.factories import ContactFactory, DealFactory, TicketFactory, UserFactory, by

pytestmark = pytest.mark.django_db


def contacts():
    return schema.current().type("contacts")


def test_a_new_record_has_one_snapshot_with_who_and_whence():
    user = UserFactory()

    ada = record_services.create_record(contacts(), {"firstname": "Ada"}, by=by(user, Origin.API))

    (snapshot,) = ada.history.all()
    assert (snapshot.history_type, snapshot.firstname, snapshot.history_user) == ("+", "Ada", user)
    assert (snapshot.change.actor, snapshot.change.origin) == (user, Origin.API)
    assert snapshot.history_date == snapshot.change.at


def test_a_change_keeps_what_it_made_of_the_record():
    ada = record_services.create_record(contacts(), {"firstname": "Ada"}, by=by())

    record_services.update_record(ada, {"firstname": "Augusta"}, by=by())

    assert [(one.history_type, one.firstname) for one in ada.history.all()] == [
        ("~", "Augusta"),
        ("+", "Ada"),
    ]
    assert Change.objects.count() == 2


def test_saving_the_same_values_keeps_nothing():
    ada = record_services.create_record(contacts(), {"firstname": "Ada"}, by=by())

    record_services.update_record(ada, {"firstname": "Ada"}, by=by())
    record_services.update_records(contacts(), {ada.pk: {"firstname": "Ada"}}, by=by())

    assert ada.history.count() == Change.objects.count() == 1


def test_what_a_record_was_like_before_history_was_kept_is_kept_with_its_first_change():
    ada = ContactFactory(firstname="Ada")  # past the services

    record_services.update_records(contacts(), {ada.pk: {"firstname": "Augusta"}}, by=by())

    new, old = ada.history.all()
    assert (old.history_type, old.firstname, old.change) == ("+", "Ada", None)
    assert (new.history_type, new.firstname) == ("~", "Augusta")
    assert new.change is not None


def test_many_records_changed_at_once_are_one_change():
    people = ContactFactory.create_batch(30)

    record_services.update_records(contacts(), {one.pk: {"city": "Rome"} for one in people}, by=by())

    (change,) = Change.objects.all()
    assert Contact.history.filter(change=change, city="Rome").count() == 30


def test_several_calls_under_one_change_belong_together():
    ada, deal = ContactFactory(), DealFactory()
    one = recorded(by(), Change.Kind.BULK, "Both")

    record_services.update_record(ada, {"city": "Rome"}, by=one)
    record_services.archive_records([deal.pk], by=one)

    assert Change.objects.get() == one.change
    assert ada.history.filter(change=one.change).count() == 1
    assert deal.history.filter(change=one.change, archived_at__isnull=False).count() == 1


def test_archiving_and_restoring_are_kept_for_each_type():
    records = [ContactFactory(), DealFactory(), TicketFactory()]
    ids = [record.pk for record in records]

    record_services.archive_records(ids, by=by())
    record_services.restore_records(ids, by=by())
    record_services.restore_records(ids, by=by())  # nothing is left to restore

    for record in records:
        assert [bool(one.archived_at) for one in record.history.all()] == [False, True, False]
    assert Change.objects.count() == 2


def test_moving_all_records_of_a_stage_is_kept():
    kind = schema.current().type("deals")
    source, target = list(kind.stages.values())[:2]
    deals = DealFactory.create_batch(3, dealstage=source)

    record_services.move_between_stages(source, target, by=by())

    assert all([one.dealstage_id for one in deal.history.all()] == [target.pk, source.pk] for deal in deals)


def test_the_snapshots_of_a_record_go_with_it():
    ada = record_services.create_record(contacts(), {"firstname": "Ada"}, by=by())

    ada.delete()

    assert not Contact.history.exists()


def test_a_refused_change_keeps_nothing():
    record_services.create_record(contacts(), {"email": "ada@example.com"}, by=by())
    bob = record_services.create_record(contacts(), {"email": "bob@example.com"}, by=by())
    before = Change.objects.count()

    with pytest.raises(record_services.ValidationError):
        record_services.update_record(bob, {"email": "Ada@example.com"}, by=by())

    assert bob.history.count() == 1
    assert Change.objects.count() == before
