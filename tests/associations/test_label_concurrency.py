"""Users who save at once give nobody two primary companies, nor more of a label than its limit allows."""

from functools import partial

import pytest

from associations import services
from associations.labels import Word, primary_word
from associations.models import Association, AssociationEvent, Labelling
from associations.services import AssociationRefused
from records.undo import UndoRefused, undo
from tests.factories import CompanyFactory, ContactFactory, DealFactory, by, make_label, make_limit

from .seen import primary_of
from .test_concurrency import WORKERS, at_once

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


def test_of_first_companies_added_at_once_one_is_primary():
    for _round in range(5):
        deal, companies = DealFactory(), CompanyFactory.create_batch(WORKERS)

        results = at_once(*(partial(services.associate, deal, [one.pk], by=by()) for one in companies))

        assert not [one for one in results if isinstance(one, Exception)]
        assert Association.objects.of(deal.pk).count() == WORKERS
        assert Labelling.objects.filter(from_record=deal.pk, is_primary=True).count() == 1


def test_of_companies_made_primary_at_once_the_last_one_is():
    for _round in range(5):
        deal, companies = DealFactory(), CompanyFactory.create_batch(WORKERS)
        services.associate(deal, [one.pk for one in companies], by=by())
        word = primary_word(deal.object_type_id, companies[0].object_type_id)

        results = at_once(
            *(partial(services.label_pairs, {(deal.pk, one.pk): [word]}, by=by()) for one in companies[1:])
        )

        assert not [one for one in results if isinstance(one, Exception)], results
        assert Labelling.objects.filter(from_record=deal.pk, is_primary=True).count() == 1
        # What came and went says the same as what there is.
        came = AssociationEvent.objects.filter(action="labelled", change__in=[one.change for one in results])
        last = came.order_by("-id").first()
        assert primary_of(deal) in (last.record_a_id, last.record_b_id)


def test_of_decision_makers_added_at_once_as_many_win_as_the_limit_allows():
    label = make_label("deals", "contacts", "Decision maker")
    make_limit("deals", "contacts", 2, label)
    for from_contacts in (False, True):
        deal, contacts = DealFactory(), ContactFactory.create_batch(WORKERS)
        services.associate(deal, [one.pk for one in contacts], by=by())
        word = Word(label)

        results = at_once(
            *(
                partial(
                    services.label_pairs,
                    {(one.pk, deal.pk): [word.reversed]} if from_contacts else {(deal.pk, one.pk): [word]},
                    by=by(),
                )
                for one in contacts
            )
        )

        refused = [one for one in results if isinstance(one, AssociationRefused)]
        assert len(refused) == WORKERS - 2, results
        assert Labelling.objects.filter(from_record=deal.pk, label=label).count() == 2


def test_the_label_of_a_limit_of_one_moves_at_once_to_one_of_many():
    label = make_label("contacts", "contacts", "Manager", "Employee")
    make_limit("contacts", "contacts", 1, label)
    ada, boss, *others = ContactFactory.create_batch(WORKERS)
    word = Word(label)
    services.associate(ada, [boss.pk], by=by(), words={boss.pk: [word]})
    with pytest.raises(AssociationRefused) as refused:
        services.associate(ada, [others[0].pk], by=by(), words={others[0].pk: [word]})
    (outcome,) = refused.value.report.refused

    at_once(
        *(
            partial(
                services.associate,
                ada,
                [one.pk],
                by=by(),
                words={one.pk: [word]},
                replacing=[outcome.replaceable],
            )
            for one in others
        )
    )

    assert Labelling.objects.filter(from_record=ada.pk, label=label).count() == 1


def test_of_undos_at_once_one_wins():
    deal, ada = DealFactory(), ContactFactory()
    services.associate(deal, [ada.pk], by=by())
    removal = services.dissociate(deal, [ada.pk], by=by())

    results = at_once(*(partial(undo, removal.change, by=by()) for _worker in range(4)))

    assert sum(isinstance(one, UndoRefused) for one in results) == 3, results
    assert Association.objects.of(deal.pk).count() == 1
