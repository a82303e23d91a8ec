"""Groups of filters in an address: all of a group narrow together, any of the groups will do."""

from urllib.parse import parse_qsl, urlsplit

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import QueryDict
from django.utils import timezone

from records import schema
from records.filters import FILTERS, GROUPS, filter_set
from records.lists import RecordList
from records.models import Deal, Property
from tests.factories import DealFactory

pytestmark = pytest.mark.django_db
DEALS = "/records/deals/"


def found(query: str, type_name: str = "deals") -> set[str]:
    records = RecordList(schema.current().type(type_name), QueryDict(query), AnonymousUser())
    assert records.is_valid, [one.errors for one in records.filters]
    return {str(record) for record in records.rows}


@pytest.fixture
def deals():
    return [
        DealFactory(dealname=name, amount=amount, dealtype=dealtype)
        for name, amount, dealtype in [
            ("Alpha", 10, "newbusiness"),
            ("Beta", 200, "newbusiness"),
            ("Gamma", 3000, "existingbusiness"),
            ("Alphabet", 40000, ""),
        ]
    ]


def test_a_record_fulfils_all_of_one_group(deals):
    query = "amount__gte=100&dealtype__in=newbusiness&or2.dealname__starts=alpha&or2.amount__lt=100"

    assert found(query) == {"Beta", "Alpha"}


def test_groups_go_by_their_numbers_and_gaps_do_not_matter(deals):
    query = "or7.amount__gt=10000&or3.amount__lt=100"
    records = RecordList(schema.current().type("deals"), QueryDict(query), AnonymousUser())

    assert [group.number for group in records.filtering.groups] == [3, 7]
    assert found(query) == {"Alpha", "Alphabet"}


def test_several_filters_of_one_property_and_operator_all_count(deals):
    assert found("dealname__contains=alpha&dealname__contains=bet") == {"Alphabet"}
    assert found("dealtype__in=newbusiness&dealtype__in=existingbusiness") == {"Alpha", "Beta", "Gamma"}
    query = "dealtype__in=newbusiness&dealtype__in=existingbusiness&dealtype__in.2=existingbusiness"
    assert found(query) == {"Gamma"}


def test_the_search_narrows_every_group(deals):
    assert found("q=alpha&amount__lt=100&or2.amount__gt=100") == {"Alpha", "Alphabet"}


def test_more_than_a_list_takes_is_said_and_nothing_is_found(signed_in, deals):
    many = "&".join(f"dealname__contains={number}" for number in range(FILTERS + 1))
    groups = "&".join(f"or{number}.amount__gt=1" for number in range(1, GROUPS + 2))
    for query in (many, groups):
        response = signed_in.get(f"{DEALS}?{query}")
        assert response.status_code == 422
        assert f"A list takes {FILTERS} filters in {GROUPS} groups at most." in response.text
        assert "Alphabet" not in response.text
        assert response.text.count("Remove filter") <= FILTERS


def test_a_group_is_bracketed_and_removed_as_one(signed_in, deals):
    text = signed_in.get(f"{DEALS}?amount__lt=100&or2.amount__gt=10000&or2.dealname__known=1").text
    assert text.count("All of") == text.count("or all of") == 1
    assert 'aria-label="Filters, group 2"' in text
    assert 'href="?amount__lt=100"' in text  # without group 2
    assert 'href="?or2.amount__gt=10000&amp;or2.dealname__known=1"' in text  # without the first


def test_one_of_several_values_is_edited_and_removed_alone(signed_in, deals):
    query = "dealname__contains=alpha&dealname__contains=bet&amount__gt=1"
    text = signed_in.get(f"{DEALS}?{query}").text
    assert 'href="?dealname__contains=bet&amp;amount__gt=1"' in text
    assert 'href="?dealname__contains=alpha&amp;amount__gt=1"' in text

    changed = signed_in.get(
        f"{DEALS}?{query}&edit_filter=dealname__contains%401&filter-operator=starts&filter-value=g"
    )
    assert parse_qsl(urlsplit(changed["Location"]).query) == [
        ("dealname__starts", "g"),
        ("dealname__contains", "alpha"),
        ("amount__gt", "1"),
    ]


