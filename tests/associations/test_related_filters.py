"""Filters by associated records, against a reading of the same address in plain Python."""

from itertools import product
from urllib.parse import urlencode

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from associations import related_filters, services, type_pairs
from records import schema
from records.lists import RecordList
from records.models import Record
from records.services import archive_records, restore_records
from tests.examples import examples
from tests.factories import CompanyFactory, ContactFactory, DealFactory, TicketFactory, by

pytestmark = pytest.mark.django_db

WORDS = ("red", "green", "blue")
TYPES = ("contacts", "companies", "deals", "tickets")
# What each type is filtered by here: a line of text, a number, a choice.
PROPERTIES = {
    "contacts": ["city"],
    "companies": ["industry", "numberofemployees"],
    "deals": ["dealname", "amount"],
    "tickets": ["subject", "hs_pipeline_stage"],
}
NUMERIC = ("numberofemployees", "amount")


def rows(query: str, type_name: str) -> set[int]:
    records = RecordList(schema.current().type(type_name), QueryDict(query), AnonymousUser())
    assert records.is_valid, [(one.text, one.errors) for one in records.filters]
    assert records.count == len(records.rows)
    return {record.pk for record in records.page.rows}


def stages() -> list:
    return list(schema.current().type("tickets").stages.values())


# --- A world of chance --------------------------------------------------------------------------------


@st.composite
def worlds(draw):
    """Draw per type the values of up to six records, whether each is archived, and who knows whom."""
    records = {
        name: draw(
            st.lists(
                st.tuples(st.sampled_from(WORDS), st.integers(0, 4), st.integers(0, 3), st.booleans()),
                min_size=1,
                max_size=4,
            )
        )
        for name in TYPES
    }
    everyone = [(name, place) for name in TYPES for place in range(len(records[name]))]
    pairs = [(one, other) for one, other in product(everyone, everyone) if one < other]
    return records, draw(st.lists(st.sampled_from(pairs), unique=True, max_size=30))


def build(world):
    """Make the world's records; return each with its values, and the ids that each is associated with."""
    records, pairs = world
    made = {}
    for name, ones in records.items():
        for place, (word, number, stage, archived) in enumerate(ones):
            if name == "contacts":
                record = ContactFactory(city=word)
                values = {"city": word}
            elif name == "companies":
                record = CompanyFactory(industry=word, numberofemployees=number)
                values = {"industry": word, "numberofemployees": number}
            elif name == "deals":
                record = DealFactory(dealname=word, amount=number)
                values = {"dealname": word, "amount": number}
            else:
                chosen = stages()[stage]
                record = TicketFactory(subject=word, hs_pipeline=chosen.pipeline, hs_pipeline_stage=chosen)
                values = {"subject": word, "hs_pipeline_stage": chosen}
            made[name, place] = (record, values, archived)
    allowed = []
    taken = set()
    for one, other in pairs:  # a contact has one company at most
        kinds = {one[0], other[0]}
        if kinds == {"contacts", "companies"}:
            contact = one if one[0] == "contacts" else other
            if contact in taken:
                continue
            taken.add(contact)
        allowed.append((one, other))
    services.associate_pairs([(made[one][0].pk, made[other][0].pk) for one, other in allowed], by=by())
    archive_records([record.pk for record, _values, archived in made.values() if archived], by=by())
    neighbours = {key: set() for key in made}
    for one, other in allowed:
        neighbours[one].add(other)
        neighbours[other].add(one)
    return made, neighbours


# --- Groups of chance, as an address and as Python ----------------------------------------------------

COMPARISONS = {
    "eq": lambda number, n: number == n,
    "ne": lambda number, n: number != n,
    "gt": lambda number, n: number > n,
    "gte": lambda number, n: number >= n,
    "lt": lambda number, n: number < n,
    "lte": lambda number, n: number <= n,
}
TEXTS = {
    "is": lambda value, word: value == word,
    "not": lambda value, word: value != word,
    "contains": lambda value, word: word in value,
}


