"""What history tells of records themselves: created, changed, archived, restored, merged."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import BooleanField, Count, F, Func, OuterRef, Q, QuerySet, Subquery
from django.utils.formats import localize
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from . import told
from .differences import Pair, differences
from .history import CHANGED, CREATED
from .json_values import JSONText
from .models import Change, ObjectType, Property, Record
from .paging import Number, any_of
from .told import COUNTED, Difference, Line, Part, Row, author, known, mention, said_by

ROWS = 25  # records of a change that a page shows


class IsDistinctFrom(Func):
    """Whether two values are not the same, where null is a value like others."""

    arg_joiner = " IS DISTINCT FROM "
    template = "(%(expressions)s)"
    output_field = BooleanField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """Return the SQL that every SQLite has."""
        return super().as_sql(compiler, connection, arg_joiner=" IS NOT ", **context)


class Snapshots:
    """Tells of records by their snapshots (see `told.Source`)."""

    place = 10
    name = "properties"
    label = gettext_lazy("Records")

    # --- Of one record ----------------------------------------------------------------------------

    def of_record(self, record: Record, wanted: str) -> list[QuerySet]:
        """Return the record's snapshots; where one property is wanted, those that gave it another value."""
        rows = _snapshots(record.kind.model).filter(record_ptr=record.pk, change__isnull=False)
        if wanted in ("", self.name):
            return [rows]
        properties = {**record.kind.properties, **record.kind.archived_properties}
        prop = next((one for one in properties.values() if told.property_key(one.name) == wanted), None)
        return [_with_another(rows, prop)] if prop else []

    def tell(self, record: Record, changes: Sequence[Change], user: Any) -> dict[int, list[Line]]:
        """Return what the changes did to the record: two queries, and one where it was merged."""
        found = _pairs(record.kind.model, [record.pk], [change.pk for change in changes])
        by_change = {change.pk: change for change in changes}
        into = known(_merged_into(found.values()), user)
        return {
            change_id: _lines(record.kind, by_change[change_id], pairs, into)
            for (_pk, change_id), pairs in found.items()
        }

    # --- Of one change ----------------------------------------------------------------------------

    def numbers(self, change: Any) -> list[Subquery]:
        """Return the numbers of records, by model."""
        return [Number(_ids(model, change)[: COUNTED + 1]) for model in Record.concrete_models()]

    def first(self, change: Any) -> list[Subquery]:
        """Return the first record of each model."""
        return [Subquery(_ids(model, change)[:1]) for model in Record.concrete_models()]

    def facts(self, change: Change) -> list[str]:
        """Say how many records were created, and how many changed otherwise: a query per model."""
        numbers: dict[str, int] = defaultdict(int)
        for model in Record.concrete_models():
            rows = _snapshots(model).filter(change=change).values_list("history_type")
            for what, number in rows.annotate(Count("record_ptr", distinct=True)):
                numbers[what] += number
        texts = {
            CREATED: ngettext("%(count)s record created", "%(count)s records created", numbers[CREATED]),
            CHANGED: ngettext("%(count)s record changed", "%(count)s records changed", numbers[CHANGED]),
        }
        return [text % {"count": localize(numbers[what])} for what, text in texts.items() if numbers[what]]

    def page(self, change: Change, user: Any, after: int, about: int) -> Part:
        """Return a page of the records, by their ids: a few queries, and two per model on it."""
        heads = []
        for model in Record.concrete_models():
            ids = _ids(model, change.pk).filter(record_ptr__gt=after)
            ids = ids.filter(record_ptr=about) if about else ids
            heads.append(Record.objects.filter(pk__in=ids[: ROWS + 1]))
        found = any_of(Record.objects.all(), heads).order_by("pk")
        pks = list(found.values_list("pk", flat=True)[: ROWS + 1])
        shown, more = pks[:ROWS], len(pks) > ROWS
        records = known(shown, user)
        rows = self._rows(change, [records[pk] for pk in shown if pk in records], user)
        return Part(rows, shown[-1] if more else None, hidden=len(shown) - len(records))

    def _rows(self, change: Change, records: Iterable[Record], user: Any) -> list[Row]:
        by_model: dict[Any, list[Record]] = defaultdict(list)
        for record in records:
            by_model[record.kind.model].append(record)
        pairs: dict[tuple[int, int], list[Pair]] = {}
        for model, of_model in by_model.items():
            pairs |= _pairs(model, [record.pk for record in of_model], [change.pk])
        into = known(_merged_into(pairs.values()), user)
        return [
            Row(mention(record), _lines(record.kind, change, pairs[record.pk, change.pk], into), record.kind)
            for of_model in by_model.values()
            for record in of_model
        ]


