"""The pages of all contacts that the hub is associated with."""

from typing import Any

from django.http import QueryDict

from associations.associated import SINCE, AssociatedList
from associations.links import UNLABELLED
from associations.models import Association
from records import paging, schema
from records.models import Record


def hub_pages(hub: Record, user: Any) -> dict[str, list[str]]:
    """Return what is measured of them: by its name, the addresses."""
    contacts = schema.current().type("contacts")
    page = f"{hub.get_absolute_url()}associations/contacts/"
    by_date = AssociatedList(hub, contacts, QueryDict(f"sort={SINCE}"), user).order
    rows = Association.objects.of(hub.pk).order_by("created_at", "pk")
    number = rows.count()
    middle = [rows[int(number * share / 100)] for share in (40, 45, 50, 55, 60)]
    return {
        "All of the hub, page 1": [page],
        "All of the hub, by date": [f"{page}?sort=-{SINCE}"],
        "All of the hub, by date, middle": [
            f"{page}?sort={SINCE}&after={paging.cursor(row, by_date)}" for row in middle
        ],
        "All of the hub, last page": [f"{page}?last=1"],
        "All of the hub, without a label": [f"{page}?label={UNLABELLED}"],
    }
