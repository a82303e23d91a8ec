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
from records.models import Meeting, ObjectType, Record
from records.search import ranked_by_type
from records.text import without_nul

from .attendees import attends
from .automatic import ADDRESS_PROPERTIES, WITH_ADDRESSES, addresses, proposed
from .models import Association
from .type_pairs import may_be_associated

FOUND = 5  # of each object type, by a search
LISTED = 200  # records that an activity is associated with
PICKED = 25  # records that one can pick for an activity of no record's page
FOLLOWED = 5  # of them, whose rules are followed
SHOWN = "others-shown"  # what a form says that has the list
FOLLOW = "others-follow"  # what a request says whose addresses have changed


@dataclass(frozen=True)
class Row:
    """A record that an activity shall be associated with, why, and whether it is ticked."""

    record: Record
    reason: str
    is_ticked: bool
    mark: str = ""  # under which the form says that it was in the list
    attends: bool = False  # the meeting that the activity is


class _Listing:
    """Rows of records, and what a search among all others has found."""

    kind: ObjectType  # of the activity
    user: Any
    text: str
    rows: list[Row]
    is_made_anew = False  # whether other records stand in it once one is ticked

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

    @property
    def number(self) -> int:
        """With how many records it will be associated."""
        return len(self.chosen)

    @property
    def takes_attendees(self) -> bool:
        """Whether contacts that are ticked attend it."""
        return self.kind.name == Meeting.object_type_name

    @property
    def attendees(self) -> int:
        """How many of the ticked records attend it."""
        return sum(row.attends and row.is_ticked for row in self.rows)

    def _row(self, record: Record, reason: str, is_ticked: bool, mark: str = "") -> Row:
        return Row(record, reason, is_ticked, mark, attends(self.kind, record))

    def _records(self, ids: Sequence[int]) -> list[Record]:
        """Return records that a search has found and somebody has ticked. One query at most."""
        found = Record.objects.visible_to(self.user).in_bulk(list(ids)) if ids else {}
        return [found[pk] for pk in ids if pk in found and not found[pk].kind.is_activity]

    def _added(self, ids: Sequence[int]) -> list[Row]:
        return [self._row(one, _("Added"), True) for one in self._records(ids)]


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
            self._row(
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
        return 1 + super().number

    @property
    def own_attends(self) -> bool:
        """Whether the record that it is logged on attends it."""
        return attends(self.kind, self.record)

    @property
    def attendees(self) -> int:
        """How many of the records attend it."""
        return self.own_attends + super().attendees


class PickedOthers(_Listing):
    """With what an activity shall be associated that is logged on no record's page: the records that somebody
    has picked, and what the rules propose for the first of these.

    Without script nobody is asked about the proposals before they are saved: then they hold.
    """

    is_open = is_made_anew = True

    def __init__(self, kind: ObjectType, user: Any, data: QueryDict) -> None:
        self.kind, self.user, self.text = kind, user, _text(data)
        ticked, proposed_before = numbers(data, "others"), set(numbers(data, "proposed"))
        listed = numbers(data, "picked")
        new = [pk for pk in ticked if pk not in {*listed, *proposed_before}]
        types = {one.pk for one in schema.current().main_types if may_be_associated(one.pk, kind.pk)}
        picked = [one for one in self._records([*listed, *new][:PICKED]) if one.object_type_id in types]
        self.rows = [self._row(one, _("Added"), one.pk in ticked, "picked") for one in picked]
        there = {one.pk for one in picked}
        for one in [row.record for row in self.rows if row.is_ticked][:FOLLOWED]:
            for proposal in proposed(one, kind, user):
                record = proposal.record
                if record.pk not in there:
                    there.add(record.pk)
                    is_ticked = record.pk in ticked or record.pk not in proposed_before
                    self.rows.append(self._row(record, proposal.reason, is_ticked, "proposed"))


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
            self._row(one, "", SHOWN not in data or one.pk in ticked or one.pk not in before, "listed")
            for one in listed
        ]
        self.rows += self._added([pk for pk in ticked if pk not in records])


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
