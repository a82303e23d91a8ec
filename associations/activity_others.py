"""The list of records that an activity is or shall be associated with: in its editor, and on the timeline.

A form says `others`, the ticked ones, and what they were ticked among: `proposed` by the rules, or `listed`
as associated already.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django import forms
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext as _

from records import schema
from records.models import ObjectType, Record
from records.search import ranked_by_type
from records.text import without_nul

from .automatic import ADDRESS_PROPERTIES, WITH_ADDRESSES, addresses, proposed
from .models import Association
from .type_pairs import may_be_associated

FOUND = 5  # of each object type, by a search
LISTED = 200  # records that an activity is associated with
SHOWN = "others-shown"  # what a form says that has the list
FOLLOW = "others-follow"  # what a request says whose addresses have changed


@dataclass(frozen=True)
class Row:
    """A record that an activity shall be associated with, why, and whether it is ticked."""

    record: Record
    reason: str
    is_ticked: bool
    mark: str = ""  # under which the form says that it was in the list


class _Listing:
    """Rows of records, and what a search among all others has found."""

    kind: ObjectType  # of the activity
    user: Any
    text: str
    rows: list[Row]

    def excluded(self) -> Iterable[int]:
        """Return the ids of the records that a search does not offer."""
        return [row.record.pk for row in self.rows]

    @cached_property
    def found(self) -> list[tuple[ObjectType, list[Record]]]:
        """What the search found, by type. Two queries at most."""
        types = [one for one in schema.current().main_types if may_be_associated(one.pk, self.kind.pk)]
        # Activities are left out here too: where search knows no types they would push others aside.
        records = Record.objects.visible_to(self.user).filter(happened_at__isnull=True).with_details()
        records = records.exclude(pk__in=self.excluded())
        return ranked_by_type(records, types, self.text, FOUND)

    @property
    def chosen(self) -> list[int]:
        """The ids of the records that are ticked."""
        return [row.record.pk for row in self.rows if row.is_ticked]

    def _added(self, ids: Sequence[int]) -> list[Row]:
        """Return rows of records that a search has found and somebody has ticked. One query at most."""
        found = Record.objects.visible_to(self.user).in_bulk(list(ids)) if ids else {}
        return [
            Row(found[pk], _("Added"), True) for pk in ids if pk in found and not found[pk].kind.is_activity
        ]


class Others(_Listing):
    """With what else an activity shall be associated that is being logged on a record.

    At first what the rules propose is ticked; then what the form says, and what the rules propose anew since
    an address has been typed.
    """

    def __init__(self, record: Record, kind: ObjectType, user: Any, form: forms.Form) -> None:
        self.record, self.kind, self.user = record, kind, user
        data = form.data if form.is_bound else QueryDict()
        self.text = _text(data)
        self.is_open = SHOWN in data or "others" in data
        ticked, before = numbers(data, "others"), set(numbers(data, "proposed"))
        typed = (form[name] for name in ADDRESS_PROPERTIES if name in form.fields)
        self.fields = list(typed) if kind.name in WITH_ADDRESSES else []
        taking_part = addresses(str(field.value() or "") for field in self.fields)
        proposals = proposed(record, kind, user, taking_part)
        now = {one.record.pk for one in proposals}
        self.rows = [
            Row(
                one.record,
                one.reason,
                not self.is_open or one.record.pk in ticked or one.record.pk not in before,
                "proposed",
            )
            for one in proposals
        ]
        # Who takes part no longer goes with the address; what else the rules have come to leave out stays.
        gone = before - now if FOLLOW in data else set()
        self.rows += self._added([pk for pk in ticked if pk not in {record.pk, *now, *gone}])

    def excluded(self) -> Iterable[int]:
        """Return the ids of the records that a search does not offer: its own record is there anyway."""
        return [self.record.pk, *super().excluded()]

    @property
    def number(self) -> int:
        """With how many records it will be associated."""
        return 1 + len(self.chosen)


class Associated(_Listing):
    """With what an activity is associated, and what else somebody has ticked to add."""

    def __init__(self, activity: Record, user: Any, data: QueryDict | None = None) -> None:
        self.activity, self.kind, self.user = activity, activity.kind, user
        data = QueryDict() if data is None else data
        self.text = _text(data)
        links = Association.objects.newest(
            activity.pk, [one.pk for one in schema.current().main_types], LISTED + 1
        )
        links.sort(key=lambda link: link.association_id)
        self.has_more = len(links) > LISTED
        records = Record.objects.visible_to(user).in_bulk([link.other_id for link in links[:LISTED]])
        listed = [records[link.other_id] for link in links[:LISTED] if link.other_id in records]
        ticked, before = numbers(data, "others"), set(numbers(data, "listed"))
        self.rows = [
            Row(one, "", SHOWN not in data or one.pk in ticked or one.pk not in before, "listed")
            for one in listed
        ]
        self.rows += self._added([pk for pk in ticked if pk not in records])

    @property
    def number(self) -> int:
        """With how many records it will be associated."""
        return len(self.chosen)


def searches(request: HttpRequest, listing: _Listing) -> bool:
    """Whether a form is sent to search the list: by its button or, without script, by Enter in its field."""
    action, before = request.POST.get("action"), _text(request.POST, "others-q-was")
    return action == "search" or (action == "enter" and listing.text not in ("", before))


def numbers(data: Any, name: str) -> list[int]:
    """Return the ids that a form gives under a name, each once, without what is no number."""
    texts = data.getlist(name) if isinstance(data, QueryDict) else []
    return list(
        dict.fromkeys(int(text) for text in texts if text.isascii() and text.isdigit() and len(text) < 19)
    )


def _text(data: Any, name: str = "others-q") -> str:
    return without_nul(data.get(name, "").strip()[:200])
