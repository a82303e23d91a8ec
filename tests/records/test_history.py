"""What history keeps of records: a snapshot after each change, by whom and from where, and nothing else."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from records import conversion, definition, schema
from records import services as record_services
from records.history import forget_if_empty, recorded
from records.models import Change, Contact, Deal, Record
from records.provenance import Origin
from records.ranks import move_card
from tests.factories import ContactFactory, DealFactory, TicketFactory, UserFactory, by

pytestmark = pytest.mark.django_db


def contacts():
    return schema.current().type("contacts")


def added(type_name, **properties):
    """Add properties to a type."""
    definition.apply({"objects": {type_name: {"groups": {"more": {"properties": properties}}}}})


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


def statements(work) -> int:
    with schema.pinned(), CaptureQueriesContext(connection) as captured:
        work()
    return len(captured)


@pytest.mark.parametrize("name", ["archive", "restore", "update", "move"])
def test_many_take_as_many_statements_as_few(name):
    kind = schema.current().type("deals")
    first, second = list(kind.stages.values())[:2]
    users = UserFactory.create_batch(3)
    few, many = (
        [DealFactory(dealstage=first, updated_by=users[place % 3]) for place in range(number)]
        for number in (3, 90)
    )

    def work(deals):
        ids = [deal.pk for deal in deals]
        if name == "update":
            record_services.update_records(kind, {pk: {"dealname": "New"} for pk in ids}, by=by())
        elif name == "move":
            record_services.move_between_stages(first, second, by=by())
        elif name == "archive":
            record_services.archive_records(ids, by=by())
        else:
            record_services.restore_records(ids, by=by())

    if name == "restore":
        Record.objects.update(archived_at=timezone.now())
    if name == "move":  # everything that stands there moves
        Deal.objects.filter(pk__in=[deal.pk for deal in many]).update(dealstage=list(kind.stages)[2])
    small = statements(lambda: work(few))
    if name == "move":
        Deal.objects.filter(pk__in=[deal.pk for deal in many]).update(dealstage=first)

    assert statements(lambda: work(many)) == small
    assert Deal.history.filter(change__isnull=False).count() == 93


def test_derived_values_are_not_kept():
    added("deals", double={"type": "number", "formula": "amount * 2"})
    deal = DealFactory(amount=4)

    deal = record_services.update_record(deal, {"amount": 5, "dealname": "Big"}, by=by())

    assert deal.properties["double"]
    assert [one.properties for one in deal.history.all()] == [{}, {}]


def test_values_of_added_properties_are_kept():
    added("contacts", shoe_size={"type": "number"})
    ada = record_services.create_record(contacts(), {"shoe_size": 38}, by=by())

    record_services.update_record(ada, {"shoe_size": None}, by=by())

    assert [one.properties for one in ada.history.all()] == [{}, {"shoe_size": 38}]


def test_a_change_of_many_records_is_a_bulk_change_and_one_of_one_is_not():
    one, *more = ContactFactory.create_batch(3)

    record_services.archive_records([one.pk], by=by())
    record_services.archive_records([other.pk for other in more], by=by())

    assert [change.kind for change in Change.objects.order_by("id")] == [Change.Kind.EDIT, Change.Kind.BULK]


def test_a_card_moved_within_its_stage_keeps_nothing_and_to_another_one_a_snapshot():
    kind = schema.current().type("deals")
    first, second = list(kind.stages.values())[:2]
    above, below = (
        record_services.create_record(kind, {"dealname": name, "dealstage": first}, by=by()) for name in "ab"
    )
    before = Change.objects.count()

    move_card(below, first, by=by(), before=above.pk)
    assert Change.objects.count() == before

    move_card(below, second, by=by())
    assert [one.dealstage for one in below.history.all()] == [second, first]


def test_another_type_of_a_property_is_one_change_of_those_whose_values_become_others():
    added("contacts", size={"type": "text"})
    numbers = [
        record_services.create_record(contacts(), {"size": text}, by=by()) for text in ("1", "2", "many")
    ]

    conversion.convert(contacts().properties["size"], "number", empty=True, by=by())

    change = Change.objects.first()
    assert (change.kind, change.summary) == (Change.Kind.BULK, "Size")
    assert [one.history.first().properties for one in numbers] == [{"size": 1}, {"size": 2}, {}]

    conversion.convert(contacts().properties["size"], "phonenumber", empty=False, by=by())
    before = Change.objects.count()
    conversion.convert(contacts().properties["size"], "text", empty=False, by=by())
    assert Change.objects.count() == before  # the same text as before


@pytest.mark.parametrize("what", ["nothing", "record", "undo"])
def test_a_change_without_anything_is_forgotten_and_no_other(what):
    author = recorded(by())
    if what == "record":
        record_services.create_record(contacts(), {"firstname": "Ada"}, by=author)
    if what == "undo":
        Change.objects.create(origin=Origin.PAGE, undoes=author.change)

    forget_if_empty(author.change)

    assert Change.objects.filter(pk=author.change.pk).exists() == (what != "nothing")
