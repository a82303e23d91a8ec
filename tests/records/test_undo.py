"""Undoing a change: records, as one, with a word on what has changed since."""

import pytest

from associations import services as association_services
from records import schema
from records import services as record_services
from records.history import recorded
from records.models import Change, Record
from records.undo import UndoRefused, preview, undo
from tests.factories import CompanyFactory, ContactFactory, DealFactory, UserFactory, by

pytestmark = pytest.mark.django_db


def contacts():
    return schema.current().type("contacts")


def update(record, actor=None, **values) -> Change:
    """Change a record; return the change."""
    author = recorded(by(actor))
    record_services.update_record(record, values, by=author)
    return author.change


def live(record) -> bool:
    return Record.objects.live().filter(pk=record.pk).exists()


def test_properties_get_their_former_values_back():
    owner, ada = UserFactory(), ContactFactory(city="Rome", jobtitle="")
    change = update(ada, city="Oslo", jobtitle="Founder", hubspot_owner_id=owner)

    report = undo(change, by=by())

    ada.refresh_from_db()
    assert (ada.city, ada.jobtitle, ada.owner) == ("Rome", "", None)
    assert (report.lines, report.left) == (["1 record gets its former values back."], [])
    assert report.change.undoes == change


def test_a_property_that_was_changed_again_since_stays_and_is_named():
    ada = ContactFactory(firstname="Ada", lastname="L", city="Rome", jobtitle="")
    change = update(ada, city="Oslo", jobtitle="Founder")
    update(ada, city="Bern")

    foreseen = preview(change, by=by())
    report = undo(change, by=by())

    ada.refresh_from_db()
    assert (ada.city, ada.jobtitle) == ("Bern", "")
    assert foreseen.left == report.left == [("Ada L: City", "has been changed since")]


def test_a_preview_changes_nothing():
    ada = ContactFactory(city="Rome")
    change = update(ada, city="Oslo")
    before = Change.objects.count()

    assert preview(change, by=by()).lines == ["1 record gets its former values back."]

    ada.refresh_from_db()
    assert ada.city == "Oslo"
    assert Change.objects.count() == before


def test_stages_come_back_too():
    deal = DealFactory()
    first, second = list(deal.kind.stages.values())[:2]
    record_services.update_record(deal, {"dealstage": first}, by=by())
    change = update(deal, dealstage=second)

    undo(change, by=by())

    deal.refresh_from_db()
    assert deal.dealstage == first


def test_what_was_archived_is_restored_and_what_was_restored_is_archived():
    ada = ContactFactory()
    author = recorded(by())
    record_services.archive_records([ada.pk], by=author)

    undone = undo(author.change, by=by())
    assert live(ada)
    undo(undone.change, by=by())
    assert not live(ada)


def test_a_unique_value_taken_meanwhile_keeps_one_record_back_and_no_other():
    ada, bob = ContactFactory(firstname="Ada", lastname="L", email="ada@example.com"), ContactFactory()
    author = recorded(by())
    record_services.archive_records([ada.pk, bob.pk], by=author)
    ContactFactory(email="ada@example.com")

    report = undo(author.change, by=by())

    assert (live(ada), live(bob)) == (False, True)
    ((name, why),) = report.left
    assert name == "Ada L"
    assert "ada@example.com" in why


def test_created_records_are_archived_but_for_those_worked_on_since():
    author = recorded(by(), Change.Kind.IMPORT, "people.csv")
    people = [record_services.build_record(contacts(), {"firstname": f"P{n}"}, by=author) for n in range(4)]
    record_services.create_records(people, by=author)
    one, two, three, four = people
    update(two, city="Rome")
    association_services.associate(CompanyFactory(), [three.pk], by=by())

    report = undo(author.change, by=by())

    assert [live(person) for person in (one, two, three, four)] == [False, True, True, False]
    assert report.left == [
        ("P1", "has been worked on since it was created"),
        ("P2", "has been worked on since it was created"),
    ]


def test_records_and_associations_of_one_change_go_together():
    acme, ada = CompanyFactory(), ContactFactory()
    author = recorded(by())
    created, _report = association_services.create_associated(
        acme, contacts(), {"firstname": "Eve"}, by=author
    )
    association_services.associate(acme, [ada.pk], by=author)

    undo(author.change, by=by())

    assert not live(created)
    assert not association_services.Association.objects.exists()


def test_a_change_is_undone_once_and_the_undo_can_be_undone():
    ada = ContactFactory(city="Rome")
    change = update(ada, city="Oslo")
    undone = undo(change, by=by())

    with pytest.raises(UndoRefused):
        undo(change, by=by())
    undo(undone.change, by=by())

    ada.refresh_from_db()
    assert ada.city == "Oslo"


def test_nothing_left_to_undo_writes_nothing_so_that_it_can_be_tried_again():
    ada = ContactFactory(city="Rome")
    change = update(ada, city="Oslo")
    record_services.archive_records([ada.pk], by=by())
    before = Change.objects.count()

    assert undo(change, by=by()).lines == []
    assert Change.objects.count() == before

    record_services.restore_records([ada.pk], by=by())
    assert undo(change, by=by()).lines


def test_undoing_many_takes_as_many_statements_as_undoing_few(django_assert_max_num_queries):
    for number in (2, 20):
        people = ContactFactory.create_batch(number)
        author = recorded(by())
        changes = {person.pk: {"city": "Rome"} for person in people}
        record_services.update_records(contacts(), changes, by=author)
        with schema.pinned(), django_assert_max_num_queries(110) as captured:
            assert undo(author.change, by=by()).done["reverted"] == number
        if number == 2:
            few = len(captured)
        else:
            assert len(captured) == few


def test_the_page_shows_what_would_happen_and_does_it(signed_in, user):
    ada = ContactFactory(firstname="Ada", lastname="L", city="Rome", jobtitle="")
    change = update(ada, user, city="Oslo", jobtitle="Founder")
    update(ada, city="Bern")
    url = f"/history/{change.pk}/undo/"

    page = signed_in.get(url)
    assert "1 record gets its former values back." in page.text
    assert "Ada L: City" in page.text

    response = signed_in.post(url, {"back": ada.get_absolute_url()}, follow=True)
    assert "stays as it is" in response.text
    ada.refresh_from_db()
    assert (ada.city, ada.jobtitle) == ("Bern", "")
    again = signed_in.post(url)
    assert again.status_code == 409
    assert "This has been undone already." in again.text


def test_only_administrators_undo_what_others_did(signed_in, admin_client):
    ada = ContactFactory(city="Rome")
    change = update(ada, UserFactory(), city="Oslo")
    url = f"/history/{change.pk}/undo/"

    assert signed_in.get(url).status_code == signed_in.post(url).status_code == 404
    ada.refresh_from_db()
    assert ada.city == "Oslo"

    admin_client.post(url)
    ada.refresh_from_db()
    assert ada.city == "Rome"
