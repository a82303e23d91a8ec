"""Administrators define the labels of two object types."""

from functools import partial

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from associations import label_settings, labels, services, type_pairs
from associations.label_settings import (
    archive_label,
    create_label,
    delete_label,
    known_labels,
    labels_in_use,
    move_label,
    restore_label,
    update_label,
)
from associations.labels import Word
from associations.models import AssociationLabel, AssociationLimit, Labelling
from associations.models.label import LABELS_PER_PAIR
from records import schema
from tests.factories import CompanyFactory, ContactFactory, DealFactory, by, make_limit

from .seen import words_of
from .test_concurrency import WORKERS, at_once

pytestmark = pytest.mark.django_db


def kind(name):
    return schema.current().type(name)


def create(from_type, to_type, label, inverse_label="", name=""):
    return create_label(kind(from_type), kind(to_type), label, inverse_label, name)


def seen(from_type, to_type):
    """Return the words that the pages of one type have for the records of another."""
    return [str(word) for word in labels.words(kind(from_type).pk, kind(to_type).pk)]


def problems(job, *args) -> dict:
    with pytest.raises(ValidationError) as refused:
        job(*args)
    return getattr(refused.value, "error_dict", {"__all__": refused.value.messages})


# --- New labels -------------------------------------------------------------------------------------


def test_a_single_label_reads_the_same_on_both_sides():
    label = create("deals", "contacts", "  Decision   maker ")

    assert (label.label, label.inverse_label, label.name) == ("Decision maker", "", "decision_maker")
    assert seen("deals", "contacts") == seen("contacts", "deals") == ["Decision maker"]


def test_a_paired_label_has_a_word_for_each_side():
    create("companies", "companies", "Parent company", "Child company")
    create("contacts", "companies", "Former employer", "Alumnus")

    assert seen("companies", "companies") == ["Parent company", "Child company"]
    assert seen("contacts", "companies") == ["Primary", "Former employer"]
    assert seen("companies", "contacts") == ["Primary", "Alumnus"]


def test_two_words_that_differ_only_in_case_make_a_single_label():
    assert create("contacts", "contacts", "Colleague", "COLLEAGUE").inverse_label == ""


def test_a_name_is_given_or_made_and_nobody_else_of_the_pair_has_it():
    assert create("deals", "contacts", "Buyer", name="who_buys").name == "who_buys"
    assert create("contacts", "deals", "Who buys").name == "who_buys_2"
    assert create("deals", "contacts", "买家").name == "label"
    assert set(problems(create, "contacts", "deals", "Somebody", "", "who_buys")) == {"name"}
    assert set(problems(create, "contacts", "deals", "Somebody", "", "who buys")) == {"name"}
    assert create("companies", "deals", "Buyer", name="who_buys").name == "who_buys"


@pytest.mark.parametrize(
    ("types", "label", "inverse_label", "refused"),
    [
        ("companies contacts", "bíller", "", "label"),  # on a company's page there is one
        ("contacts companies", "Client", "Other", "label"),
        ("contacts companies", "Other", "  biller", "inverse_label"),
        ("contacts companies", "Biller", "Client", ""),  # on the other sides the words are free
        ("contacts companies", "biller", "", "label"),  # a single one stands on both
        ("contacts companies", "Primary", "", "label"),
        ("contacts companies", "Other", "primary", "inverse_label"),
        ("contacts companies", "", "Other", "label"),
        ("contacts companies", "x" * 101, "", "label"),
        ("contacts companies", "Other", "y" * 101, "inverse_label"),
    ],
)
def test_words_are_new_on_each_side(types, label, inverse_label, refused):
    create("companies", "contacts", "Biller", "Client")  # what a contact is on a company's page, and back
    before = AssociationLabel.objects.count()
    job = partial(create, *types.split(), label, inverse_label)

    if refused:
        assert set(problems(job)) == {refused}
        assert AssociationLabel.objects.count() == before
    else:
        job()
        assert AssociationLabel.objects.count() == before + 1


def test_within_one_type_both_words_are_on_the_same_page():
    create("contacts", "contacts", "Manager", "Employee")

    assert set(problems(create, "contacts", "contacts", "employee")) == {"label"}
    assert set(problems(create, "contacts", "contacts", "Boss", "manager")) == {"inverse_label"}


