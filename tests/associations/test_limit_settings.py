"""Administrators limit how many records of a type, or with a label, a record of another may have."""

from functools import partial

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from associations import services
from associations.excess import PAGE, exceeding, numbers_exceeding
from associations.label_settings import archive_label, restore_label
from associations.labels import Word
from associations.limit_settings import Bound, bounds, limits_between, set_limit, set_limits
from associations.models import AssociationLabel, AssociationLimit
from records import schema
from records.paging import BadCursor
from records.services import archive_records
from tests.factories import CompanyFactory, ContactFactory, DealFactory, by, make_label

from .test_concurrency import WORKERS, at_once

pytestmark = pytest.mark.django_db


def kind(name):
    return schema.current().type(name)


def bound(from_type, to_type, word=None) -> Bound:
    return Bound(kind(from_type), kind(to_type), word)


def stored() -> set:
    """Return all limits but the one that every installation begins with."""
    rows = AssociationLimit.objects.values_list(
        "from_type__name", "to_type__name", "label__label", "inverse", "maximum"
    )
    return set(rows) - {("contacts", "companies", None, False, 1)}


def problems(job, *args) -> dict[str, list[str]]:
    with pytest.raises(ValidationError) as refused:
        job(*args)
    return refused.value.message_dict


# --- Set --------------------------------------------------------------------------------------------


def test_each_direction_has_its_own_limit():
    set_limit(kind("deals"), kind("contacts"), 3)
    set_limit(kind("contacts"), kind("deals"), 7)

    assert stored() == {("deals", "contacts", None, False, 3), ("contacts", "deals", None, False, 7)}
    set_limit(kind("deals"), kind("contacts"), 4)
    set_limit(kind("contacts"), kind("deals"), None)
    assert stored() == {("deals", "contacts", None, False, 4)}


def test_a_label_has_a_limit_for_each_of_its_ends():
    label = make_label("deals", "contacts", "Decision maker")
    set_limit(kind("deals"), kind("contacts"), 1, Word(label))
    set_limit(kind("contacts"), kind("deals"), 5, Word(label, inverse=True))

    assert stored() == {
        ("deals", "contacts", "Decision maker", False, 1),
        ("contacts", "deals", "Decision maker", True, 5),
    }
    deal, ada, bob = DealFactory(), *ContactFactory.create_batch(2)
    services.associate(deal, [ada.pk], by=by(), words={ada.pk: [Word(label)]})
    with pytest.raises(services.AssociationRefused, match="already has a “Decision maker”"):
        services.associate(bob, [deal.pk], by=by(), words={deal.pk: [Word(label, inverse=True)]})


def test_what_can_be_limited_stands_once_where_it_reads_the_same_both_ways():
    make_label("contacts", "contacts", "Colleague")
    make_label("contacts", "contacts", "Manager", "Employee")
    make_label("contacts", "companies", "Billing contact")

    def named(one, other):
        return [str(found.word or found.from_type.name) for found in bounds(kind(one), kind(other))]

    assert named("contacts", "contacts") == ["contacts", "Colleague", "Manager", "Employee"]
    assert named("contacts", "companies") == ["contacts", "companies", "Billing contact", "Billing contact"]
    keys = [found.key for found in bounds(kind("contacts"), kind("companies"))]
    assert len(keys) == len(set(keys))


def test_one_limit_of_a_label_that_reads_the_same_holds_for_both_records():
    label = make_label("contacts", "contacts", "Spouse")
    set_limit(kind("contacts"), kind("contacts"), 1, Word(label))
    ada, bob, carl = ContactFactory.create_batch(3)
    services.associate(ada, [bob.pk], by=by(), words={bob.pk: [Word(label)]})

    for one, other in ((ada, carl), (carl, bob)):
        with pytest.raises(services.AssociationRefused, match="already has a “Spouse”"):
            services.associate(one, [other.pk], by=by(), words={other.pk: [Word(label)]})


@pytest.mark.parametrize("number", [0, -1, 1_000_001])
def test_a_limit_is_from_one_to_a_million(number):
    assert problems(set_limit, kind("deals"), kind("contacts"), number) == {
        "deals": ["Enter a number from 1 to 1000000."]
    }
    assert stored() == set()


