"""Limits of labels: "a deal has at most 1 Decision maker", from whichever side it is filled up."""

import pytest

from associations import services
from associations.labels import Word
from associations.services import AssociationRefused, Reason, Status
from records.services import archive_records
from tests.factories import ContactFactory, DealFactory, by, make_label, make_limit

from .seen import words_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def decides():
    """The word of which a deal may have one."""
    label = make_label("deals", "contacts", "Decision maker", "Deal decided on")
    make_limit("deals", "contacts", 1, label)
    return Word(label)


@pytest.mark.parametrize("from_contact", [True, False])
def test_a_second_one_is_refused_and_can_take_the_place(decides, from_contact):
    deal, ada, bob = (
        DealFactory(dealname="Big"),
        ContactFactory(firstname="Ada", lastname="L"),
        ContactFactory(),
    )
    services.associate(deal, [ada.pk], by=by(), words={ada.pk: [decides]})

    def choose(**options):
        if from_contact:
            return services.associate(bob, [deal.pk], by=by(), words={deal.pk: [decides.reversed]}, **options)
        return services.associate(deal, [bob.pk], by=by(), words={bob.pk: [decides]}, **options)

    with pytest.raises(AssociationRefused) as refused:
        choose()
    (outcome,) = refused.value.report.refused
    assert (outcome.reason, outcome.message) == (Reason.LIMIT, "Big already has a “Decision maker”, Ada L.")
    assert words_of(deal) == {ada.pk: {"Decision maker"}}

    choose(replacing=[outcome.replaceable])
    assert words_of(deal) == {ada.pk: set(), bob.pk: {"Decision maker"}}


def test_the_other_direction_is_not_limited(decides):
    ada, deals = ContactFactory(), DealFactory.create_batch(3)

    services.associate(
        ada, [deal.pk for deal in deals], by=by(), words={deal.pk: [decides.reversed] for deal in deals}
    )

    assert all("Deal decided on" in words for words in words_of(ada).values())


def test_associations_without_the_label_are_not_limited(decides):
    deal, contacts = DealFactory(), ContactFactory.create_batch(3)

    report = services.associate(deal, [one.pk for one in contacts], by=by())

    assert len(report.associated) == 3


def test_two_at_once_are_refused_by_name(decides):
    deal, ada, bob = (
        DealFactory(dealname="Big"),
        ContactFactory(firstname="Ada", lastname="L"),
        ContactFactory(),
    )
    chosen = {ada.pk: [decides], bob.pk: [decides]}

    with pytest.raises(AssociationRefused) as refused:
        services.associate(deal, [ada.pk, bob.pk], by=by(), words=chosen)

    assert str(refused.value) == "Big can have only one “Decision maker”, and Ada L is chosen as well."
    report = services.associate_pairs(
        [(deal.pk, ada.pk), (deal.pk, bob.pk)],
        by=by(),
        skip_refused=True,
        words={(deal.pk, pk): words for pk, words in chosen.items()},
    )
    assert [one.status for one in report.outcomes] == [Status.ASSOCIATED, Status.REFUSED]


def test_an_archived_one_keeps_its_place(decides):
    deal, ada, bob = DealFactory(), ContactFactory(), ContactFactory()
    services.associate(deal, [ada.pk], by=by(), words={ada.pk: [decides]})
    archive_records([ada.pk], by=by())

    with pytest.raises(AssociationRefused, match="archived"):
        services.associate(deal, [bob.pk], by=by(), words={bob.pk: [decides]})


def test_each_word_of_a_pair_within_one_type_has_a_limit_of_its_own():
    label = make_label("contacts", "contacts", "Manager", "Employee")
    make_limit("contacts", "contacts", 1, label)  # one manager, any number of employees
    boss, one, two, three = ContactFactory.create_batch(4)
    manager, employee = Word(label), Word(label, inverse=True)

    services.associate(boss, [one.pk, two.pk], by=by(), words={one.pk: [employee], two.pk: [employee]})
    with pytest.raises(AssociationRefused):
        services.associate(one, [three.pk], by=by(), words={three.pk: [manager]})

    make_limit("contacts", "contacts", 2, label, inverse=True)
    with pytest.raises(AssociationRefused):
        services.associate(boss, [three.pk], by=by(), words={three.pk: [employee]})


def test_a_single_label_within_one_type_has_one_limit_for_both_ways():
    label = make_label("contacts", "contacts", "Spouse")
    make_limit("contacts", "contacts", 1, label)
    one, two, three = ContactFactory.create_batch(3)
    services.associate(two, [one.pk], by=by(), words={one.pk: [Word(label)]})

    for record, other in ((one, three), (three, one), (two, three), (three, two)):
        with pytest.raises(AssociationRefused):
            services.associate(record, [other.pk], by=by(), words={other.pk: [Word(label)]})


def test_lowering_a_limit_leaves_what_there_is_and_lets_no_new_one_in(decides):
    make_limit("deals", "contacts", 3, decides.label)
    deal, contacts, late = DealFactory(), ContactFactory.create_batch(3), ContactFactory()
    ids = [one.pk for one in contacts]
    services.associate(deal, ids, by=by(), words={pk: [decides] for pk in ids})

    make_limit("deals", "contacts", 2, decides.label)

    services.unlabel_pairs({(deal.pk, ids[0]): [decides]}, by=by())
    with pytest.raises(AssociationRefused, match="as many as the settings allow"):
        services.associate(deal, [late.pk], by=by(), words={late.pk: [decides]})
    services.unlabel_pairs({(deal.pk, ids[1]): [decides]}, by=by())
    services.associate(deal, [late.pk], by=by(), words={late.pk: [decides]})
