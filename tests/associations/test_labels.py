"""Labels on associations: two-way, any number of them, never without the association."""

import pytest
from django.utils import timezone

from associations import services
from associations.labels import Word, words
from associations.models import Association, Labelling
from associations.services import AssociationRefused, Reason, Status
from records import schema
from records.services import archive_records, restore_records
from records.undo import undo
from tests.factories import CompanyFactory, ContactFactory, DealFactory, by, make_label

from .seen import words_of

pytestmark = pytest.mark.django_db


def test_a_single_label_reads_the_same_on_both_pages():
    colleague = Word(make_label("contacts", "contacts", "Colleague"))
    ada, bob = ContactFactory.create_batch(2)

    services.associate(ada, [bob.pk], by=by(), words={bob.pk: [colleague]})

    assert words_of(ada) == {bob.pk: {"Colleague"}}
    assert words_of(bob) == {ada.pk: {"Colleague"}}


@pytest.mark.parametrize("older_is_manager", [True, False])
def test_a_paired_label_reads_as_its_other_word_on_the_other_page(older_is_manager):
    label = make_label("contacts", "contacts", "Manager", "Employee")
    older, younger = ContactFactory.create_batch(2)

    services.associate(
        older, [younger.pk], by=by(), words={younger.pk: [Word(label, inverse=older_is_manager)]}
    )

    boss, other = (older, younger) if older_is_manager else (younger, older)
    assert words_of(boss) == {other.pk: {"Employee"}}
    assert words_of(other) == {boss.pk: {"Manager"}}


def test_a_label_between_two_types_can_be_given_from_either_side():
    label = make_label("companies", "contacts", "Billing contact", "Billed company")
    contacts, companies = (schema.current().type(name).pk for name in ("contacts", "companies"))
    ada, acme = ContactFactory(), CompanyFactory()
    (from_acme,) = words(companies, contacts)[1:]
    (from_ada,) = words(contacts, companies)[1:]
    assert (str(from_acme), str(from_ada)) == ("Billing contact", "Billed company")
    assert (from_acme.label, from_ada.reversed) == (label, from_acme)

    services.associate(ada, [acme.pk], by=by(), words={acme.pk: [from_ada]})
    report = services.associate(acme, [ada.pk], by=by(), words={ada.pk: [from_acme]})

    assert [one.status for one in report.outcomes] == [Status.ALREADY]
    assert words_of(acme) == {ada.pk: {"Billing contact", "Primary"}}
    assert words_of(ada) == {acme.pk: {"Billed company", "Primary"}}


def test_associating_again_adds_labels_and_takes_none_off():
    one, two = (Word(make_label("deals", "contacts", name)) for name in ("Decision maker", "Champion"))
    deal, ada = DealFactory(), ContactFactory()
    services.associate(deal, [ada.pk], by=by(), words={ada.pk: [one]})

    report = services.associate(ada, [deal.pk], by=by(), words={deal.pk: [two.reversed]})

    assert [outcome.status for outcome in report.outcomes] == [Status.LABELLED]
    assert words_of(deal) == {ada.pk: {"Decision maker", "Champion"}}
    assert Association.objects.count() == 1


def test_taking_a_label_off_leaves_the_association_and_its_other_labels():
    one, two = (Word(make_label("deals", "contacts", name)) for name in ("Decision maker", "Champion"))
    deal, ada = DealFactory(), ContactFactory()
    services.associate(deal, [ada.pk], by=by(), words={ada.pk: [one, two]})

    gone = services.unlabel_pairs({(ada.pk, deal.pk): [one.reversed]}, by=by())
    again = services.unlabel_pairs({(deal.pk, ada.pk): [one]}, by=by())

    assert (len(gone), len(again)) == (1, 0)
    assert words_of(ada) == {deal.pk: {"Champion"}}


def test_dissociating_takes_the_labels_along_and_undo_brings_them_back():
    label = make_label("contacts", "contacts", "Manager", "Employee")
    ada, bob = ContactFactory.create_batch(2)
    services.associate(bob, [ada.pk], by=by(), words={ada.pk: [Word(label)]})
    before = words_of(ada), words_of(bob)

    removal = services.dissociate(ada, [bob.pk], by=by())
    assert not Labelling.objects.exists()
    report = undo(removal.change, by=by())

    assert not report.left
    assert (words_of(ada), words_of(bob)) == before


def test_what_is_not_associated_cannot_be_labelled():
    word = Word(make_label("deals", "contacts", "Champion"))
    deal, ada = DealFactory(), ContactFactory()

    with pytest.raises(AssociationRefused) as refused:
        services.label_pairs({(deal.pk, ada.pk): [word]}, by=by())

    assert refused.value.report.refused[0].reason == Reason.NOT_ASSOCIATED
    assert not Association.objects.exists()


def test_a_label_of_other_types_or_an_archived_one_is_refused_and_nothing_is_written():
    foreign = make_label("deals", "contacts", "Champion")
    archived = make_label("contacts", "contacts", "Old")
    archived.archived_at = timezone.now()
    archived.save()
    ada, bob = ContactFactory.create_batch(2)

    for label in (foreign, archived):
        with pytest.raises(AssociationRefused) as refused:
            services.associate(ada, [bob.pk], by=by(), words={bob.pk: [Word(label)]})
        assert refused.value.report.refused[0].reason == Reason.LABEL
        assert str(label) in str(refused.value)
    assert not Association.objects.exists()


def test_setting_the_words_of_a_card_adds_and_takes_off_in_one_change():
    one, two, three = (Word(make_label("deals", "contacts", name)) for name in "ABC")
    deal, ada = DealFactory(), ContactFactory()
    services.associate(deal, [ada.pk], by=by(), words={ada.pk: [one, two]})

    report = services.set_words(deal, ada.pk, [two, three], by=by())

    assert words_of(deal) == {ada.pk: {"B", "C"}}
    undo(report.change, by=by())
    assert words_of(deal) == {ada.pk: {"A", "B"}}


def test_setting_the_words_that_a_card_has_is_no_change():
    word = Word(make_label("deals", "contacts", "A"))
    deal, ada = DealFactory(), ContactFactory()
    services.associate(deal, [ada.pk], by=by(), words={ada.pk: [word]})

    assert services.set_words(deal, ada.pk, [word], by=by()).change is None


def test_labels_of_an_archived_record_come_back_with_it():
    word = Word(make_label("deals", "contacts", "Champion"))
    deal, ada = DealFactory(), ContactFactory()
    services.associate(deal, [ada.pk], by=by(), words={ada.pk: [word]})

    archive_records([ada.pk], by=by())
    assert words_of(deal) == {}
    restore_records([ada.pk], by=by())

    assert words_of(deal) == {ada.pk: {"Champion"}}


def test_many_labels_take_as_many_statements_as_few(django_assert_num_queries):
    word = Word(make_label("deals", "contacts", "Champion"))
    for number in (2, 100):
        deal, contacts = DealFactory(), ContactFactory.create_batch(number)
        wanted = {(deal.pk, contact.pk): [word] for contact in contacts}
        services.associate_pairs(list(wanted), by=by())
        with schema.pinned(), django_assert_num_queries(9):
            assert len(services.label_pairs(wanted, by=by()).labelled) == number
        with schema.pinned(), django_assert_num_queries(7):
            assert len(services.unlabel_pairs(wanted, by=by())) == number