@st.composite
def conditions(draw, type_name):
    """Draw a condition on a record of a type: its parameter, its value, and a function of the values."""
    name = draw(st.sampled_from(PROPERTIES[type_name]))
    if name in NUMERIC:
        operator, number = draw(st.sampled_from(sorted(COMPARISONS))), draw(st.integers(0, 4))
        return f"{name}__{operator}", str(number), lambda v: COMPARISONS[operator](v[name], number)
    if name == "hs_pipeline_stage":
        operator = draw(st.sampled_from(["open", "done"]))
        return f"{name}__{operator}", "1", lambda v: (v[name].outcome == "open") == (operator == "open")
    operator, word = draw(st.sampled_from(sorted(TEXTS))), draw(st.sampled_from(WORDS))
    return f"{name}__{operator}", word, lambda v: TEXTS[operator](v[name], word)


@st.composite
def groups(draw, type_name):
    """Draw a group: own conditions, and per associated type conditions and a comparison of the number."""
    own = draw(st.lists(conditions(type_name), max_size=1))
    related = {}
    for other in draw(st.lists(st.sampled_from(TYPES), unique=True, max_size=2)):
        on_it = draw(st.lists(conditions(other), max_size=2, unique_by=lambda one: one[0]))
        count = draw(st.none() | st.tuples(st.sampled_from(sorted(COMPARISONS)), st.integers(0, 3)))
        if on_it or count:
            related[other] = (on_it, count)
    return own, related


@st.composite
def questions(draw):
    type_name = draw(st.sampled_from(TYPES))
    drawn = draw(st.lists(groups(type_name), min_size=1, max_size=3))
    return type_name, [group for group in drawn if any(group)]


def address(asked) -> str:
    pairs = []
    for number, (own, related) in enumerate(asked, start=1):
        prefix = f"or{number}." if number > 1 else ""
        pairs += [(f"{prefix}{parameter}", value) for parameter, value, _test in own]
        for other, (on_it, count) in related.items():
            pairs += [(f"{prefix}{other}.{parameter}", value) for parameter, value, _test in on_it]
            if count:
                pairs.append((f"{prefix}{other}.count__{count[0]}", str(count[1])))
    return urlencode([*pairs, ("per_page", "100")])


def expected(made, neighbours, type_name, asked) -> set[int]:
    def fulfils(key, group) -> bool:
        own, related = group
        if not all(test(made[key][1]) for _parameter, _value, test in own):
            return False
        for other, (on_it, count) in related.items():
            number = sum(
                near[0] == other and not made[near][2] and all(test(made[near][1]) for *_, test in on_it)
                for near in neighbours[key]
            )
            if not (COMPARISONS[count[0]](number, count[1]) if count else number >= 1):
                return False
        return True

    return {
        record.pk
        for key, (record, _values, archived) in made.items()
        if key[0] == type_name and not archived and (not asked or any(fulfils(key, one) for one in asked))
    }


def check(world, asked_of) -> None:
    type_name, asked = asked_of
    Record.objects.all().delete()
    made, neighbours = build(world)
    right = expected(made, neighbours, type_name, asked)
    # Each of the two ways there are, whatever would be chosen for so few records.
    assert rows(address(asked), type_name) == right
    narrow, few = related_filters.NARROW, related_filters.FEW_OTHERS
    try:
        related_filters.NARROW = -1
        assert rows(address(asked), type_name) == right
        related_filters.FEW_OTHERS = -1
        assert rows(address(asked), type_name) == right
    finally:
        related_filters.NARROW, related_filters.FEW_OTHERS = narrow, few


