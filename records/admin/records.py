"""Records in Django's admin: forms, columns and search made from properties, as on the pages."""

from collections.abc import Callable
from typing import Any, ClassVar, NamedTuple

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from records import history, schema, search, services
from records.forms import missing_values, taken_values
from records.models import ObjectType, Property, Record

from .common import SaysRefusals, by

FACTS = ("created_at", "created_by", "updated_at", "updated_by", "origin", "archived_at")


class ArchivedFilter(admin.SimpleListFilter):
    """Live records, unless archived ones are asked for."""

    title = _("archived")
    parameter_name = "archived"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("Archived")), ("all", _("All"))]

    def choices(self, changelist: Any) -> Any:
        shown = super().choices(changelist)
        yield {**next(shown), "display": _("Live")}
        yield from shown

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() == "all":
            return queryset
        return queryset.filter(archived_at__isnull=self.value() != "yes")


class RecordForm(forms.ModelForm):
    """Refuses what the page's forms refuse, beside the same fields."""

    kind: ObjectType  # set by RecordAdmin.get_form, together with a field for each property

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for prop in self.kind.properties.values():
            if prop.lookup in self.fields:
                new = self.instance._state.adding and prop.default is not None
                shown = prop.kind.default_initial(prop) if new else prop.kind.initial(self.instance, prop)
                self.initial.setdefault(prop.lookup, shown)

    def clean(self) -> dict[str, Any]:
        """Refuse a unique value that another live record holds, and one that is missing in the stage."""
        cleaned = super().clean() or {}
        properties = self.kind.properties
        typed = {prop.name: cleaned.get(prop.lookup) for prop in properties.values()}
        for name, (_holder, message) in taken_values(properties.values(), typed, self.instance.pk).items():
            self.add_error(properties[name].lookup, message)
        typed = {name: value for name, value in typed.items() if properties[name].lookup in cleaned}
        record = self.instance if self.instance.pk else None
        for name, message in missing_values(self.kind, typed, record).items():
            if properties[name].lookup not in self.errors:
                self.add_error(properties[name].lookup, message)
        return cleaned


class BulkAction(NamedTuple):
    """What floors above do with records that were selected in a list."""

    name: str
    description: Any
    run: Callable[[Any, HttpRequest, QuerySet], Any]  # gets the admin, too; as Django's own actions do
    is_allowed: Callable[[HttpRequest], bool]  # to those who may change the records


