"""With what else an activity is associated that is logged on a record: by rules, within limits."""

import re
import time
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from associations import activity_rules, automatic, services
from associations.activities import log_activity, reassociate
from associations.activity_rules import Follow
from associations.models import Association
from associations.outcomes import AssociationRefused
from records import definition, schema
from records import services as record_services
from records.models import Change, Note, Record
from records.undo import undo
from tests.factories import CompanyFactory, ContactFactory, DealFactory, TicketFactory, by, make_limit

pytestmark = pytest.mark.django_db
DOCUMENT = Path(__file__).parents[2] / "docs" / "automatic-association.md"
ROWS = re.findall(
    r"^\| (\w+) \| (contact|company|deal|ticket|custom object) \| (.+) \|$", DOCUMENT.read_text(), re.M
)
BOATS = {"singular": "Boat", "plural": "Boats", "groups": {"about": {"properties": {"title": {}}}}}
MAKERS = {"contact": ContactFactory, "company": CompanyFactory, "deal": DealFactory, "ticket": TicketFactory}
MAIL = {"hs_email_subject": "The offer"}


def kind(name):
    return schema.current().type(name)


def closed_stage(type_name):
    return next(stage for stage in kind(type_name).stages.values() if stage.is_closed)


def boat():
    definition.apply({"objects": {"boats": BOATS}})
    return record_services.create_record(kind("boats"), {"title": "Ida"}, by=by())


def ids(records) -> set[int]:
    return {record.pk for record in records}


def associate(record, *others):
    """Associate a record with others one after the other, the latest last."""
    for other in others:
        services.associate(record, [other.pk], by=by())


def proposed(record, activity="notes", taking_part=(), user=None) -> list[Record]:
    return [one.record for one in automatic.proposed(record, kind(activity), user, taking_part)]


def on_timelines_of(activity) -> list[int]:
    """Return the ids of the records that an activity is associated with, each as often as it stands there."""
    return sorted(row.other_end(activity.pk) for row in Association.objects.live().of(activity.pk))


class World:
    """A record with some of everything around it."""

    def __init__(self, record) -> None:
        self.first, self.primary = CompanyFactory(), CompanyFactory()
        self.contacts = ContactFactory.create_batch(3)
        self.deals = DealFactory.create_batch(7)
        self.tickets = TicketFactory.create_batch(2)
        self.closed = DealFactory(dealstage=closed_stage("deals"))
        self.stranger = ContactFactory(email="stranger@example.com")
        services.associate_pairs([(record.pk, self.first.pk)], by=by())
        if record.kind.name == "contacts":
            services.dissociate(record, [self.first.pk], by=by())  # only one company
        associate(record, self.primary, *self.contacts, *self.deals, *self.tickets, self.closed)
        if record.kind.name in ("deals", "tickets"):
            from associations.labels import primary_word

            word = primary_word(record.object_type_id, kind("companies").pk)
            services.set_words(record, self.primary.pk, [word], by=by())
        if record.kind.name == "boats":
            services.dissociate(record, [self.first.pk], by=by())

    def meant(self, words: str) -> set[int]:
        """Return the records that a row of the document means."""
        found: set[int] = set()
        for word in words.split(", "):
            found |= ids(
                {
                    "–": [],
                    "primary company": [self.primary],
                    "contacts taking part": [self.stranger],
                    "50 contacts": self.contacts,
                    "5 open deals": self.deals[-5:],
                }[word]
            )
        return found


# --- The defaults -----------------------------------------------------------------------------------


def test_the_document_has_a_row_for_each_activity_and_type():
    assert len(ROWS) == len(set(ROWS)) == 5 * 5


@pytest.mark.parametrize(("activity", "on", "words"), ROWS, ids=[f"{a}-{o}" for a, o, _w in ROWS])
def test_an_activity_is_associated_by_default_as_the_document_says(activity, on, words):
    record = boat() if on == "custom object" else MAKERS[on]()
    world = World(record)

    found = proposed(record, activity, ["Stranger@Example.com"])

    assert ids(found) == world.meant(words)
    assert len(found) == len(ids(found))


def test_the_latest_open_deals_are_proposed_and_no_closed_one():
    contact = ContactFactory()
    closed = DealFactory.create_batch(3, dealstage=closed_stage("deals"))
    deals = DealFactory.create_batch(7)
    associate(contact, *deals, *closed)

    assert [one.pk for one in proposed(contact)] == [deal.pk for deal in reversed(deals[-5:])]