def test_a_labels_limit_above_that_of_its_types_is_refused_with_the_range():
    word = Word(make_label("deals", "contacts", "Decision maker"))
    set_limit(kind("deals"), kind("contacts"), 2)

    assert problems(set_limit, kind("deals"), kind("contacts"), 3, word) == {
        word.key: ["From 1 to 2: there is a limit of 2 contacts all in all."]
    }
    set_limit(kind("deals"), kind("contacts"), 2, word)
    set_limit(kind("contacts"), kind("deals"), 9, word.reversed)  # the other way is another matter


def test_the_limit_of_types_below_that_of_their_label_is_refused_with_its_word():
    word = Word(make_label("deals", "contacts", "Decision maker"))
    set_limit(kind("deals"), kind("contacts"), 3, word)

    assert problems(set_limit, kind("deals"), kind("contacts"), 2) == {
        "deals": ["“Decision maker” may stand for 3: lower that first, or choose a higher number here."]
    }
    assert stored() == {("deals", "contacts", "Decision maker", False, 3)}


def test_limits_that_are_set_together_are_judged_together():
    word = Word(make_label("deals", "contacts", "Decision maker"))
    types, label = bound("deals", "contacts"), bound("deals", "contacts", word)

    set_limits({types: 5, label: 5})
    assert set_limits({types: 2, label: 1}) == [types, label]
    assert set_limits({types: 9, label: 8}) == []
    assert list(problems(set_limits, {types: 7, label: 8})) == [word.key]
    assert set_limits({types: 9, label: None}) == []
    assert stored() == {("deals", "contacts", None, False, 9)}


def test_the_limit_of_an_archived_label_follows_that_of_its_types_down():
    label = make_label("deals", "contacts", "Decision maker")
    set_limit(kind("deals"), kind("contacts"), 3, Word(label))
    archive_label(label)

    set_limit(kind("deals"), kind("contacts"), 2)

    restore_label(label)
    assert ("deals", "contacts", "Decision maker", False, 2) in stored()


def test_labels_of_others_and_primary_ones_have_no_limit():
    foreign = Word(make_label("companies", "companies", "Parent", "Child"))
    primary = Word(AssociationLabel.objects.get(is_primary=True, from_type=kind("contacts")))

    assert "do not have this label" in str(problems(set_limit, kind("deals"), kind("contacts"), 1, foreign))
    assert "belongs to Kith" in str(problems(set_limit, kind("contacts"), kind("companies"), 1, primary))
    wrong_way = Word(make_label("deals", "contacts", "Buyer"), inverse=True)
    assert "do not have this label" in str(problems(set_limit, kind("deals"), kind("contacts"), 1, wrong_way))


