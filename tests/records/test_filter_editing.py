"""The editor of a list's filter: an active one opens as it stands, and what it becomes replaces it."""

from urllib.parse import parse_qs, urlsplit

import pytest

from tests.factories import first_stage

pytestmark = pytest.mark.django_db
DEALS = "/records/deals/"


def test_an_active_filter_opens_with_its_operator_and_value(signed_in):
    text = signed_in.get(f"{DEALS}?amount__gte=1000&edit_filter=amount__gte").text
    assert '<option value="gte" selected>' in text
    assert 'name="filter-value" value="1000"' in text


def test_a_range_opens_with_both_its_ends(signed_in):
    text = signed_in.get(f"{DEALS}?amount__between=50,150&edit_filter=amount__between").text
    assert 'name="filter-value" value="50"' in text
    assert 'name="filter-value2" value="150"' in text


def test_a_choice_opens_with_its_ticks(signed_in):
    stage = first_stage("deals").pk
    text = signed_in.get(f"{DEALS}?dealstage__in={stage}&edit_filter=dealstage__in").text
    assert f'name="filter-value" value="{stage}"' in text
    assert text.count("checked") >= 1


def test_the_edited_filter_takes_the_place_of_the_former_and_leaves_the_others(signed_in):
    response = signed_in.get(
        DEALS,
        {
            "amount__gte": "1000",
            "dealname__contains": "a",
            "edit_filter": "amount__gte",
            "filter-operator": "lt",
            "filter-value": "5",
        },
    )
    assert response.status_code == 302
    query = parse_qs(urlsplit(response["Location"]).query)
    assert query == {"dealname__contains": ["a"], "amount__lt": ["5"]}


@pytest.mark.parametrize("edited", ["nonsense", "amount__nonsense", "__", "nothing__gte", "\x00"])
def test_what_cannot_be_edited_does_no_harm(signed_in, edited):
    assert signed_in.get(DEALS, {"edit_filter": edited}).status_code == 200