def test_each_proposal_says_why():
    deal, company, contact = DealFactory(dealname="Big"), CompanyFactory(), ContactFactory()
    writer = ContactFactory(email="writer@example.com")
    associate(deal, company, contact, writer)

    found = automatic.proposed(deal, kind("emails"), None, ["writer@example.com"])

    assert [(one.record.pk, one.reason) for one in found] == [
        (company.pk, "Primary"),
        (writer.pk, "Takes part"),
        (contact.pk, "Associated with Big"),
    ]


def test_addresses_are_read_as_people_write_them():
    texts = ['"Hopper, Grace" <Grace@Example.com>; ada@example.com', "mailto:x@y.org,,  ada@example.com\x00"]

    assert automatic.addresses(texts) == ["grace@example.com", "ada@example.com", "x@y.org"]
    assert automatic.addresses(["a@ @b @ a@b@c x" + "@y" * 200]) == ["a@b@c"]


def test_a_long_text_is_searched_for_addresses_in_no_time():
    start = time.monotonic()

    assert automatic.addresses(["a" * 1_000_000 + " ada@example.com " + "@" * 1_000_000]) == [
        "ada@example.com"
    ]
    assert time.monotonic() - start < 5


# --- What is not proposed -----------------------------------------------------------------------------


def test_archived_records_are_not_proposed():
    deal, contact, stays = DealFactory(), ContactFactory(email="gone@example.com"), ContactFactory()
    associate(deal, contact, stays)
    record_services.archive_records([contact.pk], by=by())

    assert ids(proposed(deal, "emails", ["gone@example.com"])) == {stays.pk}


def test_what_a_user_may_not_see_is_not_proposed(monkeypatch, user):
    deal, contact, secret = DealFactory(), ContactFactory(), ContactFactory()
    associate(deal, contact, secret)
    queryset = type(Record.objects.all())
    monkeypatch.setattr(queryset, "visible_to", lambda self, who: self.live().exclude(pk=secret.pk))

    assert ids(proposed(deal, user=user)) == {contact.pk}


def test_what_limits_would_refuse_is_not_proposed():
    deal, contacts = DealFactory(), ContactFactory.create_batch(3)
    associate(deal, *contacts)
    make_limit("notes", "contacts", 2)
    make_limit("contacts", "notes", 1)
    log_activity(contacts[2], kind("notes"), {"hs_note_body": "Full"}, others=[], by=by())

    found = proposed(deal)

    assert ids(found) == {contacts[0].pk, contacts[1].pk}


def test_the_record_itself_takes_the_first_place_under_a_limit():
    contact, other = ContactFactory(), ContactFactory(email="other@example.com")
    make_limit("emails", "contacts", 1)

    assert proposed(contact, "emails", [other.email]) == []


# --- Logging ------------------------------------------------------------------------------------------


def test_an_activity_is_logged_on_its_record_and_on_what_the_rules_say():
    deal, company, contact = DealFactory(), CompanyFactory(), ContactFactory()
    associate(deal, company, contact)

    note, report = log_activity(deal, kind("notes"), {"hs_note_body": "Hello"}, by=by())

    assert on_timelines_of(note) == sorted([deal.pk, company.pk, contact.pk])
    assert len(report.associated) == 3
    assert Change.objects.filter(pk=report.change.pk).exists()


def test_records_that_are_named_stand_in_place_of_the_rules():
    deal, company, contact = DealFactory(), CompanyFactory(), ContactFactory()
    associate(deal, company)

    note, _report = log_activity(deal, kind("notes"), {"hs_note_body": "A"}, others=[contact.pk], by=by())
    alone, _report = log_activity(deal, kind("notes"), {"hs_note_body": "B"}, others=[], by=by())

    assert on_timelines_of(note) == sorted([deal.pk, contact.pk])
    assert on_timelines_of(alone) == [deal.pk]
    assert not Association.objects.associated_among(deal.pk, [contact.pk])


def test_logging_is_one_change_that_is_undone_as_one():
    deal, company = DealFactory(), CompanyFactory()
    associate(deal, company)
    note, report = log_activity(deal, kind("notes"), {"hs_note_body": "Hello"}, by=by())

    undo(report.change, by=by())

    assert on_timelines_of(note) == []
    assert Record.objects.get(pk=note.pk).archived_at