@pytest.mark.parametrize(
    ("query", "edit", "result"),
    [
        ("", "edit_filter=or2.amount&filter-operator=gt&filter-value=5", [("or2.amount__gt", "5")]),
        (
            "amount__gt=1&dealname__known=1",
            "edit_filter=amount__gt&filter-operator=lt&filter-value=9",
            [("amount__lt", "9"), ("dealname__known", "1")],
        ),
        (
            "dealtype__in=newbusiness",
            "edit_filter=dealtype&filter-operator=in&filter-value=existingbusiness",
            [("dealtype__in", "newbusiness"), ("dealtype__in.2", "existingbusiness")],
        ),
        (
            "dealname__contains=a",
            "edit_filter=dealname&filter-operator=contains&filter-value=b",
            [("dealname__contains", "a"), ("dealname__contains", "b")],
        ),
        (
            "amount__gt=1",
            "edit_filter=amount__gt&filter-operator=gt&filter-value=2",
            [("amount__gt", "2")],
        ),
        (
            "amount__gt=1",
            "edit_filter=tickets.count&filter-operator=gt&filter-value=3",
            [("amount__gt", "1"), ("tickets.count__gt", "3")],
        ),
    ],
)
def test_applying_a_filter_keeps_the_others(signed_in, query, edit, result):
    response = signed_in.get(f"{DEALS}?{query}&{edit}")

    assert response.status_code == 302
    assert parse_qsl(urlsplit(response["Location"]).query) == result


def test_a_bad_value_in_a_group_is_said_on_its_chip(signed_in, deals):
    response = signed_in.get(f"{DEALS}?amount__gt=1&or2.tickets.count__gt=lots")

    assert response.status_code == 422
    assert "Number of tickets &gt; lots — Enter a whole number." in response.text


def test_the_menu_offers_own_properties_then_associated_types_and_searches_all(signed_in):
    headers = {"HX-Request": "true", "HX-Target": "filter-choices-2"}

    def choices(query: str) -> str:
        return signed_in.get(f"{DEALS}?{query}", headers=headers).text

    first = choices("add_filter=or2")
    assert first.index('value="or2.amount"') < first.index('value="or2.companies"')
    assert "<table" not in first
    companies = choices("add_filter=or2.companies")
    assert companies.index('value="or2.companies.count"') < companies.index('value="or2.companies.industry"')
    hits = choices("add_filter=or2&find=INDUS")
    assert "Company: Industry" in hits
    assert "or2.amount" not in hits
    assert "There is no such property." in choices("add_filter=or2&find=zzz")


def test_without_script_the_menu_opens_on_the_page(signed_in):
    text = signed_in.get(f"{DEALS}?amount__gt=1&add_filter=or1.companies").text

    assert '<details class="menu" open>' in text
    assert 'value="companies.industry"' in text


@pytest.mark.parametrize(
    "name",
    ["or2.", "or2.amount", "or0.amount__gt", "or100.amount__gt", "companies.", "companies.count", "a.b.c__d",
     "or2.or3.amount__gt", "companies.nothing__is", "companies.industry__nothing", ".amount__gt",
     "companies.label__in", "amount__gt.2", "amount__gt.999", "tickets.count__known", "edit_filter",
     "add_filter", "find", "view_id", "or2.companies.industry__is", "companies.count__eq"],
)  # fmt: skip
def test_whatever_stands_in_an_address_the_list_answers(signed_in, name):
    DealFactory()
    for value in ("", " ", "x", "\x00", "1", "-1", "9" * 30, "or2.companies", "1,2", "🙂", "'"):
        for more in ({}, {"filter-operator": "gt", "filter-value": value}):
            assert signed_in.get(DEALS, {name: [value, "3"], **more}).status_code in (200, 302, 422)


def test_what_no_longer_exists_is_left_out_and_named(signed_in, deals):
    Property.objects.filter(object_type__name="deals", name="hs_priority").update(archived_at=timezone.now())
    schema.data_model_changed()

    text = signed_in.get(
        f"{DEALS}?hs_priority__in=high&weight__gt=5&columns=amount&columns=size&sort=colour"
    ).text

    assert "Left out, because it does not exist: Priority, weight__gt, size, colour" in text
    assert "Alphabet" in text


def test_the_filter_set_of_an_object_type_is_the_first_group_on_its_own_properties(deals):
    query = QueryDict("amount__gt=100&or2.amount__lt=50&tickets.count__gt=3")

    bound, active = filter_set(schema.current().type("deals"), query, Deal.objects.live())

    assert bound.is_valid()
    assert {str(one) for one in bound.qs} == {"Beta", "Gamma", "Alphabet"}
    assert [one.text for one in active] == ["Amount > 100"]


def test_names_that_look_like_groups_or_counts_are_told_apart():
    kind = schema.current().type("deals")
    Property.objects.create(
        object_type=kind,
        group=kind.groups[0],
        name="count",
        label="Count",
        field_type="number",
    )
    records = RecordList(
        schema.current().type("contacts"),
        QueryDict("deals.property-count__gt=5&deals.count__gt=0"),
        AnonymousUser(),
    )
    assert [one.text for one in records.filters] == ["Deal: Count > 5", "Number of such deals > 0"]
    assert [f"{one.subject.name}__{one.operator.name}" for one in records.filters] == [
        "deals.property-count__gt",
        "deals.count__gt",
    ]
