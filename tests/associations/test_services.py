"""The functions that every path goes through to associate and dissociate."""

import pytest
from django.core.exceptions import ValidationError

from associations import services
from associations.models import Association, AssociationLimit
from associations.services import AssociationRefused, Reason, Status
from records import schema
from records import services as record_services
from records.models import Contact
from records.provenance import Origin
from records.services import archive_records, restore_records
from records.undo import undo
from tests.factories import CompanyFactory, ContactFactory, DealFactory, TicketFactory, UserFactory, by

pytestmark = pytest.mark.django_db


def partners(record) -> set[int]:
    """Return the ids of the live records that a record is associated with, as a page sees them."""
    first, second = Association.objects.seen_from(record.pk)
    return {*first.values_list("other", flat=True), *second.values_list("other", flat=True)}


def limit(from_type: str, to_type: str, maximum: int) -> None:
    """Set a limit."""
    AssociationLimit.objects.update_or_create(
        from_type=schema.current().type(from_type),
        to_type=schema.current().type(to_type),
        defaults={"maximum": maximum},
    )


def associated(record, other) -> int:
    """Associate two records; return the other's id."""
    services.associate(record, [other.pk], by=by())
    return other.pk


def statuses(report) -> list[Status]:
    return [outcome.status for outcome in report.outcomes]


# --- Associate ------------------------------------------------------------------------------------


def test_an_association_is_two_way_whichever_side_it_is_made_from():
    deal, ada, bob = DealFactory(), ContactFactory(), ContactFactory()

    services.associate(deal, [ada.pk], by=by())
    services.associate(bob, [deal.pk], by=by())

    assert partners(deal) == {ada.pk, bob.pk}
    assert partners(ada) == partners(bob) == {deal.pk}


def test_associating_again_is_no_error_and_makes_no_second_row():
    deal, ada = DealFactory(), ContactFactory()
    services.associate(deal, [ada.pk], by=by())

    report = services.associate(ada, [deal.pk, deal.pk], by=by())

    assert statuses(report) == [Status.ALREADY]
    assert Association.objects.count() == 1


def test_actor_origin_and_both_types_are_kept():
    user, deal, ada = UserFactory(), DealFactory(), ContactFactory()

    services.associate(ada, [deal.pk], by=by(user, Origin.API))

    row = Association.objects.get()
    assert (row.created_by, row.origin) == (user, Origin.API)
    assert (row.type_a_id, row.type_b_id) == (deal.object_type_id, ada.object_type_id)


@pytest.mark.parametrize("reason", [Reason.ITSELF, Reason.UNKNOWN, Reason.ARCHIVED, Reason.LIMIT])
def test_one_refusal_leaves_everything_as_it_was_and_is_named(reason):
    ada, deal = ContactFactory(firstname="Ada", lastname="L"), DealFactory()
    acme, beta, gone = CompanyFactory(name="Acme"), CompanyFactory(), DealFactory(dealname="Gone")
    services.associate(ada, [acme.pk], by=by())
    archive_records([gone.pk], by=by())
    bad, message = {
        Reason.ITSELF: (ada.pk, "Ada L cannot be associated with itself."),
        Reason.UNKNOWN: (10**9, "There is no record with the id 1000000000."),
        Reason.ARCHIVED: (gone.pk, "Gone has been archived."),
        Reason.LIMIT: (beta.pk, "Ada L already has a company, Acme."),
    }[reason]

    with pytest.raises(AssociationRefused) as refused:
        services.associate(ada, [deal.pk, bad], by=by())

    (outcome,) = refused.value.report.refused
    assert (outcome.reason, outcome.message) == (reason, message)
    assert partners(ada) == {acme.pk}


def test_records_of_one_type_can_be_associated():
    parent, child = CompanyFactory.create_batch(2)

    services.associate(child, [parent.pk], by=by())

    assert partners(parent) == {child.pk}


def test_skipping_refused_pairs_associates_the_others():
    ada, deal, gone = ContactFactory(), DealFactory(), DealFactory()
    archive_records([gone.pk], by=by())

    report = services.associate_pairs([(ada.pk, gone.pk), (ada.pk, deal.pk)], by=by(), skip_refused=True)

    assert statuses(report) == [Status.REFUSED, Status.ASSOCIATED]
    assert partners(ada) == {deal.pk}


def test_a_preview_says_what_would_be_and_writes_nothing():
    ada, acme, beta, deal = ContactFactory(), CompanyFactory(), CompanyFactory(), DealFactory()
    services.associate(ada, [acme.pk], by=by())

    report = services.preview_pairs([(ada.pk, beta.pk), (deal.pk, ada.pk), (acme.pk, ada.pk)])

    assert statuses(report) == [Status.REFUSED, Status.ASSOCIATED, Status.ALREADY]
    assert Association.objects.count() == 1


