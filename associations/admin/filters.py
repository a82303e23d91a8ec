"""Filters and search of the admin's lists of associations, labels, limits and events."""

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from associations.labels import all_labels
from associations.models import AssociationLabel, Labelling
from records import schema, search
from records.models import ObjectType, Record

from .common import object_type

SHOWN = 50  # labels that a filter offers; as many as a pair of types can have


class TwoEnds:
    """A list whose rows concern two records: where they stand, and their object types (lookups)."""

    record_ends: tuple[str, str] = ("record_a", "record_b")
    type_ends: tuple[str, str] = ("record_a__object_type", "record_b__object_type")
    search_fields: Any = ("record_a",)  # shows the box
    search_help_text: Any = _("Name, address and so on of either record")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet, search_term: str
    ) -> tuple[QuerySet, bool]:
        """Find the rows of records that match."""
        if not search_term.strip():
            return queryset, False
        records = search.matching(Record.objects.all(), search_term).order_by().values("pk")
        rows: Any = queryset.model._base_manager.order_by()
        # Each end by itself, since each has an index of its own.
        one, other = (rows.filter(**{f"{end}__in": records}).values("pk") for end in self.record_ends)
        return queryset.filter(pk__in=one.union(other, all=True)), False


def chosen_types(request: HttpRequest) -> list[ObjectType]:
    """Return the object type, or the two, that a list is filtered by."""
    names = request.GET.get(PairFilter.parameter_name, "").split(".")
    found = [next((kind for kind in schema.current().types if kind.name == name), None) for name in names]
    return [kind for kind in found if kind] if len(found) < 3 and all(found) else []


class PairFilter(admin.SimpleListFilter):
    """Rows of one object type; once that is chosen, of a pair of types in whichever order."""

    title = _("object types")
    parameter_name = "pair"

    def __init__(self, request: HttpRequest, params: Any, model: Any, model_admin: Any) -> None:
        self.ends = model_admin.type_ends
        super().__init__(request, params, model, model_admin)

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterator[tuple[str, str]]:  # type: ignore[override]
        chosen = chosen_types(request)[:1]
        for kind in schema.current().types:
            yield kind.name, kind.plural_label
            if [kind] == chosen:
                for other in schema.current().types:
                    yield f"{kind.name}.{other.name}", f"{kind.plural_label} ↔ {other.plural_label}"

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() is None:
            return queryset
        chosen = chosen_types(request)
        if not chosen:
            raise IncorrectLookupParameters
        one, other = self.ends
        if len(chosen) == 1:
            return queryset.filter(Q(**{one: chosen[0]}) | Q(**{other: chosen[0]}))
        ways = [dict(zip(self.ends, way, strict=True)) for way in (chosen, chosen[::-1])]
        return queryset.filter(Q(**ways[0]) | Q(**ways[1]))


class LabelFilter(admin.SimpleListFilter):
    """Rows with a label: one of the chosen object types, where there are too many to offer all."""

    title = _("label")
    parameter_name = "label"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        chosen = chosen_types(request)
        fitting = [label for label in all_labels().values() if _fits(label, chosen)]
        shown = fitting[:SHOWN]
        named = self._named()
        if named and named not in shown:
            shown.append(named)
        return [(str(label.pk), f"{label} ({_of(label)})") for label in shown]

    def _named(self) -> AssociationLabel | None:
        text = self.value() or ""
        return all_labels().get(int(text)) if text.isascii() and text.isdigit() and len(text) < 19 else None

    def has_output(self) -> bool:
        return super().has_output() or self.value() is not None

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() is None:
            return queryset
        label = self._named()
        if label is None:
            raise IncorrectLookupParameters
        return self.narrowed(queryset, label)

    def narrowed(self, queryset: QuerySet, label: AssociationLabel) -> QuerySet:
        """Return the rows with a label."""
        return queryset.filter(label=label.pk)


class CarriedLabelFilter(LabelFilter):
    """Associations that carry a label."""

    def narrowed(self, queryset: QuerySet, label: AssociationLabel) -> QuerySet:
        rows = Labelling.objects.filter(label=label.pk).order_by()
        return queryset.filter(pk__in=rows.values("association"))


def _fits(label: AssociationLabel, chosen: list[ObjectType]) -> bool:
    ends = [label.from_type_id, label.to_type_id]
    if len(chosen) == 2:
        return sorted(ends) == sorted(kind.pk for kind in chosen)
    return not chosen or chosen[0].pk in ends


def _of(label: AssociationLabel) -> str:
    one, other = (object_type(pk).plural_label for pk in (label.from_type_id, label.to_type_id))
    return f"{one} ↔ {other}"


class RecordFilter(admin.SimpleListFilter):
    """Rows of one record, at whichever end; to be linked to, so it shows only where it is chosen."""

    title = _("record")
    parameter_name = "record"

    def __init__(self, request: HttpRequest, params: Any, model: Any, model_admin: Any) -> None:
        self.ends = model_admin.record_ends
        super().__init__(request, params, model, model_admin)

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        if self.value() is None:
            return []
        text = self.value() or ""
        number = int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0
        record = Record.objects.filter(pk=number).first()
        if record is None:
            raise IncorrectLookupParameters
        return [(str(record.pk), str(record))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() is None:
            return queryset
        one, other = self.ends
        return queryset.filter(Q(**{one: self.value()}) | Q(**{other: self.value()}))


class ArchivedEndsFilter(admin.SimpleListFilter):
    """Associations that pages show, or those that an archived record hides."""

    title = _("archived")
    parameter_name = "archived"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("no", _("Both records live")), ("yes", _("With an archived record"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() == "no":
            return queryset.filter(archived_ends=0)
        return queryset.filter(archived_ends__gt=0) if self.value() == "yes" else queryset