def test_a_refusal_of_a_named_record_leaves_nothing_behind():
    deal, contact = DealFactory(), ContactFactory()
    make_limit("contacts", "notes", 1)
    log_activity(contact, kind("notes"), {"hs_note_body": "Full"}, by=by())
    before = Note.objects.count(), Change.objects.count()

    with pytest.raises(AssociationRefused):
        log_activity(deal, kind("notes"), {"hs_note_body": "No"}, others=[contact.pk], by=by())
    with pytest.raises(AssociationRefused):
        log_activity(contact, kind("notes"), {"hs_note_body": "No"}, by=by())

    assert before == (Note.objects.count(), Change.objects.count())


def test_sellers_case_an_email_to_three_contacts_stands_once_on_each_timeline():
    company, deal = CompanyFactory(), DealFactory()
    people = ContactFactory.create_batch(3)
    associate(company, deal, *people)
    associate(deal, *people)
    values = {**MAIL, "hs_email_to_email": ", ".join(f"P <{one.email.upper()}>" for one in people)}

    email, _report = log_activity(deal, kind("emails"), values, by=by())

    assert on_timelines_of(email) == sorted(ids([deal, company, *people]))


def test_support_case_a_reply_stands_on_the_ticket_both_contacts_and_their_deal():
    ticket, deal, people = TicketFactory(), DealFactory(), ContactFactory.create_batch(2)
    associate(deal, *people)
    associate(ticket, deal, *people)
    others = [one.record.pk for one in automatic.proposed(ticket, kind("emails"), None)]

    by_hand, _report = log_activity(ticket, kind("emails"), MAIL, others=[*others, deal.pk], by=by())
    activity_rules.change(kind("tickets"), {"emails": {"contacts": 50, "open_deals": 5}})
    by_rule, _report = log_activity(ticket, kind("emails"), MAIL, by=by())

    assert others == [one.pk for one in reversed(people)]
    assert on_timelines_of(by_hand) == on_timelines_of(by_rule) == sorted(ids([ticket, deal, *people]))


# --- Afterwards -----------------------------------------------------------------------------------------


def test_the_associations_of_an_activity_change_in_one_change():
    deal, gone, new = DealFactory(), ContactFactory(), ContactFactory()
    note, _report = log_activity(deal, kind("notes"), {"hs_note_body": "A"}, others=[gone.pk], by=by())

    change = reassociate(note, [deal.pk, new.pk], among=[deal.pk, gone.pk], by=by())

    assert on_timelines_of(note) == sorted([deal.pk, new.pk])
    undo(change, by=by())
    assert on_timelines_of(note) == sorted([deal.pk, gone.pk])


def test_what_has_been_associated_meanwhile_stays():
    deal, meanwhile = DealFactory(), ContactFactory()
    note, _report = log_activity(deal, kind("notes"), {"hs_note_body": "A"}, others=[], by=by())
    services.associate(note, [meanwhile.pk], by=by())

    assert reassociate(note, [deal.pk], among=[deal.pk], by=by()) is None
    assert on_timelines_of(note) == sorted([deal.pk, meanwhile.pk])


def test_an_activity_keeps_a_timeline():
    deal = DealFactory()
    note, _report = log_activity(deal, kind("notes"), {"hs_note_body": "A"}, others=[], by=by())

    with pytest.raises(ValidationError):
        reassociate(note, [], among=[deal.pk], by=by())

    assert on_timelines_of(note) == [deal.pk]


# --- Queries --------------------------------------------------------------------------------------------


def test_proposing_takes_the_same_queries_for_few_and_for_many():
    deal = DealFactory()
    taken = []
    for number in (2, 30):
        people = ContactFactory.create_batch(number)
        associate(deal, CompanyFactory(), *people)
        associate(deal, *DealFactory.create_batch(number))
        activity_rules.change(kind("deals"), {"emails": {one.value: one.usual for one in Follow}})
        make_limit("emails", "contacts", 100)
        with schema.pinned(), CaptureQueriesContext(connection) as captured:
            assert len(proposed(deal, "emails", [one.email for one in people])) > number
        taken.append(len(captured))

    assert taken[0] == taken[1] <= 10