def test_types_that_may_not_be_associated_get_no_label():
    type_pairs.set_allowed(kind("tickets"), kind("deals"), allowed=False)

    assert problems(create, "deals", "tickets", "Cause") == {
        "__all__": ["Deals and Tickets may not be associated."]
    }


def test_two_types_have_fifty_labels_besides_primary_and_archived_ones():
    first = create("contacts", "companies", "Word")
    for number in range(LABELS_PER_PAIR - 1):
        create("companies", "contacts", f"Word {number}")

    assert "50 labels" in problems(create, "contacts", "companies", "More")["__all__"][0]
    archive_label(first)
    create("contacts", "companies", "More")
    assert "50 labels" in problems(restore_label, first)["__all__"][0]


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_of_administrators_who_add_the_fiftieth_label_at_once_one_succeeds():
    for number in range(LABELS_PER_PAIR - 1):
        create("contacts", "deals", f"Word {number}")
    one, other = kind("contacts"), kind("deals")

    results = at_once(*(partial(create_label, one, other, f"Last {n}") for n in range(WORKERS)))

    assert sum(isinstance(result, ValidationError) for result in results) == WORKERS - 1, results
    assert label_settings.labels_between(one.pk, other.pk).count() == LABELS_PER_PAIR


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_of_administrators_who_add_the_same_word_at_once_one_succeeds():
    one, other = kind("contacts"), kind("deals")

    results = at_once(
        *(partial(create_label, *pair, "Buyer") for pair in [(one, other), (other, one)] * (WORKERS // 2))
    )

    assert sum(isinstance(result, ValidationError) for result in results) == WORKERS - 1, results


# --- Changes ----------------------------------------------------------------------------------------


def test_a_label_is_renamed_everywhere_at_once_and_keeps_its_name():
    label = create("deals", "contacts", "Decision maker")
    deal, ada = DealFactory(), ContactFactory()
    services.associate(deal, [ada.pk], by=by(), words={ada.pk: [Word(label)]})

    update_label(label, "Decides", "Decides about")

    assert words_of(deal) == {ada.pk: {"Decides"}}
    assert words_of(ada) == {deal.pk: {"Decides about"}}
    assert AssociationLabel.objects.get(pk=label.pk).name == "decision_maker"
    update_label(label, "decides")  # its own word is not in its way
    assert seen("contacts", "deals") == ["decides"]


def test_renaming_keeps_to_the_rules_of_new_labels():
    create("deals", "contacts", "Buyer")
    label = create("contacts", "deals", "User")

    assert set(problems(update_label, label, "buyer")) == {"label"}
    assert set(problems(update_label, label, "")) == {"label"}
    assert seen("deals", "contacts") == ["Buyer", "User"]


def test_within_a_type_one_word_and_two_are_exchanged_only_while_nothing_carries_the_label():
    label = create("contacts", "contacts", "Colleague")
    update_label(label, "Mentor", "Student")
    make_limit("contacts", "contacts", 3, label, inverse=True)
    update_label(label, "Friend")
    assert not AssociationLimit.objects.filter(label=label).exists()
    ada, bob = ContactFactory.create_batch(2)
    services.associate(ada, [bob.pk], by=by(), words={bob.pk: [Word(label)]})

    assert set(problems(update_label, label, "Mentor", "Student")) == {"inverse_label"}
    services.dissociate(ada, [bob.pk], by=by())  # history still tells of it
    assert set(problems(update_label, label, "Mentor", "Student")) == {"inverse_label"}
    update_label(label, "Buddy")
    assert seen("contacts", "contacts") == ["Buddy"]


def test_labels_are_ordered_across_both_directions_and_primary_stays_first():
    first = create("contacts", "companies", "First")
    second = create("companies", "contacts", "Second")
    create("contacts", "companies", "Third")

    move_label(second, up=True)
    assert seen("contacts", "companies") == ["Primary", "Second", "First", "Third"]
    move_label(second, up=True)
    assert seen("companies", "contacts") == ["Primary", "Second", "First", "Third"]
    move_label(first, up=False)
    assert seen("companies", "contacts") == ["Primary", "Second", "Third", "First"]


def test_the_primary_label_is_nobodys_to_change():
    primary = AssociationLabel.objects.filter(is_primary=True).first()

    for job in (
        partial(update_label, primary, "Main"),
        *map(partial, (archive_label, delete_label), [primary] * 2),
    ):
        assert "belongs to Kith" in problems(job)["__all__"][0]
    move_label(primary, up=False)
    assert seen("contacts", "companies") == ["Primary"]


# --- Archive, restore, delete -----------------------------------------------------------------------


def test_an_archived_label_cannot_be_given_and_comes_back_to_those_that_carry_it():
    label = create("deals", "contacts", "Buyer")
    make_limit("deals", "contacts", 1, label)
    deal, ada, bob = DealFactory(), *ContactFactory.create_batch(2)
    services.associate(deal, [ada.pk], by=by(), words={ada.pk: [Word(label)]})

    archive_label(label)
    assert seen("deals", "contacts") == []
    with pytest.raises(services.AssociationRefused, match="cannot have the label"):
        services.associate(deal, [bob.pk], by=by(), words={bob.pk: [Word(label)]})

    restore_label(label)
    assert words_of(deal) == {ada.pk: {"Buyer"}}
    with pytest.raises(services.AssociationRefused, match="already has a “Buyer”"):
        services.associate(deal, [bob.pk], by=by(), words={bob.pk: [Word(label)]})


def test_the_words_of_an_archived_label_are_free_but_not_its_name():
    label = create("deals", "contacts", "Buyer")
    archive_label(label)

    other = create("deals", "contacts", "Buyer")

    assert other.name == "buyer_2"
    assert set(problems(restore_label, label)) == {"label"}
    archive_label(other)
    restore_label(label)
    assert seen("deals", "contacts") == ["Buyer"]


def test_a_label_is_deleted_only_while_nothing_names_it():
    unused, used = create("deals", "contacts", "Unused"), create("deals", "contacts", "Used")
    make_limit("deals", "contacts", 2, unused)
    deal, ada = DealFactory(), ContactFactory()
    services.associate(deal, [ada.pk], by=by(), words={ada.pk: [Word(used)]})

    delete_label(unused)
    assert "can only be archived" in problems(delete_label, used)["__all__"][0]
    services.dissociate(deal, [ada.pk], by=by())
    assert "can only be archived" in problems(delete_label, used)["__all__"][0]
    assert seen("deals", "contacts") == ["Used"]
    assert "deleted meanwhile" in problems(update_label, unused, "x")["__all__"][0]


# --- What uses them ---------------------------------------------------------------------------------


def test_uses_of_all_labels_are_counted_by_one_query_up_to_a_bound(monkeypatch):
    used, unused = create("deals", "contacts", "Used"), create("deals", "contacts", "Unused")
    deal, contacts = DealFactory(), ContactFactory.create_batch(5)
    ids = [one.pk for one in contacts]
    services.associate(deal, ids, by=by(), words={pk: [Word(used)] for pk in ids})

    with CaptureQueriesContext(connection) as captured:
        assert labels_in_use([used.pk, unused.pk]) == {used.pk: 5, unused.pk: 0}
    assert len(captured) == 1
    monkeypatch.setattr(label_settings, "MANY_USES", 3)
    assert labels_in_use([used.pk]) == {used.pk: 4}
    assert Labelling.objects.filter(label=used).count() == 5


def test_a_new_label_is_served_by_every_worker_at_once(monkeypatch):
    before = schema.current()
    company, ada = CompanyFactory(), ContactFactory()
    create("contacts", "companies", "Billing contact")

    monkeypatch.setattr(schema, "_latest", before)
    assert "Billing contact" in [str(one) for one in labels.words(ada.object_type_id, company.object_type_id)]


def test_labels_that_are_carried_or_in_the_history_are_known_by_one_query():
    carried, told, unused = (create("deals", "contacts", word) for word in ("Carried", "Told", "Unused"))
    deal, ada = DealFactory(), ContactFactory()
    services.associate(deal, [ada.pk], by=by(), words={ada.pk: [Word(carried), Word(told)]})
    services.unlabel_pairs({(deal.pk, ada.pk): [Word(told)]}, by=by())
    Labelling.objects.filter(label=told).delete()

    with CaptureQueriesContext(connection) as captured:
        assert known_labels([carried.pk, told.pk, unused.pk]) == {carried.pk, told.pk}
    assert len(captured) == 1
