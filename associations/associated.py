"""All records of one type that a record is associated with, as a list: what "View all" leads to.

It is a list like any (`records.lists`), with what the associations say as columns, to sort and to filter by.
Sorted by date the associations are walked, in the order of their index; else see `associations.links`.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.http import QueryDict
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from records import paging
from records.lists import COUNTED, ExtraColumn, Narrowing, RecordList
from records.models import ObjectType, Record

from . import labels
from .label_forms import Choice
from .labels import Word
from .links import Links
from .models import Association
from .models.association import canonical

LABEL = "label"  # the parameter that names labels (see `Links`)
SINCE = "association-since"  # the column that the list can be sorted by


class AssociatedList(RecordList):
    """The records of one type that a record is associated with, as the address asks for them."""

    def __init__(self, record: Record, object_type: ObjectType, query: QueryDict, user: Any) -> None:
        self.record = record
        self.links = Links(record, object_type, [key for key in query.getlist(LABEL) if key])
        self.actions = ExtraColumn("actions", _("Actions"), self._action_cells, css="table__actions")
        super().__init__(object_type, query, user)

    def _scope(self) -> Narrowing:
        number = None if self.links.is_narrowed else self.links.number
        return Narrowing("", "", self.links.narrow, count=number, by_id=self.links.by_id)

    def _narrowings(self) -> list[Narrowing]:
        narrowings = super()._narrowings()
        if self.links.is_narrowed:
            names = [str(word) for word in self.links.chosen]
            names += [_("no label")] if self.links.unlabelled else []
            names += [_("a label that does not exist")] if self.links.is_unknown else []
            text = _("Labels: %(names)s") % {"names": ", ".join(names)}
            narrowings.append(Narrowing(LABEL, text, lambda rows: rows))  # the scope has narrowed by it
        return narrowings

    @property
    def address(self) -> str:
        """Where the list is."""
        return reverse(
            "associations:section", args=[self.record.kind.name, self.record.pk, self.object_type.name]
        )

    @property
    def back(self) -> str:
        """The address of the list as it is shown."""
        return f"{self.address}?{self.query.urlencode()}"

    @property
    def has_board(self) -> bool:
        """The list is a table only."""
        return False

    @property
    def label_choices(self) -> list[Choice]:
        """The labels to filter by."""
        return [Choice(word, word in self.links.chosen) for word in self.links.words]

    # --- Columns ----------------------------------------------------------------------------------

    @cached_property
    def extra_columns(self) -> dict[str, ExtraColumn]:
        """What the associations say, then the columns that every list of the type has."""
        mine = [
            ExtraColumn(SINCE, _("Associated since"), partial(self._cells, "since"), True, sortable=True),
            ExtraColumn("association-by", _("Associated by"), partial(self._cells, "by"), True),
        ]
        if self.links.words:
            mine.insert(0, ExtraColumn("association-labels", _("Labels"), self._label_cells, True))
        others = dict(super().extra_columns)
        of_its_type = f"associated-{self.record.kind.name}"
        if of_its_type in others:  # in each row it would say the same
            others[of_its_type] = replace(others[of_its_type], shown=False)
        return {column.name: column for column in mine} | others

    @cached_property
    def _associations(self) -> dict[int, Association]:
        """The associations of the page's records, by these. One query."""
        pairs = [canonical(self.record.pk, other.pk) for other in self.page.rows]
        rows = Association.objects.of(self.record.pk).among(pairs).select_related("created_by")
        return {row.other_end(self.record.pk): row for row in rows}

    @cached_property
    def _words(self) -> dict[int, list[Word]]:
        """What the page's records are called on the record's page. One query."""
        return labels.carried(self.record.pk, [row.pk for row in self._associations.values()])

    def _cells(self, what: str, ids: Sequence[int]) -> dict[int, str]:
        template = f"associations/_associated_{what}.html"
        return {pk: render_to_string(template, {"row": row}) for pk, row in self._associations.items()}

    def _label_cells(self, ids: Sequence[int]) -> dict[int, str]:
        cells: dict[int, str] = {}
        for other in self.page.rows:
            context = {"record": self.record, "other": other, "back": self.back}
            context["words"] = self._words.get(other.pk, [])
            cells[other.pk] = render_to_string("associations/_labels.html", context)
        return cells

    def _action_cells(self, ids: Sequence[int]) -> dict[int, str]:
        has_primary = labels.primary_word(self.record.object_type_id, self.object_type.pk) is not None
        cells: dict[int, str] = {}
        for other in self.page.rows:
            words = self._words.get(other.pk, ()) if self.links.words else ()
            is_primary = any(word.label.is_primary and not word.inverse for word in words)
            context = {
                "record": self.record,
                "other": other,
                "back": self.back,
                "has_labels": bool(self.links.words),
                "may_be_primary": has_primary and not is_primary,
            }
            cells[other.pk] = render_to_string("associations/_associated_actions.html", context)
        return cells

    # --- Order and pages --------------------------------------------------------------------------

    @property
    def _by_since(self) -> bool:
        return self.sort.removeprefix("-") == SINCE

    @property
    def order(self) -> paging.Order:
        """The order of the list or, by date, of the associations."""
        if self._by_since:
            return paging.Order("created_at", self.sort.startswith("-"))
        return super().order

    @cached_property
    def page(self) -> paging.Page:
        """The page that the address asks for. Raises paging.BadCursor."""
        if not self._by_since:
            return super().page
        page = paging.page(
            Association.objects.all(),
            replace(self.order, parts=tuple(self._ends())),
            self.page_size,
            after=self.query.get("after", ""),
            before=self.query.get("before", ""),
            last=bool(self.query.get("last")),
        )
        ids = [row.other_end(self.record.pk) for row in page.rows]
        found = self.object_type.model.objects.filter(pk__in=ids).select_related("owner").in_bulk()
        return replace(page, rows=[found[pk] for pk in ids if pk in found])

    def _ends(self) -> list[Q]:
        """Return the conditions on associations under which they lead to the list's records, one per end."""
        conditions = []
        for here, there in (("a", "b"), ("b", "a")):
            ends: dict[str, Any] = {f"record_{here}": self.record.pk, "archived_ends": 0}
            ends[f"type_{there}"] = self.object_type.pk
            if self.links.few is not None:
                ends[f"record_{there}__in"] = self.links.few
            listed = Exists(self.rows.order_by().filter(pk=OuterRef(f"record_{there}")))
            # The list is narrowed by the labels too; said here, a database need not find each record to know.
            conditions.append(Q(**ends) & self.links.condition & Q(listed))
        return conditions

    @cached_property
    def count(self) -> int:
        """How many records there are: by labels alone from the associations, else as any list counts."""
        by_more = self.text or self.filters or len(self.narrowings) > 1
        if self.links.is_narrowed and not self.links.by_id and not by_more:
            return self.links.count(None if self.query.get("count") else COUNTED + 1)
        return super().count

    def ids(self) -> list[int]:
        """Return the ids of all records of the list, of all its pages. Two queries."""
        found: list[int] = []
        for side in self.links.sides():
            listed = Exists(self.rows.order_by().filter(pk=OuterRef("other")))
            found += side.filter(listed).values_list("other", flat=True)
        return found

    def among(self, ids: Sequence[int]) -> list[int]:
        """Return those of some ids that the record is associated with and that the user may see."""
        associated = Association.objects.live().associated_among(self.record.pk, ids)
        visible = self.object_type.model.objects.visible_to(self.user).of_type(self.object_type)
        there = set(visible.filter(pk__in=associated).values_list("pk", flat=True))
        return [pk for pk in ids if pk in there]