def test_logging_takes_the_same_queries_for_few_and_for_many():
    taken = []
    for number in (2, 20):
        deal = DealFactory()
        services.associate(deal, ids(ContactFactory.create_batch(number)), by=by())
        with schema.pinned(), CaptureQueriesContext(connection) as captured:
            log_activity(deal, kind("notes"), {"hs_note_body": "A"}, by=by())
        taken.append(len(captured))

    assert taken[0] == taken[1]


# --- Rules that administrators change -------------------------------------------------------------------


def test_a_rule_is_changed_and_the_default_comes_back():
    deal, contact = DealFactory(), ContactFactory()
    associate(deal, contact)
    before = activity_rules.rule(kind("notes"), kind("deals"))

    assert activity_rules.change(kind("deals"), {"notes": {}})
    assert not activity_rules.change(kind("deals"), {"notes": {}})
    assert proposed(deal) == []
    assert ids(proposed(deal, "calls")) == {contact.pk}
    activity_rules.reset(kind("deals"))

    assert activity_rules.rule(kind("notes"), kind("deals")) == before
    assert activity_rules.is_default(kind("deals"))


def test_a_definition_says_rules_and_an_export_says_those_that_are_no_defaults():
    said = {"emails": {"open_tickets": 2, "primary_company": 9}, "notes": {}, "calls": None}

    definition.apply({"objects": {"deals": {"activities": said}}})

    told = definition.export()["objects"]
    assert told["deals"]["activities"] == {"emails": {"primary_company": 1, "open_tickets": 2}, "notes": {}}
    assert [name for name, one in told.items() if "activities" in one] == ["deals"]
    assert definition.apply({"objects": told}) == []


@pytest.mark.parametrize(
    "said",
    [
        [],
        {"emails": []},
        {"emails": {"sisters": 1}},
        {"letters": {"contacts": 1}},
        {"contacts": {"contacts": 1}},
        {"emails": {"contacts": 0}},
        {"emails": {"contacts": 51}},
        {"emails": {"contacts": True}},
        {"emails": {"contacts": "5"}},
        {"notes": {"taking_part": 5}},
    ],
)
def test_a_definition_that_makes_no_sense_is_refused(said):
    with pytest.raises(definition.DefinitionRefused):
        definition.apply({"objects": {"deals": {"activities": said}}})

    assert activity_rules.is_default(kind("deals"))


def test_activities_are_not_logged_on_activities():
    with pytest.raises(definition.DefinitionRefused):
        definition.apply({"objects": {"notes": {"activities": {"emails": {}}}}})


# --- The page of the settings -----------------------------------------------------------------------------


def test_the_page_says_each_rule_in_words(admin_client):
    page = admin_client.get("/settings/activities/").text

    assert "Logged on tickets" in page
    assert "Primary company, Contacts taking part, Open deals (the latest 5)" in page
    assert "Nothing else" in page
    assert "Reset to defaults" not in page


def test_only_administrators_see_the_rules(signed_in):
    for address in ("", "deals/notes/", "deals/reset/"):
        assert signed_in.get(f"/settings/activities/{address}").status_code == 403


def test_a_rule_is_changed_on_its_page_and_reset(admin_client):
    data = {"follow_open_tickets": "on", "most_open_tickets": "3", "most_contacts": ""}

    answer = admin_client.post("/settings/activities/deals/notes/", data)

    assert answer.url == "/settings/activities/#on-deals"
    assert activity_rules.rule(kind("notes"), kind("deals")) == {Follow.OPEN_TICKETS: 3}
    assert "Open tickets (the latest 3)" in admin_client.get("/settings/activities/").text
    admin_client.post("/settings/activities/deals/reset/")
    assert activity_rules.is_default(kind("deals"))


@pytest.mark.parametrize("number", ["", "0", "51", "five", "1.5", "99999999999999999999"])
def test_a_number_that_is_none_is_refused_beside_its_field(admin_client, number):
    data = {"follow_contacts": "on", "most_contacts": number}

    answer = admin_client.post("/settings/activities/deals/notes/", data)

    assert answer.status_code == 422
    assert 'id="id_most_contacts_error"' in answer.text
    assert activity_rules.is_default(kind("deals"))


@pytest.mark.parametrize(
    "address", ["notes/calls/", "deals/contacts/", "deals/x/", "x/notes/", "notes/reset/"]
)
def test_there_is_no_page_for_what_has_no_rule(admin_client, address):
    assert admin_client.get(f"/settings/activities/{address}").status_code == 404