def test_limits_are_said_in_words():
    set_limit(kind("deals"), kind("contacts"), 3)
    set_limit(kind("deals"), kind("contacts"), 1, Word(make_label("deals", "contacts", "Decision maker")))

    said = [one.said(number) for one, number in limits_between(kind("deals"), kind("contacts"))]

    assert said == ["Each deal: at most 3 contacts", "Each deal: at most 1 contact as “Decision maker”"]


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_of_administrators_at_once_none_gets_a_label_above_its_types():
    word = Word(make_label("deals", "contacts", "Decision maker"))
    deals, contacts = kind("deals"), kind("contacts")
    for _round in range(3):
        set_limits({Bound(deals, contacts): 9, Bound(deals, contacts, word): None})

        at_once(
            *(partial(set_limit, deals, contacts, 2 + n, word) for n in range(WORKERS // 2)),
            *(partial(set_limit, deals, contacts, 1 + n) for n in range(WORKERS // 2)),
        )

        rows = {limit.label_id: limit.maximum for limit in AssociationLimit.objects.filter(from_type=deals)}
        # None of the label, where the types came down to 1 before anybody could set it.
        assert rows.get(word.label.pk, 1) <= rows[None]


def test_setting_many_limits_takes_no_more_queries_than_what_differs():
    words = [Word(make_label("deals", "contacts", f"Label {number}")) for number in range(20)]
    many = {bound("deals", "contacts", word): 2 for word in words}
    set_limits(many)

    def queries(wanted) -> int:
        with CaptureQueriesContext(connection) as captured:
            set_limits(wanted)
        return len(captured)

    first = next(iter(many))
    assert queries({first: 3}) == queries({**many, first: 4})


# --- Who has more -----------------------------------------------------------------------------------


def listed(one: Bound, maximum: int, user=None) -> dict:
    page = exceeding(one, maximum, user)
    assert page.total == len(page.rows)
    return {row.record.pk: row.number for row in page.rows}


def test_lowering_a_limit_leaves_what_there_is_and_says_who_has_more(user):
    deal, small = DealFactory.create_batch(2)
    contacts = ContactFactory.create_batch(4)
    services.associate(deal, [one.pk for one in contacts], by=by())
    services.associate(small, [contacts[0].pk], by=by())

    assert set_limits({bound("deals", "contacts"): 2}) == [bound("deals", "contacts")]

    assert listed(bound("deals", "contacts"), 2) == {deal.pk: 4}
    assert listed(bound("contacts", "deals"), 1) == {contacts[0].pk: 2}
    with pytest.raises(services.AssociationRefused, match="as many as the settings allow"):
        services.associate(deal, [ContactFactory().pk], by=by())
    services.dissociate(deal, [one.pk for one in contacts[:3]], by=by())
    services.associate(deal, [ContactFactory().pk], by=by())
    assert listed(bound("deals", "contacts"), 2) == {}


def test_within_a_type_both_ends_of_an_association_count():
    ada, bob, carl = ContactFactory.create_batch(3)
    services.associate_pairs([(ada.pk, bob.pk), (bob.pk, carl.pk)], by=by())

    assert listed(bound("contacts", "contacts"), 1) == {bob.pk: 2}


def test_labels_are_counted_by_their_ends():
    manager = Word(make_label("contacts", "contacts", "Manager", "Employee"))
    friend = Word(make_label("contacts", "contacts", "Friend"))
    ada, bob, carl = ContactFactory.create_batch(3)
    services.associate(
        bob, [ada.pk, carl.pk], by=by(), words={ada.pk: [manager, friend], carl.pk: [manager, friend]}
    )

    assert listed(bound("contacts", "contacts", manager), 1) == {bob.pk: 2}
    assert listed(bound("contacts", "contacts", manager.reversed), 1) == {}
    assert listed(bound("contacts", "contacts", manager.reversed), 0) == {ada.pk: 1, carl.pk: 1}
    assert listed(bound("contacts", "contacts", friend), 1) == {bob.pk: 2}


def test_associations_with_archived_records_count_but_archived_records_are_not_listed():
    ada, bob = ContactFactory.create_batch(2)
    deals = DealFactory.create_batch(2)
    services.associate_pairs([(one.pk, deal.pk) for one in (ada, bob) for deal in deals], by=by())
    archive_records([deals[0].pk, bob.pk], by=by())

    assert listed(bound("contacts", "deals"), 1) == {ada.pk: 2}


def test_pages_go_on_behind_the_last_one_the_most_first():
    deals = DealFactory.create_batch(PAGE + 5)
    contacts = ContactFactory.create_batch(3)
    pairs = [(deal.pk, one.pk) for deal in deals for one in contacts[:2]]
    services.associate_pairs([*pairs, *((deal.pk, contacts[2].pk) for deal in deals[:3])], by=by())

    first = exceeding(bound("deals", "contacts"), 1, None)
    second = exceeding(bound("deals", "contacts"), 1, None, first.after)

    assert [row.number for row in first.rows] == [3] * 3 + [2] * (PAGE - 3)
    assert (first.total, second.total, len(second.rows), second.after) == (PAGE + 5, PAGE + 5, 5, "")
    assert len({row.record.pk for row in (*first.rows, *second.rows)}) == PAGE + 5
    for cursor in ("x", "1", "1-2-3", "-1-2", f"1-{10**30}", "²-1"):
        with pytest.raises(BadCursor):
            exceeding(bound("deals", "contacts"), 1, None, cursor)


def test_all_limits_are_checked_by_one_query():
    word = Word(make_label("deals", "contacts", "Decision maker"))
    deal, contacts = DealFactory(), ContactFactory.create_batch(3)
    services.associate(
        deal, [one.pk for one in contacts], by=by(), words={one.pk: [word] for one in contacts}
    )
    CompanyFactory()
    deals, labelled = bound("deals", "contacts"), bound("deals", "contacts", word)
    checked = {deals: 2, labelled: 1, bound("contacts", "deals"): 1}
    assert numbers_exceeding([], None) == {}

    with CaptureQueriesContext(connection) as captured:
        found = numbers_exceeding(checked.items(), None)

    assert len(captured) == 1
    assert found == {deals: 1, labelled: 1}