class RecordAdmin(SaysRefusals, admin.ModelAdmin):
    """The records of one object type. They are archived here and not deleted, so that they can come back."""

    form = RecordForm
    readonly_fields = FACTS
    inlines: ClassVar[list[Any]] = []  # what floors above know of a record
    bulk_actions: ClassVar[list[BulkAction]] = []  # and what they do with several
    object_history_template = "admin/records/record_history.html"
    list_filter: ClassVar[tuple[Any, ...]] = (ArchivedFilter,)
    list_select_related = ("owner", "object_type")
    search_fields = ("search_text",)  # shows the box; see get_search_results
    show_full_result_count = False
    actions = ("archive", "restore")
    ordering = ("sort_name", "id")

    def kind_of(self, request: HttpRequest, record: Record | None = None) -> ObjectType:
        """Return the object type that a page is about."""
        return schema.current().type(self.model.object_type_name)

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        return ["name_shown", *map(_column, self._shown(request))]

    def _shown(self, request: HttpRequest) -> list[Property]:
        kind = self.kind_of(request)
        return [kind.properties[name] for name in kind.list_properties if name in kind.properties]

    @admin.display(description=_("name"), ordering="sort_name")
    def name_shown(self, record: Record) -> str:
        """The record's name, also where it has none."""
        return str(record)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        shown = [
            (str(group), {"fields": [prop.lookup for prop in group.members if not prop.read_only]})
            for group in self.kind_of(request, obj).groups
        ]
        return [*shown, (_("History"), {"fields": FACTS})] if obj else shown

    def get_inlines(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """Return what is said of a record once it is there."""
        return self.inlines if obj else []

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        kind = self.kind_of(request, obj)
        fields = {
            prop.lookup: prop.kind.form_field(prop) for prop in kind.properties.values() if not prop.read_only
        }
        kwargs["form"] = type("RecordForm", (RecordForm,), {"kind": kind, **fields})
        return super().get_form(request, obj, change, **kwargs)

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        records: Any = super().get_queryset(request)
        return records.with_values(self._shown(request))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet, search_term: str
    ) -> tuple[QuerySet, bool]:
        return search.matching(queryset, search_term), False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and (obj is None or obj.archived_at is None)

    # --- Writing: the services do it --------------------------------------------------------------

    def save_form(self, request: HttpRequest, form: Any, change: bool) -> Record:
        record = super().save_form(request, form, change)
        return record if change else services.build_record(form.kind, self._values(form), by=by(request))

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        # One save is one change, and what the inlines write belongs to it.
        form.by = history.recorded(by(request))
        if change:
            services.update_record(obj, self._values(form), by=form.by)
        else:
            services.create_records([obj], by=form.by)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Let an inline save what it holds."""
        formset.save(by=form.by)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        history.forget_if_empty(form.by.change)

    def _values(self, form: Any) -> dict[str, Any]:
        properties = form.kind.properties.values()
        cleaned = form.cleaned_data
        return {prop.name: cleaned[prop.lookup] for prop in properties if prop.lookup in cleaned}

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Offer what floors above do as well, to those who may."""
        offered = super().get_actions(request)
        if "archive" in offered:  # not in a pop-up, and not to those who only look
            for one in self.bulk_actions:
                if one.is_allowed(request):
                    offered[one.name] = (one.run, one.name, one.description)
        return offered

    @admin.action(description=_("Archive selected records"), permissions=["change"])
    def archive(self, request: HttpRequest, queryset: QuerySet) -> None:
        """Archive; associations are kept and come back with the records."""
        count = len(services.archive_records(queryset.values_list("pk", flat=True), by=by(request)))
        text = ngettext("%(count)s record archived.", "%(count)s records archived.", count)
        messages.success(request, text % {"count": count})

    @admin.action(description=_("Restore selected records"), permissions=["change"])
    def restore(self, request: HttpRequest, queryset: QuerySet) -> None:
        """Restore, with associations; none where a unique value has been taken meanwhile."""
        try:
            count = len(services.restore_records(queryset.values_list("pk", flat=True), by=by(request)))
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
            return
        text = ngettext("%(count)s record restored.", "%(count)s records restored.", count)
        messages.success(request, text % {"count": count})


def _column(prop: Property) -> Callable[[Record], str]:
    @admin.display(description=prop.title, ordering=prop.kind.order_by(prop) if prop.sortable else None)
    def show(record: Record) -> str:
        return prop.display(record)

    show.__name__ = f"{prop.name}_shown"
    return show


class CustomRecordAdmin(RecordAdmin):
    """The records of all types that users defined; one is added where the list is filtered by its type."""

    list_filter: ClassVar[tuple[Any, ...]] = ("object_type", ArchivedFilter)

    def kind_of(self, request: HttpRequest, record: Record | None = None) -> Any:
        """Return the record's type, else the one that the list is filtered by, else None."""
        if record is not None:
            return record.kind
        # A link from the list says there how it was filtered.
        query = QueryDict(request.GET.get("_changelist_filters", "")) or request.GET
        chosen = query.get("object_type__id__exact", "")
        customs = {str(kind.pk): kind for kind in schema.current().types if kind.is_custom}
        return customs.get(chosen)

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        return super().get_list_display(request) if self.kind_of(request) else ["name_shown", "object_type"]

    def _shown(self, request: HttpRequest) -> list[Property]:
        return super()._shown(request) if self.kind_of(request) else []

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request) and self.kind_of(request) is not None


for model in Record.concrete_models():
    admin.site.register(model, RecordAdmin if model.object_type_name else CustomRecordAdmin)