def _snapshots(model: Any) -> QuerySet:
    return model.history.order_by()


def _ids(model: Any, change: Any) -> QuerySet:
    """Return the ids of the records of a model that a change touched, in their order."""
    rows = _snapshots(model).filter(change=change)
    return rows.order_by("record_ptr_id").values("record_ptr_id").distinct()


def _earlier() -> Any:
    """Return the ids that the snapshots before the one of a query around it are looked up by."""
    return {"record_ptr": OuterRef("record_ptr"), "history_id__lt": OuterRef("history_id")}


def _pairs(model: Any, ids: Sequence[int], changes: Sequence[int]) -> dict[tuple[int, int], list[Pair]]:
    """Return the snapshots of records in changes, each with the one before it, by record and change.

    Two queries.
    """
    rows = _snapshots(model).filter(record_ptr__in=ids, change__in=changes).order_by("history_id")
    earlier = _snapshots(model).filter(**_earlier()).order_by("-history_id")
    found_rows = list(rows.annotate(before_id=Subquery(earlier.values("history_id")[:1])))
    before = _snapshots(model).in_bulk([row.before_id for row in found_rows if row.before_id])
    found: dict[tuple[int, int], list[Pair]] = {}
    for row in found_rows:
        pair = (before.get(row.before_id), row)
        found.setdefault((row.record_ptr_id, row.change_id), []).append(pair)
    return found


def _merged_into(pairs: Iterable[Sequence[Pair]]) -> set[int]:
    return {now.merged_into_id for of_one in pairs for _was, now in of_one if now.merged_into_id}


def _with_another(rows: QuerySet, prop: Property) -> QuerySet:
    """Return the snapshots in which a property has another value than in the one before."""
    value = F(prop.column) if prop.column else JSONText(prop.name)
    earlier = rows.model.objects.filter(**_earlier()).order_by("-history_id")
    was = Subquery(earlier.annotate(one=value).values("one")[:1])
    none = Q(one__isnull=True)
    if prop.column and prop.kind.blank == "":
        none |= Q(one="")
    rows = rows.annotate(one=value)
    # In a first snapshot a property has another value only if it has one.
    return rows.filter(IsDistinctFrom("one", was)).exclude(none & Q(history_type=CREATED))


# --- In words ---------------------------------------------------------------------------------------


def _lines(kind: ObjectType, change: Change, pairs: Sequence[Pair], into: dict[int, Record]) -> list[Line]:
    who = author(change)
    first, last = pairs[0][0], pairs[-1][1]
    found = differences(kind, pairs)
    if first is None:
        text = format_html(_("{who} created this {type}"), who=said_by(who), type=kind.singular_label.lower())
        values = [difference for _prop, difference in found]
        return [Line("sparkles", text, _("Created"), values, folded=True)]
    lines = []
    if found:
        text = _sentence(who, *found[0]) if len(found) == 1 else _count(who, len(found))
        lines.append(Line("pencil", text, _("Changed"), [difference for _prop, difference in found]))
    if last.merged_into_id and not first.merged_into_id:
        other = mention(into.get(last.merged_into_id))
        text = format_html(_("{who} merged it into {other}"), who=said_by(who), other=other)
        lines.append(Line("arrows-pointing-in", text, format_html(_("Merged into {other}"), other=other)))
    elif last.archived_at and not first.archived_at:
        text = format_html(_("{who} archived it"), who=said_by(who))
        lines.append(Line("archive-box", text, _("Archived")))
    elif first.archived_at and not last.archived_at:
        text = format_html(_("{who} restored it"), who=said_by(who))
        lines.append(Line("arrow-uturn-left", text, _("Restored")))
    return lines


def _count(who: str, number: int) -> Any:
    text = ngettext("{who} changed {count} property", "{who} changed {count} properties", number)
    return format_html(text, who=said_by(who), count=number)


def _sentence(who: str, prop: Property | None, difference: Difference) -> Any:
    """Say what became of one property."""
    if difference.passage:
        text = _("{who} changed {property}")
    elif prop and prop.field_type == Property.FieldType.STAGE and difference.was:
        text = _("{who} moved it from {was} to {now}")
    elif difference.was and difference.now:
        text = _("{who} changed {property} from {was} to {now}")
    elif difference.now:
        text = _("{who} set {property} to {now}")
    else:
        text = _("{who} emptied {property}, which was {was}")
    return format_html(
        text,
        who=said_by(who),
        property=format_html("<b>{}</b>", difference.title),
        was=format_html('<span class="history__was">{}</span>', difference.was),
        now=format_html('<span class="history__now">{}</span>', difference.now),
    )


def register() -> None:
    """Take part in telling of history."""
    told.register(Snapshots())