def test_a_record_is_created_with_its_association_or_not_at_all():
    deal, contacts = DealFactory(), schema.current().type("contacts")

    created, report = services.create_associated(
        deal, contacts, {"firstname": "Ada", "email": "ada@example.com"}, by=by()
    )
    assert partners(deal) == {created.pk}
    assert statuses(report) == [Status.ASSOCIATED]

    with pytest.raises(ValidationError):
        services.create_associated(deal, contacts, {"firstname": "Eve", "email": "ADA@example.com"}, by=by())
    archive_records([deal.pk], by=by())
    with pytest.raises(AssociationRefused):
        services.create_associated(deal, contacts, {"firstname": "Eve"}, by=by())
    assert Contact.objects.count() == 1


# --- Limits ---------------------------------------------------------------------------------------


def test_adding_a_second_company_is_refused_by_the_limit():
    ada, acme, beta = ContactFactory(), CompanyFactory(), CompanyFactory()
    services.associate(ada, [acme.pk], by=by())

    with pytest.raises(AssociationRefused):
        services.associate(ada, [beta.pk], by=by())


def test_the_limit_holds_from_the_companys_side_too():
    ada, acme, beta = ContactFactory(), CompanyFactory(), CompanyFactory()
    services.associate(acme, [ada.pk], by=by())

    with pytest.raises(AssociationRefused):
        services.associate(beta, [ada.pk, ContactFactory().pk], by=by())
    assert partners(beta) == set()


def test_a_limit_of_one_direction_says_nothing_of_the_other():
    acme = CompanyFactory()

    services.associate(acme, [contact.pk for contact in ContactFactory.create_batch(5)], by=by())

    assert len(partners(acme)) == 5


def test_two_companies_at_once_are_refused_with_the_other_named():
    ada, acme, beta = (
        ContactFactory(firstname="Ada", lastname="L"),
        CompanyFactory(name="Acme"),
        CompanyFactory(),
    )

    with pytest.raises(
        AssociationRefused, match="Ada L can have only one company, and Acme is chosen as well"
    ):
        services.associate(ada, [acme.pk, beta.pk], by=by())
    assert partners(ada) == set()


def test_of_pairs_that_compete_for_the_last_place_the_earlier_has_it():
    ada, acme, beta = ContactFactory(), CompanyFactory(), CompanyFactory()

    report = services.associate_pairs([(beta.pk, ada.pk), (acme.pk, ada.pk)], by=by(), skip_refused=True)

    assert statuses(report) == [Status.ASSOCIATED, Status.REFUSED]
    assert partners(ada) == {beta.pk}


def test_a_limit_between_records_of_one_type_counts_both_ends():
    limit("contacts", "contacts", 2)
    ada, *others = ContactFactory.create_batch(4)
    services.associate(ada, [others[0].pk], by=by())
    services.associate(others[1], [ada.pk], by=by())

    with pytest.raises(AssociationRefused, match="already has 2 contacts, as many as the settings allow"):
        services.associate(others[2], [ada.pk], by=by())


def test_an_archived_company_still_counts_and_the_message_says_that_it_is_archived():
    ada, acme, beta = ContactFactory(), CompanyFactory(name="Acme"), CompanyFactory()
    services.associate(ada, [acme.pk], by=by())
    archive_records([acme.pk], by=by())

    with pytest.raises(AssociationRefused, match=r"Acme \(archived\)"):
        services.associate(ada, [beta.pk], by=by())


def test_lowering_a_limit_leaves_what_exists_and_refuses_more():
    limit("contacts", "companies", 3)
    ada, companies = ContactFactory(), CompanyFactory.create_batch(4)
    services.associate(ada, [company.pk for company in companies[:3]], by=by())

    limit("contacts", "companies", 1)

    assert len(partners(ada)) == 3
    with pytest.raises(AssociationRefused):
        services.associate(ada, [companies[3].pk], by=by())


# --- Replace --------------------------------------------------------------------------------------


def test_a_refusal_by_a_limit_of_one_names_what_could_be_replaced():
    ada, acme, beta = ContactFactory(), CompanyFactory(), CompanyFactory()
    services.associate(ada, [acme.pk], by=by())

    with pytest.raises(AssociationRefused) as refused:
        services.associate(beta, [ada.pk], by=by())

    (outcome,) = refused.value.report.refused
    services.associate(beta, [ada.pk], by=by(), replacing=[outcome.replaceable])
    assert partners(ada) == {beta.pk}