@settings(
    max_examples=examples(20),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(worlds(), questions())
def test_groups_find_what_a_plain_reading_of_them_finds(db, world, asked_of):
    check(world, asked_of)


# --- Cases that people have ---------------------------------------------------------------------------


@pytest.fixture(params=["as decided", "others first", "record by record"])
def way(request, monkeypatch):
    """Both ways to the same records."""
    if request.param != "as decided":
        monkeypatch.setattr(related_filters, "NARROW", -1)
        monkeypatch.setattr(related_filters, "FEW_OTHERS", 50_000 if request.param == "others first" else -1)


def test_contacts_whose_companys_industry_is_x(way):
    acme, other = CompanyFactory(industry="Software"), CompanyFactory(industry="Farming")
    ada, bob, _nobody = ContactFactory.create_batch(3)
    services.associate(acme, [ada.pk], by=by())
    services.associate(other, [bob.pk], by=by())

    assert rows("companies.industry__is=Software", "contacts") == {ada.pk}
    assert rows("companies.industry__is=Software&or2.companies.industry__is=Farming", "contacts") == {
        ada.pk,
        bob.pk,
    }


def test_deals_with_no_contact(way):
    lonely, deal, archived = DealFactory.create_batch(3)
    gone, stays = ContactFactory.create_batch(2)
    services.associate(deal, [stays.pk], by=by())
    services.associate(archived, [gone.pk], by=by())
    archive_records([gone.pk], by=by())

    assert rows("contacts.count__eq=0", "deals") == {lonely.pk, archived.pk}
    restore_records([gone.pk], by=by())
    assert rows("contacts.count__eq=0", "deals") == {lonely.pk}


def test_companies_with_more_than_three_open_tickets(way):
    closed = next(stage for stage in stages() if stage.outcome == "closed")
    many, few, mostly_closed = CompanyFactory.create_batch(3)
    services.associate(many, [one.pk for one in TicketFactory.create_batch(4)], by=by())
    services.associate(few, [one.pk for one in TicketFactory.create_batch(3)], by=by())
    done = TicketFactory.create_batch(3, hs_pipeline=closed.pipeline, hs_pipeline_stage=closed)
    services.associate(mostly_closed, [one.pk for one in [*TicketFactory.create_batch(2), *done]], by=by())

    query = "tickets.hs_pipeline_stage__open=1&tickets.count__gt=3"
    assert rows(query, "companies") == {many.pk}
    assert rows("tickets.count__gt=3", "companies") == {many.pk, mostly_closed.pk}
    assert rows("tickets.count__between=3,4", "companies") == {many.pk, few.pk}
    assert rows("tickets.count__gt=3&tickets.count__ne=5", "companies") == {many.pk}
    assert rows("tickets.count__gt=3&tickets.count__lt=2", "companies") == set()


def test_all_filters_on_a_type_are_about_the_same_record(way):
    deal = DealFactory()
    people = [ContactFactory(city="Paris", jobtitle="Cook"), ContactFactory(city="Rome", jobtitle="Baker")]
    services.associate(deal, [one.pk for one in people], by=by())

    assert rows("contacts.city__is=Paris&contacts.jobtitle__is=Cook", "deals") == {deal.pk}
    assert rows("contacts.city__is=Paris&contacts.jobtitle__is=Baker", "deals") == set()


def test_records_of_the_same_type(way):
    ada, bob = ContactFactory(city="Paris"), ContactFactory(city="Rome")
    services.associate(ada, [bob.pk], by=by())

    assert rows("contacts.city__is=Paris", "contacts") == {bob.pk}
    assert rows("contacts.count__gte=1", "contacts") == {ada.pk, bob.pk}


def test_a_pair_of_types_that_may_not_be_associated_is_not_offered(signed_in):
    kind = schema.current().type("deals")
    assert 'value="or1.tickets"' in signed_in.get("/records/deals/").text
    type_pairs.set_partners(kind, ["contacts", "companies"])
    assert 'value="or1.tickets"' not in signed_in.get("/records/deals/").text


def test_the_number_of_queries_does_not_grow_with_records(signed_in):
    """Two more than without, to choose the way of each group; no count of what is all shown."""

    def queries() -> int:
        schema.current()
        with CaptureQueriesContext(connection) as captured:
            query = (
                "companies.industry__is=Software&tickets.count__lt=9&or2.city__is=Rome&or2.deals.count__gt=0"
            )
            assert signed_in.get(f"/records/contacts/?{query}").status_code == 200
        return len(captured)

    def grow(number: int) -> None:
        for _one in range(number):
            acme, ada = CompanyFactory(industry="Software"), ContactFactory(city="Rome")
            services.associate(ada, [acme.pk, DealFactory().pk, TicketFactory().pk], by=by())

    grow(3)
    few = queries()
    grow(20)
    assert (few, queries()) == (9, 9)
    grow(10)
    assert queries() == 10  # a second page: the count
