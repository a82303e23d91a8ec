"""The primary company of a contact, a deal or a ticket: at most one, and never handed on in silence."""

import pytest
from django.db import IntegrityError, transaction

from associations import services
from associations.labels import Word, primary_word
from associations.models import Association, Labelling
from associations.services import AssociationRefused
from records import schema
from records.services import archive_records
from records.undo import undo
from tests.factories import CompanyFactory, ContactFactory, DealFactory, TicketFactory, by, make_limit

from .seen import primary_of, words_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada():
    """A contact who may have several companies."""
    make_limit("contacts", "companies", 5)
    return ContactFactory(firstname="Ada", lastname="L")


def primary(record) -> Word:
    """Return the word "Primary" on the page of a record."""
    found = primary_word(record.object_type_id, schema.current().type("companies").pk)
    assert found
    return found


@pytest.mark.parametrize("factory", [ContactFactory, DealFactory, TicketFactory])
def test_the_first_company_becomes_primary_from_whichever_side_it_is_added(factory):
    one, other, acme = factory(), factory(), CompanyFactory()

    services.associate(one, [acme.pk], by=by())
    services.associate(acme, [other.pk], by=by())

    assert primary_of(one) == primary_of(other) == acme.pk
    assert words_of(one) == {acme.pk: {"Primary"}}
    assert words_of(acme) == {one.pk: {"Primary"}, other.pk: {"Primary"}}


def test_a_company_has_no_primary_company():
    parent, child = CompanyFactory.create_batch(2)

    services.associate(child, [parent.pk], by=by())

    assert words_of(child) == {parent.pk: set()}


def test_a_second_company_does_not_become_primary(ada):
    acme, beta = CompanyFactory.create_batch(2)
    services.associate(ada, [acme.pk], by=by())

    services.associate(ada, [beta.pk], by=by())

    assert primary_of(ada) == acme.pk


def test_of_several_first_companies_the_first_one_named_is_primary(ada):
    acme, beta, gamma = CompanyFactory.create_batch(3)

    services.associate_pairs([(ada.pk, beta.pk), (ada.pk, acme.pk), (ada.pk, gamma.pk)], by=by())

    assert primary_of(ada) == beta.pk


def test_of_several_first_companies_the_one_that_is_said_is_primary(ada):
    acme, beta = CompanyFactory.create_batch(2)

    services.associate(ada, [acme.pk, beta.pk], by=by(), words={beta.pk: [primary(ada)]})

    assert primary_of(ada) == beta.pk


def test_setting_another_moves_it_and_says_from_where(ada):
    acme, beta = CompanyFactory.create_batch(2)
    services.associate(ada, [acme.pk, beta.pk], by=by())

    report = services.label_pairs({(beta.pk, ada.pk): [primary(ada).reversed]}, by=by())

    assert primary_of(ada) == beta.pk
    (moved,) = report.outcomes[0].moved
    assert (moved.from_id, moved.to_id) == (ada.pk, acme.pk)
    undo(report.change, by=by())
    assert primary_of(ada) == acme.pk


def test_two_primary_companies_at_once_are_refused(ada):
    acme, beta = CompanyFactory(name="Acme"), CompanyFactory()
    chosen = {acme.pk: [primary(ada)], beta.pk: [primary(ada)]}

    with pytest.raises(AssociationRefused) as refused:
        services.associate(ada, [acme.pk, beta.pk], by=by(), words=chosen)

    assert str(refused.value) == "Ada L can have only one primary company, and Acme is chosen as well."
    assert not Association.objects.exists()


def test_removing_the_primary_one_makes_nobody_primary_and_says_who_is_next(ada):
    acme, beta, gamma = CompanyFactory.create_batch(3)
    services.associate_pairs([(ada.pk, pk) for pk in (acme.pk, beta.pk, gamma.pk)], by=by())

    removal = services.dissociate(ada, [acme.pk], by=by())

    assert primary_of(ada) is None
    (lost,) = services.successors(removal.associations)
    assert (lost.holder, lost.was, lost.next) == (
        ada.record_ptr,
        acme.record_ptr,
        beta.record_ptr,
    )
    assert services.successors(services.dissociate(ada, [gamma.pk], by=by()).associations) == []


def test_taking_off_the_label_makes_nobody_primary_and_says_who_is_next(ada):
    acme, beta = CompanyFactory.create_batch(2)
    services.associate(ada, [acme.pk, beta.pk], by=by())

    gone = services.unlabel_pairs({(ada.pk, acme.pk): [primary(ada)]}, by=by())

    assert primary_of(ada) is None
    (lost,) = services.successors(gone)
    assert lost.next == acme.record_ptr  # the oldest of those that there are
    assert primary_of(ada) is None


def test_after_the_last_company_went_the_next_first_one_is_primary():
    ada, acme, beta = ContactFactory(), CompanyFactory(), CompanyFactory()
    services.associate(ada, [acme.pk], by=by())

    services.associate(ada, [beta.pk], by=by(), replacing=[(ada.pk, acme.pk)])

    assert primary_of(ada) == beta.pk


def test_an_archived_primary_company_stays_primary(ada):
    acme, beta = CompanyFactory.create_batch(2)
    services.associate(ada, [acme.pk], by=by())
    archive_records([acme.pk], by=by())

    services.associate(ada, [beta.pk], by=by())

    assert primary_of(ada) == acme.pk
    assert Association.objects.primary_for_each([ada.pk], acme.object_type_id) == {ada.pk: beta.pk}


def test_undo_does_not_take_the_place_of_a_company_that_became_primary_meanwhile(ada):
    acme, beta = CompanyFactory.create_batch(2)
    services.associate(ada, [acme.pk], by=by())
    removal = services.dissociate(ada, [acme.pk], by=by())
    services.associate(ada, [beta.pk], by=by())

    report = undo(removal.change, by=by())

    assert primary_of(ada) == beta.pk
    assert set(words_of(ada)) == {acme.pk, beta.pk}
    assert report.left == [(f"{ada} ↔ {acme}", "Ada L has another primary company now")]


def test_lists_and_synced_values_read_the_primary_one_first(ada):
    acme, beta, gamma = CompanyFactory.create_batch(3)
    services.associate_pairs([(ada.pk, pk) for pk in (acme.pk, beta.pk, gamma.pk)], by=by())
    services.label_pairs({(ada.pk, gamma.pk): [primary(ada)]}, by=by())
    rows = Association.objects

    assert rows.first_for_each([ada.pk], acme.object_type_id) == {ada.pk: [gamma.pk, acme.pk]}
    assert rows.primary_for_each([ada.pk], acme.object_type_id) == {ada.pk: gamma.pk}
    archive_records([gamma.pk], by=by())
    assert rows.first_for_each([ada.pk], acme.object_type_id) == {ada.pk: [acme.pk, beta.pk]}


def test_the_database_itself_lets_nobody_have_two(ada):
    acme, beta = CompanyFactory.create_batch(2)
    services.associate(ada, [acme.pk, beta.pk], by=by())
    other = Association.objects.get(record_a=min(ada.pk, beta.pk), record_b=max(ada.pk, beta.pk))

    with pytest.raises(IntegrityError), transaction.atomic():
        Labelling.objects.create(
            association=other,
            label=primary(ada).label,
            from_record_id=ada.pk,
            to_record_id=beta.pk,
            is_primary=True,
        )
