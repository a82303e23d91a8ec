"""Choosing a record of any type in a form of Django's admin, by a part of its name."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelect
from django.db.models import ForeignKey
from django.http import HttpRequest, JsonResponse
from django.urls import path, reverse
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from records import schema, search
from records.models import ObjectType, Record, RecordQuerySet
from records.paging import any_of
from records.text import without_nul

from .common import ReadOnly

PAGE = 20  # records at a time


def choosable_types(user: Any) -> list[ObjectType]:
    """Return the object types whose records a user may look at in the admin."""
    return [
        kind
        for kind in schema.current().types
        if any(user.has_perm(f"records.{verb}_{kind.model._meta.model_name}") for verb in ("view", "change"))
    ]


def choosable(user: Any) -> RecordQuerySet:
    """Return the live records that a user may look at in the admin, with their details."""
    return Record.objects.visible_to(user).filter(object_type__in=choosable_types(user)).with_details()


def said(record: Record) -> str:
    """Return a record's name, its type, and what else tells it from others of that name."""
    more = [text for _prop, text in record.secondary_values[:1]]
    return " · ".join([str(record), record.kind.singular_label, *more])


def choose(request: HttpRequest) -> JsonResponse:
    """Answer what select2 asks for: the records that match, best first, or without text the last changed."""
    term, page = without_nul(request.GET.get("term", "")), request.GET.get("page", "")
    number = min(int(page), search.CANDIDATES) if page.isascii() and page.isdigit() and len(page) < 6 else 1
    start = (max(number, 1) - 1) * PAGE
    records, end = choosable(request.user), start + PAGE + 1
    types = choosable_types(request.user)
    if wanted := request.GET.get("type", ""):  # the name of the only type that the form has use for
        types = [kind for kind in types if kind.name == wanted]
        records = records.filter(object_type__in=types)
    if term.strip():
        found = search.ranked(records, term, end)[start:]
    else:
        found = _last_changed(records, types, end)[start:] if types else []
    return JsonResponse(
        {
            "results": [{"id": str(record.pk), "text": said(record)} for record in found[:PAGE]],
            "pagination": {"more": len(found) > PAGE},
        }
    )


def _last_changed(records: RecordQuerySet, types: Iterable[ObjectType], number: int) -> list[Record]:
    """Return the last changed of all records: they are among the last changed of each type. One query."""
    plain, order = records.select_related(None), ("-updated_at", "-id")
    of_types = [plain.of_type(kind).order_by(*order)[:number] for kind in types]
    return list(any_of(records, of_types).order_by(*order)[:number])


class RecordSelect(AutocompleteSelect):
    """A select that searches records; without script a box for the record's number."""

    template_name = "admin/records/record_select.html"

    def get_url(self) -> str:
        return reverse(f"{self.admin_site.name}:records_record_choose")

    def optgroups(self, name: str, value: Any, attr: Any = None) -> Any:
        # Without script it is typed, and may be anything.
        known = [one for one in value if str(one).isascii() and str(one).isdigit() and len(str(one)) < 19]
        return super().optgroups(name, known, attr)

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        context["number"] = value or ""
        return context


class RecordChoiceField(forms.ModelChoiceField):
    """Chooses a live record, for a foreign key to `Record`; the form sets `queryset` to `choosable` ones."""

    def __init__(self, key: ForeignKey, **kwargs: Any) -> None:
        widget = RecordSelect(key, admin.site)
        super().__init__(
            Record.objects.none(), widget=widget, **{"label": capfirst(key.verbose_name), **kwargs}
        )
        self.error_messages["invalid_choice"] = _("There is no such record, or it has been archived.")

    def label_from_instance(self, obj: Any) -> str:
        return said(obj)


@admin.register(Record)
class AnyRecordAdmin(ReadOnly, admin.ModelAdmin):
    """Records of every type, for the fields that choose one; each is looked at and changed under its type."""

    ordering = ("-id",)
    show_full_result_count = False

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(choose)
        return [path("choose/", view, name="records_record_choose"), *super().get_urls()]

    def has_module_permission(self, request: HttpRequest) -> bool:
        return False
