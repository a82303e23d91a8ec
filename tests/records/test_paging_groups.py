"""Lists sorted by a column of a related row (a stage's position, an owner's name) are read group by group."""

import random

import pytest
from django.http import QueryDict

from records import paging, schema
from records.lists import RecordList
from records.models import Deal
from tests.factories import DealFactory, UserFactory

pytestmark = pytest.mark.django_db

SIZE = 7


@pytest.fixture
def deals():
    """Deals in no order: over all stages, of several owners and of none."""
    chance = random.Random(3)
    stages = [*schema.current().type("deals").stages.values()]
    owners = [None, *(UserFactory(username=name) for name in ("zoe", "Bob", "anna", "émile", "x" * 150))]
    owners.append(UserFactory(username="gone", is_active=False))
    return [
        DealFactory(
            dealstage=(stage := chance.choice(stages)), pipeline=stage.pipeline, owner=chance.choice(owners)
        )
        for _number in range(60)
    ]


def listed(sort: str) -> RecordList:
    return RecordList(schema.current().type("deals"), QueryDict(f"sort={sort}"), None)


def walk(records: RecordList, way: str) -> list[int]:
    """Return the ids of all pages, one after the other."""
    found: list[int] = []
    page = paging.page(records.rows, records.order, SIZE, last=way == "before")
    while True:
        ids = [row.pk for row in page.rows]
        found = found + ids if way == "after" else ids + found
        cursor = getattr(page, way)
        if cursor is None:
            return found
        page = paging.page(records.rows, records.order, SIZE, **{way: cursor})


@pytest.mark.parametrize("way", ["after", "before"])
@pytest.mark.parametrize("sign", ["", "-"])
@pytest.mark.parametrize("name", ["dealstage", "hubspot_owner_id", "pipeline"])
@pytest.mark.parametrize("limit", [paging.GROUPS, 2])
def test_pages_add_up_to_the_whole_list_in_order(deals, monkeypatch, name, sign, way, limit):
    monkeypatch.setattr(paging, "GROUPS", limit)
    records = listed(f"{sign}{name}")
    lookup = records.order.lookup
    relation = lookup.split("__")[0]
    valued = Deal.objects.filter(**{f"{relation}__isnull": False}).order_by(f"{sign}{lookup}", f"{sign}pk")
    blank = Deal.objects.filter(**{f"{relation}__isnull": True}).order_by(f"{sign}pk")

    assert walk(records, way) == [deal.pk for deal in (*valued, *blank)]
