"""What associations add to the lists of the ground floor: columns, and "associated with this record"."""

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

from django.db.models import Count, QuerySet
from django.http import QueryDict
from django.template.loader import render_to_string
from django.utils.formats import localize
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from records import lists, recycle_bin
from records.models import ObjectType, Record, SavedView

from .links import Links
from .models import Association
from .type_pairs import partners

ASSOCIATED_WITH = "associated_with"  # a parameter of lists, as saved views have it
COUNTED = 100  # associated records that a cell counts at most


class AssociationColumns:
    """Extends lists (see `records.lists.Extension`)."""

    def columns(self, object_type: ObjectType) -> Iterable[lists.ExtraColumn]:
        """Return a column per object type; the company's is shown unless the user chooses others."""
        for other in partners(object_type):
            yield lists.ExtraColumn(
                name=f"associated-{other.name}",
                label=_("Associated %(type)s") % {"type": other.plural_label.lower()},
                load=partial(_cells, object_type, other),
                shown=other.name == "companies" and object_type.name != "companies",
            )

    def narrowings(self, object_type: ObjectType, query: QueryDict, user: Any) -> Iterable[lists.Narrowing]:
        """Narrow a list to the records associated with the one that the address names."""
        text = query.get(ASSOCIATED_WITH, "")
        if not text:
            return
        pk = int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0
        record = Record.objects.visible_to(user).filter(pk=pk).first()
        if record is None:
            yield lists.Narrowing(
                ASSOCIATED_WITH, _("Associated with a record that does not exist"), QuerySet.none
            )
            return
        links = Links(record, object_type)
        yield lists.Narrowing(
            ASSOCIATED_WITH,
            _("Associated with %(name)s") % {"name": record},
            links.narrow,
            count=links.number,
            by_id=links.by_id,
        )


def _cells(kind: ObjectType, object_type: ObjectType, record_ids: Sequence[int]) -> dict[int, str]:
    """Return the cell of each record: the primary associated one (or the oldest) linked, and how many more.

    The records are of the type `kind`, the others of `object_type`.

    Three queries at most.
    """
    found = Association.objects.first_for_each(record_ids, object_type.pk)
    others = Record.objects.live().in_bulk({others[0] for others in found.values() if others})
    with_more = [record_id for record_id, ids in found.items() if len(ids) > 1]
    several = (
        Association.objects.several_for_each(with_more, object_type.pk, COUNTED + 1) if with_more else {}
    )
    cells: dict[int, str] = {}
    for record_id, ids in found.items():
        if not ids or ids[0] not in others:
            continue
        context = {"other": others[ids[0]], "record_id": record_id, "object_type": object_type, "kind": kind}
        if has := several.get(record_id):
            more = has.number - 1
            context |= {"more": min(more, COUNTED - 1), "and_more": more >= COUNTED}
            context["is_primary"] = has.primary == ids[0]
        cells[record_id] = render_to_string("associations/_cell.html", context)
    return cells


def delete_views_of(record_ids: Iterable[int]) -> None:
    """Delete the saved views that show what is associated with one of these records, which go for good.

    They would show nothing, under a name that may well be the record's.
    """
    gone = set(map(str, record_ids))
    views = SavedView.objects.filter(query__contains=f"{ASSOCIATED_WITH}=")
    about = [view.pk for view in views if view.parameters.get(ASSOCIATED_WITH) in gone]
    SavedView.objects.filter(pk__in=about).delete()


def _coming_back(record_ids: Sequence[int]) -> dict[int, str]:
    """Return how many associations each of these archived records would have again. Two queries."""
    found: Counter[int] = Counter()
    for end in ("record_a", "record_b"):
        # Of the others both ends are archived: the other one would have to come back too.
        rows = Association.objects.filter(**{f"{end}__in": record_ids}, archived_ends=1).order_by()
        found.update(dict(rows.values_list(end).annotate(Count("pk"))))
    return {pk: localize(number) for pk, number in found.items()}


def register() -> None:
    """Add the columns to the lists and to the recycle bin."""
    lists.extensions.append(AssociationColumns())
    recycle_bin.columns.append(
        lists.ExtraColumn("associations", str(gettext_lazy("Associations")), _coming_back)
    )
