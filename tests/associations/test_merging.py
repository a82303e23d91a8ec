"""Two records become one: the survivor has what both had, nothing twice, and an undo parts them again."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from associations import services
from associations.label_settings import archive_label, restore_label
from associations.labels import Word
from associations.merge_conflicts import MergeConflicts, Sides
from associations.merging import MergeRefused, merge
from associations.models import Association, AssociationEvent, AssociationLimit, Labelling
from associations.type_pairs import set_allowed
from records import schema
from records import services as record_services
from records.models import Change, Contact, Deal, Property, Record, StageEntry, UniqueValue
from records.undo import UndoRefused, preview, undo
from tests.factories import (
    CompanyFactory,
    ContactFactory,
    DealFactory,
    TicketFactory,
    UserFactory,
    by,
    make_label,
    make_limit,
)

from .deriving import define, expected, stored
from .seen import primary_of, words_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada():
    return ContactFactory(firstname="Ada", lastname="L", email="ada@example.com", city="Rome", jobtitle="")


@pytest.fixture
def double():
    return ContactFactory(
        firstname="Ada", lastname="Lovelace", email="al@example.com", city="", jobtitle="Founder"
    )


def associate(record, *others, words=None) -> None:
    services.associate(record, [other.pk for other in others], by=by(), words=words)


def partners(record) -> set[int]:
    return {pk for pair in pairs_of(record) for pk in pair} - {record.pk}


def pairs_of(record) -> list[tuple[int, int]]:
    return list(Association.objects.of(record.pk).order_by("pk").values_list("record_a", "record_b"))


def everything() -> list:
    """Return all that stands of records and associations, ids of rows and moments of change apart."""
    rows = Association.objects.prefetch_related("labellings").order_by("record_a", "record_b")
    links = [
        (
            *row.pair,
            row.type_a_id,
            row.type_b_id,
            row.archived_ends,
            row.created_at,
            row.origin,
            row.created_by_id,
            sorted(
                (one.label_id, one.from_record_id, one.to_record_id, one.is_primary)
                for one in row.labellings.all()
            ),
        )
        for row in rows
    ]
    records = [
        (one.pk, one.display_name, one.properties, one.archived_at is None, one.merged_into_id)
        for one in Record.objects.order_by("pk")
    ]
    contacts = list(
        Contact.objects.order_by("pk").values_list("pk", "firstname", "lastname", "email", "jobtitle")
    )
    claims = sorted(UniqueValue.objects.values_list("prop", "value", "record"))
    return [links, records, contacts, claims]


def choice(survivor, other, *kept) -> dict[str, dict[int, bool]]:
    """Return the choice that keeps, of all there is to choose from, these records."""
    ids = {one.pk for one in kept}
    return {one.key: {pk: pk in ids for pk in one.partners} for one in Sides(survivor, other).conflicts()}


# --- Records -----------------------------------------------------------------------------------------


def test_the_survivor_keeps_its_values_and_gets_those_that_it_lacks(ada, double):
    merge(ada, double, by=by())

    ada.refresh_from_db()
    assert (ada.lastname, ada.email, ada.city, ada.jobtitle) == ("L", "ada@example.com", "Rome", "Founder")


def test_chosen_values_are_taken_over_a_unique_one_too_and_no_others(ada, double):
    merge(ada, double, by=by(), take=["email", "lastname"])

    ada.refresh_from_db()
    assert (ada.lastname, ada.email, ada.jobtitle) == ("Lovelace", "al@example.com", "")
    assert set(UniqueValue.objects.values_list("value", "record")) == {("al@example.com", ada.pk)}
    with pytest.raises(ValidationError):
        record_services.create_record(ada.kind, {"email": "al@example.com"}, by=by())
    record_services.create_record(ada.kind, {"email": "ada@example.com"}, by=by())


def test_the_merged_record_is_archived_and_leads_to_the_survivor_from_afar_too(ada, double):
    older, last = ContactFactory(), ContactFactory()
    user = UserFactory()

    merge(double, older, by=by())
    merge(ada, double, by=by(user))
    merge(last, ada, by=by())

    for record in (older, double, ada):
        record = Record.objects.get(pk=record.pk)
        assert record.archived_at
        assert record.survivor.pk == last.pk
    assert list(Record.objects.in_bin_of(user)) == []
    assert list(Contact.objects.visible_to(user)) == [last]


def test_one_change_says_what_happened_by_whom(ada, double):
    user, company = UserFactory(), CompanyFactory()
    associate(double, company)
    before = Change.objects.count()

    change = merge(ada, double, by=by(user))

    assert Change.objects.count() == before + 1
    assert (change.kind, change.actor, change.summary) == ("merge", user, "Ada Lovelace → Ada L")
    kept = Contact.history.filter(change=change).order_by("record_ptr")
    assert [(one.record_ptr_id, one.merged_into_id) for one in kept] == [
        (ada.pk, None),
        (double.pk, ada.pk),
    ]
    actions = AssociationEvent.objects.filter(change=change).order_by("pk").values_list("action", flat=True)
    assert list(actions) == ["unlabelled", "removed", "added", "labelled"]


def test_a_merge_shows_in_the_history_of_a_survivor_that_gets_nothing_from_it():
    one, other = DealFactory.create_batch(2, dealname="Same")
    change = merge(one, other, by=by())
    assert Deal.history.filter(change=change, record_ptr=one.pk).count() == 1


def test_what_can_never_be_merged_is_refused_and_nothing_is_written(ada, double):
    company, gone = CompanyFactory(name="Acme"), ContactFactory(firstname="Gone", lastname="")
    record_services.archive_records([gone.pk], by=by())
    before = everything()

    for survivor, other, why in (
        (ada, ada, "Ada L cannot be merged with itself."),
        (ada, company, "Ada L and Acme cannot be merged: they are of different types."),
        (ada, gone, "Gone has been archived."),
        (gone, ada, "Gone has been archived."),
    ):
        with pytest.raises(MergeRefused) as refused:
            merge(survivor, other, by=by())
        assert str(refused.value) == why
    assert everything() == before


def test_of_what_has_been_merged_nothing_is_merged_again(ada, double):
    merge(ada, double, by=by())
    with pytest.raises(MergeRefused, match="has been archived"):
        merge(ContactFactory(), double, by=by())
    with pytest.raises(MergeRefused, match="has been archived"):
        merge(double, ada, by=by())


def test_a_required_value_is_not_emptied(ada, double):
    Property.objects.filter(object_type=ada.kind.pk, name="city").update(required=True)
    schema.data_model_changed()
    with pytest.raises(ValidationError) as refused:
        merge(ada, double, by=by(), take=["city"])
    assert refused.value.message_dict == {"city": ["City is required."]}
    double.refresh_from_db()
    assert double.archived_at is None


def test_an_amount_comes_with_its_currency():
    empty = DealFactory(amount=None, deal_currency_code="EUR")
    small = DealFactory(amount=5, deal_currency_code="EUR")
    dollars = DealFactory(amount=200, deal_currency_code="USD")

    merge(small, dollars, by=by())
    small.refresh_from_db()
    assert (small.amount, small.deal_currency_code) == (5, "EUR")

    merge(empty, DealFactory(amount=200, deal_currency_code="USD"), by=by())
    empty.refresh_from_db()
    assert (empty.amount, empty.deal_currency_code) == (200, "USD")


def test_a_stage_that_is_taken_over_is_a_stay_of_the_survivor():
    stages = schema.current().type("deals").pipelines[0].stage_list
    record = record_services.create_record
    one = record(schema.current().type("deals"), {"dealname": "One", "dealstage": stages[0]}, by=by())
    other = record(schema.current().type("deals"), {"dealname": "Two", "dealstage": stages[2]}, by=by())

    merge(one, other, by=by(), take=["dealstage"])

    stays = StageEntry.objects.filter(record=one.pk).order_by("pk").values_list("stage", "left_at")
    assert [(stage, left is None) for stage, left in stays] == [(stages[0].pk, False), (stages[2].pk, True)]


# --- Associations ------------------------------------------------------------------------------------


def test_all_associations_come_over_as_they_were_whatever_the_order_of_ids():
    first, second, third = CompanyFactory.create_batch(3)
    user, day = UserFactory(), timezone.now() - timedelta(days=90)
    contact, ticket, deal, archived = ContactFactory(), TicketFactory(), DealFactory(), DealFactory()
    behind, last = CompanyFactory.create_batch(2)
    # Both before their partners, one at each end, both behind them.
    for survivor, other in ((first, second), (behind, third), (last, behind), (first, last)):
        for one in (contact, ticket, deal, archived):
            AssociationLimit.objects.all().delete()
            services.associate(other, [one.pk], by=by(user))
        Association.objects.of(survivor.pk).delete()
        Association.objects.of(other.pk).update(created_at=day)
        record_services.archive_records([archived.pk], by=by())

        merge(survivor, other, by=by())

        assert pairs_of(other) == []
        assert partners(survivor) == {contact.pk, ticket.pk, deal.pk, archived.pk}
        for row in Association.objects.of(survivor.pk).select_related("record_a", "record_b"):
            assert (row.type_a_id, row.type_b_id) == (
                row.record_a.object_type_id,
                row.record_b.object_type_id,
            )
            assert (row.created_at, row.created_by) == (day, user)
            assert row.archived_ends == (archived.pk in row.pair)
        record_services.restore_records([archived.pk], by=by())


def test_labels_come_over_in_their_direction(ada):
    manager = make_label("contacts", "contacts", "Manager", "Employee")
    spouse = make_label("contacts", "contacts", "Spouse")
    low, boss = ContactFactory(), ContactFactory()
    double, worker, loved = ContactFactory(), ContactFactory(), ContactFactory()
    associate(double, boss, words={boss.pk: [Word(manager)]})
    associate(double, worker, words={worker.pk: [Word(manager, inverse=True)]})
    associate(double, low, words={low.pk: [Word(spouse)]})
    associate(double, loved, words={loved.pk: [Word(spouse)]})

    change = merge(ada, double, by=by())

    assert words_of(ada) == {
        boss.pk: {"Manager"},
        worker.pk: {"Employee"},
        low.pk: {"Spouse"},
        loved.pk: {"Spouse"},
    }
    assert words_of(worker) == {ada.pk: {"Manager"}}
    # History says of each label which end is which, just as it is stored.
    said = AssociationEvent.objects.filter(change=change, action="labelled")
    assert {(one.record_a_id, one.record_b_id, one.label_id, one.from_a) for one in said} == {
        (*row.association.pair, row.label_id, row.from_record_id == row.association.record_a_id)
        for row in Labelling.objects.select_related("association")
    }
    # A label without direction is stored one way only, so it is not given twice.
    report = services.label_pairs(
        {(ada.pk, low.pk): [Word(spouse)], (loved.pk, ada.pk): [Word(spouse)]}, by=by()
    )
    assert len(report.already) == 2


def test_of_two_associations_with_one_record_one_is_left_with_the_labels_of_both_and_the_earlier_day(
    ada, double
):
    first, second = make_label("deals", "contacts", "Buyer"), make_label("deals", "contacts", "Payer")
    day = timezone.now() - timedelta(days=90)
    old, new = DealFactory(), DealFactory()
    for deal, older in ((old, ada), (new, double)):
        associate(ada, deal, words={deal.pk: [Word(first, inverse=True)]})
        associate(double, deal, words={deal.pk: [Word(x, inverse=True) for x in (first, second)]})
        Association.objects.of(deal.pk).of(older.pk).update(created_at=day)

    change = merge(ada, double, by=by())

    for deal in (old, new):
        (row,) = Association.objects.of(deal.pk)
        assert row.created_at == day
        assert words_of(deal) == {ada.pk: {"Buyer", "Payer"}}
    undo(change, by=by())
    assert words_of(old) == words_of(new) == {ada.pk: {"Buyer"}, double.pk: {"Buyer", "Payer"}}
    assert Association.objects.of(new.pk).of(double.pk).get().created_at == day
    assert Association.objects.of(new.pk).of(ada.pk).get().created_at > day


def test_an_association_between_the_two_is_gone(ada, double):
    associate(ada, double)
    change = merge(ada, double, by=by())
    assert not Association.objects.exists()
    undo(change, by=by())
    assert partners(ada) == {double.pk}


def test_types_that_may_no_longer_be_associated_and_archived_labels_lose_nothing(ada, double):
    label, ticket = make_label("contacts", "tickets", "Caller"), TicketFactory()
    associate(double, ticket, words={ticket.pk: [Word(label)]})
    archive_label(label)
    set_allowed(ada.kind, ticket.kind, allowed=False)

    change = merge(ada, double, by=by())
    assert partners(ada) == {ticket.pk}
    assert undo(change, by=by()).left == []
    assert partners(double) == {ticket.pk}
    restore_label(label)
    assert words_of(double) == {ticket.pk: {"Caller"}}


def test_what_follows_from_associations_is_worked_out_anew():
    define()
    one, other = CompanyFactory(industry="Banking"), CompanyFactory(industry="Farming")
    ada = ContactFactory()
    deals = [DealFactory(amount=amount) for amount in (10, 20, 40)]
    associate(one, deals[0], deals[1])
    associate(other, deals[1], deals[2], ada)
    assert stored() == expected()

    change = merge(one, other, by=by())

    assert stored() == expected()
    ada.refresh_from_db()
    one.refresh_from_db()
    assert ada.properties["company_industry"] == "Banking"
    assert one.properties["deal_count"] == 3
    undo(change, by=by())
    assert stored() == expected()


# --- Primary companies and limits --------------------------------------------------------------------


def test_the_survivors_primary_company_stays_it_else_it_is_the_others():
    acme, globex = CompanyFactory(), CompanyFactory()
    one, other, none = DealFactory(), DealFactory(), DealFactory()
    associate(one, acme)
    associate(other, globex)

    merge(one, other, by=by())
    merge(none, one, by=by())

    assert primary_of(none) == acme.pk
    assert partners(none) == {acme.pk, globex.pk}


def test_the_others_primary_company_can_be_chosen_and_undo_gives_each_its_own():
    acme, globex = CompanyFactory(), CompanyFactory()
    one, other = DealFactory(), DealFactory()
    associate(one, acme)
    associate(other, globex)
    before = everything()

    change = merge(one, other, by=by(), keep=choice(one, other, globex))

    assert (primary_of(one), partners(one)) == (globex.pk, {acme.pk, globex.pk})
    assert undo(change, by=by()).left == []
    assert everything() == before


def test_a_contact_for_which_each_of_two_is_a_company_keeps_its_primary_one():
    make_limit("contacts", "companies", 2)
    ada, one, other = ContactFactory(), CompanyFactory(), CompanyFactory()
    associate(ada, other)
    associate(ada, one)
    assert primary_of(ada) == other.pk

    change = merge(one, other, by=by())

    assert (partners(ada), primary_of(ada)) == ({one.pk}, one.pk)
    undo(change, by=by())
    assert (partners(ada), primary_of(ada)) == ({one.pk, other.pk}, other.pk)


def test_more_companies_than_a_contact_may_have_are_a_conflict_that_is_found_beforehand(ada, double):
    acme, globex = CompanyFactory(name="Acme"), CompanyFactory(name="Globex")
    associate(ada, acme)
    associate(double, globex)
    before = everything()

    with pytest.raises(MergeConflicts) as refused:
        merge(ada, double, by=by())

    assert everything() == before
    (conflict,) = refused.value.conflicts
    assert conflict == Sides(ada, double).conflicts()[0]
    assert (conflict.own, conflict.coming, conflict.maximum) == ((acme.pk,), (globex.pk,), 1)
    assert conflict.preferred == {acme.pk: True, globex.pk: False}


@pytest.mark.parametrize("kept", ["own", "coming"])
def test_what_is_not_kept_is_dissolved_stays_in_history_and_comes_back_by_undo(ada, double, kept):
    acme, globex = CompanyFactory(), CompanyFactory()
    associate(ada, acme)
    associate(double, globex)
    chosen, left = (acme, globex) if kept == "own" else (globex, acme)
    before = everything()

    change = merge(ada, double, by=by(), keep=choice(ada, double, chosen))

    assert partners(ada) == {chosen.pk}
    assert primary_of(ada) == chosen.pk
    assert partners(left) == set()
    gone = AssociationEvent.objects.filter(change=change, action="removed")
    assert gone.filter(record_a__in=[left.pk, ada.pk, double.pk], record_b__in=[left.pk, ada.pk, double.pk])
    assert undo(change, by=by()).left == []
    assert everything() == before


def test_a_choice_that_says_nothing_of_a_company_that_came_meanwhile_is_asked_again(ada, double):
    make_limit("contacts", "companies", 2)
    companies = CompanyFactory.create_batch(4)
    associate(ada, *companies[:2])
    associate(double, companies[2])
    chosen = choice(ada, double, *companies[:2])
    services.dissociate(double, [companies[2].pk], by=by())
    associate(double, companies[3])

    with pytest.raises(MergeConflicts):
        merge(ada, double, by=by(), keep=chosen)
    with pytest.raises(MergeConflicts):
        merge(ada, double, by=by(), keep=choice(ada, double, *companies))
    merge(ada, double, by=by(), keep=choice(ada, double, companies[0]))
    assert partners(ada) == {companies[0].pk}


def test_a_limit_of_a_label_takes_only_the_label_away():
    label = make_label("deals", "contacts", "Decision maker")
    make_limit("deals", "contacts", 1, label)
    one, other = DealFactory(), DealFactory()
    ada, boss, both = ContactFactory.create_batch(3)
    associate(one, ada, both, words={ada.pk: [Word(label)]})
    associate(other, boss, both, words={boss.pk: [Word(label)]})
    before = everything()

    with pytest.raises(MergeConflicts):
        merge(one, other, by=by())
    change = merge(one, other, by=by(), keep=choice(one, other, boss))

    assert words_of(one) == {ada.pk: set(), boss.pk: {"Decision maker"}, both.pk: set()}
    assert undo(change, by=by()).left == []
    assert everything() == before


def test_the_limit_of_a_label_without_direction_counts_both_ways():
    spouse = make_label("contacts", "contacts", "Spouse")
    make_limit("contacts", "contacts", 1, spouse)
    low, one, other, high = ContactFactory.create_batch(4)
    associate(one, low, words={low.pk: [Word(spouse)]})
    associate(other, high, words={high.pk: [Word(spouse)]})

    (conflict,) = Sides(one, other).conflicts()
    assert (conflict.own, conflict.coming) == ((low.pk,), (high.pk,))
    merge(one, other, by=by(), keep={conflict.key: conflict.preferred})

    assert words_of(one) == {low.pk: {"Spouse"}, high.pk: set()}


def test_the_other_side_never_has_more_than_before():
    label = make_label("companies", "contacts", "Billing contact")
    make_limit("contacts", "companies", 1, label, inverse=True)
    make_limit("contacts", "companies", 2)
    one, other, ada = CompanyFactory(), CompanyFactory(), ContactFactory()
    associate(one, ada)
    associate(other, ada, words={ada.pk: [Word(label)]})

    merge(one, other, by=by())

    assert words_of(ada) == {one.pk: {"Billing contact", "Primary"}}


def test_a_survivor_that_has_too_many_already_keeps_them_and_gets_no_more(ada, double):
    AssociationLimit.objects.all().delete()
    companies = CompanyFactory.create_batch(3)
    associate(ada, *companies[:2])
    associate(double, companies[2])
    make_limit("contacts", "companies", 1)

    (conflict,) = [one for one in Sides(ada, double).conflicts() if one.word is None]
    assert not conflict.allows(pk for pk in conflict.partners[1:])
    merge(ada, double, by=by(), keep={conflict.key: conflict.preferred})

    assert partners(ada) == {one.pk for one in companies[:2]}


def test_a_merge_takes_as_many_statements_for_many_associations_as_for_few():
    found = []
    for number in (2, 20):
        one, other = CompanyFactory.create_batch(2)
        shared = DealFactory.create_batch(number)
        associate(one, *shared)
        associate(other, *shared, *DealFactory.create_batch(number))
        with CaptureQueriesContext(connection) as captured:
            merge(one, other, by=by())
        found.append(len(captured))
    assert found[0] == found[1]


# --- Undo --------------------------------------------------------------------------------------------


def test_undo_restores_both_as_they_were_and_can_be_undone_in_turn(ada, double):
    label = make_label("deals", "contacts", "Buyer")
    acme, globex = CompanyFactory(), CompanyFactory()
    deals = DealFactory.create_batch(3)
    associate(ada, acme, deals[0], double)
    associate(double, globex, *deals, words={deals[0].pk: [Word(label, inverse=True)]})
    record_services.archive_records([deals[2].pk], by=by())
    before = everything()
    change = merge(ada, double, by=by(), take=["email", "jobtitle"], keep=choice(ada, double, globex))
    merged = everything()

    foreseen = preview(change, by=by())
    report = undo(change, by=by())
    assert (report.left, report.lines) == ([], foreseen.lines)
    assert "1 record is restored." in report.lines
    assert everything() == before

    again = undo(report.change, by=by())
    assert again.left == []
    assert everything() == merged
    assert Record.objects.get(pk=double.pk).survivor.pk == ada.pk


def test_undo_leaves_what_was_changed_since_and_says_so(ada, double):
    label, deal, new = make_label("deals", "contacts", "Buyer"), DealFactory(dealname="Big"), DealFactory()
    associate(double, deal)
    change = merge(ada, double, by=by())
    services.label_pairs({(deal.pk, ada.pk): [Word(label)]}, by=by())
    associate(ada, new)
    record_services.update_record(ada, {"jobtitle": "Boss"}, by=by())

    foreseen = preview(change, by=by())
    report = undo(change, by=by())

    assert foreseen.left == report.left
    assert set(report.left) == {
        ("Ada L ↔ Big", "the association has been changed since"),
        ("Ada L: Job title", "has been changed since"),
    }
    assert partners(ada) == {deal.pk, new.pk}
    assert partners(double) == {deal.pk}


def test_an_undo_after_which_the_merged_record_could_not_come_back_is_refused_as_a_whole(ada, double):
    deal = DealFactory()
    associate(double, deal)
    change = merge(ada, double, by=by())
    ContactFactory(email="al@example.com")
    before = everything()

    for act in (preview, undo):
        with pytest.raises(UndoRefused, match="Ada Lovelace cannot come back: Another contact already has"):
            act(change, by=by())
    assert everything() == before
    assert partners(ada) == {deal.pk}


def test_undo_brings_back_what_is_associated_with_records_archived_since(ada, double):
    deal = DealFactory()
    associate(double, deal)
    change = merge(ada, double, by=by())
    record_services.archive_records([deal.pk], by=by())

    assert undo(change, by=by()).left == []

    (row,) = Association.objects.of(double.pk)
    assert row.archived_ends == 1
    record_services.restore_records([deal.pk], by=by())
    assert words_of(double) == {deal.pk: set()}


def test_a_record_merged_into_one_that_was_merged_is_parted_from_that_one_alone(ada, double):
    last, deal = ContactFactory(), DealFactory()
    associate(double, deal)
    first = merge(ada, double, by=by())
    merge(last, ada, by=by())

    undo(first, by=by())

    assert partners(double) == {deal.pk}
    assert Record.objects.get(pk=ada.pk).survivor.pk == last.pk
    assert Record.objects.get(pk=double.pk).archived_at is None
