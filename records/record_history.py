"""The history of one record, as its page shows it: what happened, newest first, a change at a time."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.translation import gettext as _

from . import told
from .history import CREATED
from .history_filters import RecordHistoryFilters
from .models import Change, Record
from .told import Line, said_by

ENTRIES = 20  # changes that a page shows


@dataclass(frozen=True)
class Entry:
    """A change, and what it did to the record."""

    change: Change
    lines: Sequence[Line] = field(default_factory=list)
    may_open: bool = False  # and undo

    @property
    def can_be_undone(self) -> bool:
        """Whether the reader may undo it, and nobody has."""
        return self.may_open and not hasattr(self.change, "undone_by")


class RecordHistory:
    """A page of the history of a record, as an address asks for it."""

    def __init__(self, record: Record, query: QueryDict, user: Any) -> None:
        self.record, self.user, self.query = record, user, query
        self.filters = RecordHistoryFilters(record, query)
        text = query.get("before", "")
        self.before = int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None

    @property
    def is_narrowed(self) -> bool:
        """Whether the address asks for less than all."""
        return bool(self.filters.count)

    @cached_property
    def entries(self) -> list[Entry]:
        """The changes of the page; none where the address asks for what cannot be."""
        changes = self._changes[:ENTRIES]
        lines: dict[int, list[Line]] = {}
        wanted = self.filters.cleaned_data.get("what", "") if changes else ""
        for source in told.sources:
            if source.of_record(self.record, wanted):
                for pk, told_of_one in source.tell(self.record, changes, self.user).items():
                    lines.setdefault(pk, []).extend(told_of_one)
        return [
            Entry(change, lines.get(change.pk) or [_unclear(change)], self._may_open(change))
            for change in changes
        ]

    @cached_property
    def older(self) -> int | None:
        """The id of the change before which the next page begins; None on the last one."""
        return self._changes[ENTRIES - 1].pk if len(self._changes) > ENTRIES else None

    @cached_property
    def older_query(self) -> str:
        """The address of the next page."""
        query = self.query.copy()
        query["before"] = str(self.older)
        return f"?{query.urlencode()}"

    @cached_property
    def begins(self) -> bool:
        """Whether the page ends with a word on how the record came to be, which no change tells."""
        if self.is_narrowed or self.older:
            return False
        model: Any = self.record.kind.model
        snapshots = model.history.filter(record_ptr=self.record.pk)
        return not snapshots.filter(history_type=CREATED, change__isnull=False).exists()

    def _may_open(self, change: Change) -> bool:
        return self.user.is_staff or change.actor_id == self.user.pk

    @cached_property
    def _changes(self) -> list[Change]:
        """The changes of the page and one more: one query, each of whose parts goes by an index."""
        if not self.filters.is_valid():
            return []
        wanted = self.filters.cleaned_data["what"]
        lookups = {f"change__{name}": value for name, value in self.filters.lookups().items()}
        if self.before:
            lookups["change__lt"] = self.before
        heads = [
            self._head(rows.filter(**lookups))
            for source in told.sources
            for rows in source.of_record(self.record, wanted)
        ]
        if not heads:
            return []
        ids = heads[0].union(*heads[1:], all=True) if heads[1:] else heads[0]
        changes = Change.objects.filter(pk__in=ids).order_by("-pk")
        return list(changes.select_related("actor", "undoes", "undone_by__actor")[: ENTRIES + 1])

    @staticmethod
    def _head(rows: QuerySet) -> QuerySet:
        """Return the ids of the newest changes of some rows; the limit in a query of its own, for SQLite."""
        newest = rows.order_by("-change_id").values("change_id").distinct()[: ENTRIES + 1]
        return Change._base_manager.filter(pk__in=newest).order_by().values("pk")


def _unclear(change: Change) -> Line:
    """Say that something happened of which nothing can be read any more."""
    text = _("{who} changed something that is not shown any more")
    return Line("pencil", format_html(text, who=said_by(told.author(change))))