def test_a_replacement_that_is_refused_dissolves_nothing():
    ada, acme = ContactFactory(), CompanyFactory()
    services.associate(ada, [acme.pk], by=by())

    with pytest.raises(AssociationRefused):
        services.associate(ada, [10**9], by=by(), replacing=[(acme.pk, ada.pk)])

    assert partners(ada) == {acme.pk}


# --- Dissociate and undo --------------------------------------------------------------------------


def test_dissociating_takes_it_from_both_pages_and_leaves_the_others():
    deal, ada, bob = DealFactory(), ContactFactory(), ContactFactory()
    services.associate(deal, [ada.pk, bob.pk], by=by())

    removed = services.dissociate(ada, [deal.pk, bob.pk, 10**9], by=by())

    assert [row.pair for row in removed.associations] == [(deal.pk, ada.pk)]
    assert partners(deal) == {bob.pk}
    assert partners(ada) == set()


def test_undo_brings_back_who_and_since_when():
    user, deal, ada = UserFactory(), DealFactory(), ContactFactory()
    services.associate(deal, [ada.pk], by=by(user, Origin.IMPORT))
    before = Association.objects.values("record_a", "record_b", "created_at", "created_by", "origin").get()

    undo(services.dissociate(deal, [ada.pk], by=by()).change, by=by(UserFactory()))

    assert Association.objects.values(*before).get() == before


def test_undo_leaves_out_what_the_limit_no_longer_allows():
    ada, acme, beta = ContactFactory(), CompanyFactory(), CompanyFactory()
    removal = services.dissociate(ada, [associated(ada, acme)], by=by())
    services.associate(ada, [beta.pk], by=by())

    report = undo(removal.change, by=by())

    assert report.left == [(f"{ada} ↔ {acme}", f"{ada} already has a company, {beta}.")]
    assert (report.lines, report.change) == ([], None)
    assert partners(ada) == {beta.pk}


# --- Archived records -----------------------------------------------------------------------------


def test_archiving_hides_associations_and_restoring_brings_them_back():
    deal, ada, bob = DealFactory(), ContactFactory(), ContactFactory()
    services.associate(deal, [ada.pk, bob.pk], by=by())

    archive_records([ada.pk], by=by())
    assert partners(deal) == {bob.pk}
    assert Association.objects.counts_by_type(deal.pk) == {ada.object_type_id: 1}

    restore_records([ada.pk], by=by())
    assert partners(deal) == {ada.pk, bob.pk}


def test_an_association_of_two_archived_records_returns_with_the_second_of_them():
    deal, ada = DealFactory(), ContactFactory()
    services.associate(deal, [ada.pk], by=by())
    archive_records([deal.pk, ada.pk], by=by())

    restore_records([deal.pk], by=by())
    assert partners(deal) == set()

    restore_records([ada.pk], by=by())
    assert partners(deal) == {ada.pk}


# --- Many at once ---------------------------------------------------------------------------------


def test_many_pairs_take_as_many_statements_as_few(django_assert_num_queries):
    def pairs(number: int) -> list[tuple[int, int]]:
        acme = CompanyFactory()
        return [(acme.pk, contact.pk) for contact in ContactFactory.create_batch(number)]

    for number in (2, 60):
        wanted = pairs(number)
        with schema.pinned(), django_assert_num_queries(11):  # each contact's first company is primary
            report = services.associate_pairs(wanted, by=by())
        assert len(report.associated) == number
        with schema.pinned(), django_assert_num_queries(12):
            assert len(services.dissociate_pairs(wanted, by=by()).associations) == number


def test_a_hub_can_have_more_partners_than_one_statement_holds(monkeypatch):
    monkeypatch.setattr(record_services, "BATCH", 7)
    deal, contacts = DealFactory(), ContactFactory.create_batch(30)

    report = services.associate(deal, [contact.pk for contact in contacts], by=by())

    assert len(report.associated) == len(partners(deal)) == 30
    assert len(services.dissociate(deal, partners(deal), by=by()).associations) == 30


# --- The two cases --------------------------------------------------------------------------------


def test_a_deal_with_three_contacts_and_their_company():
    acme, deal, people = CompanyFactory(), DealFactory(), ContactFactory.create_batch(3)
    ids = [person.pk for person in people]
    services.associate(acme, ids, by=by())

    services.associate(deal, [*ids, acme.pk], by=by())

    assert partners(deal) == {*ids, acme.pk}
    assert all(partners(person) == {acme.pk, deal.pk} for person in people)
    assert partners(acme) == {*ids, deal.pk}


def test_a_ticket_with_two_contacts_and_a_deal():
    ticket, deal, people = TicketFactory(), DealFactory(), ContactFactory.create_batch(2)

    services.associate(ticket, [deal.pk, *(person.pk for person in people)], by=by())

    assert partners(deal) == {ticket.pk}
    assert all(partners(person) == {ticket.pk} for person in people)
