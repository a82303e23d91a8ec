"""Django admin for records and the data model. Its forms, columns and search are made from properties too."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import Field, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from . import schema, search, services
from .forms import taken_values
from .models import ObjectType, Pipeline, Property, PropertyGroup, Record, Stage
from .provenance import By, Origin

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

    def clean(self) -> dict[str, Any]:
        """Refuse a unique value that another live record holds."""
        cleaned = super().clean() or {}
        kind = schema.current().type(self._meta.model.object_type_name)
        typed = {prop.name: cleaned.get(prop.column) for prop in kind.properties.values()}
        for name, (_holder, message) in taken_values(
            kind.properties.values(), typed, self.instance.pk
        ).items():
            self.add_error(kind.properties[name].column, message)
        return cleaned


class RecordAdmin(admin.ModelAdmin):
    """The records of one object type. They are archived here and not deleted, so that they can come back."""

    form = RecordForm
    readonly_fields = FACTS
    list_filter = (ArchivedFilter,)
    list_select_related = ("owner",)
    search_fields = ("search_text",)  # shows the box; see get_search_results
    show_full_result_count = False
    actions = ("archive", "restore")
    ordering = ("sort_name", "id")

    @property
    def kind(self) -> ObjectType:
        """The object type whose records these are."""
        return schema.current().type(self.model.object_type_name)

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        names = self.kind.list_properties
        return ["name_shown", *(_column(self.kind.properties[name]) for name in names)]

    @admin.display(description=_("name"), ordering="sort_name")
    def name_shown(self, record: Record) -> str:
        """The record's name, also where it has none."""
        return str(record)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        shown = [
            (str(group), {"fields": [prop.column for prop in group.members if not prop.read_only]})
            for group in self.kind.groups
        ]
        return [*shown, (_("History"), {"fields": FACTS})] if obj else shown

    def formfield_for_dbfield(self, db_field: Field, request: HttpRequest, **kwargs: Any) -> Any:
        for prop in self.kind.properties.values():
            if prop.column == db_field.name and not prop.read_only:
                return prop.kind.form_field(prop)
        return super().formfield_for_dbfield(db_field, request, **kwargs)

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
        return record if change else services.build_record(self.kind, self._values(form), by=_by(request))

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if change:
            services.update_record(obj, self._values(form), by=_by(request))
        else:
            obj.save()

    def _values(self, form: Any) -> dict[str, Any]:
        props = self.kind.properties.values()
        return {
            prop.name: form.cleaned_data[prop.column] for prop in props if prop.column in form.cleaned_data
        }

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show or save; what another save has made impossible since the form was checked is said."""
        try:
            return super().changeform_view(request, *args, **kwargs)
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
            return HttpResponseRedirect(request.get_full_path())

    @admin.action(description=_("Archive selected records"), permissions=["change"])
    def archive(self, request: HttpRequest, queryset: QuerySet) -> None:
        """Archive; associations are kept and come back with the records."""
        count = len(services.archive_records(queryset.values_list("pk", flat=True), by=_by(request)))
        text = ngettext("%(count)s record archived.", "%(count)s records archived.", count)
        messages.success(request, text % {"count": count})

    @admin.action(description=_("Restore selected records"), permissions=["change"])
    def restore(self, request: HttpRequest, queryset: QuerySet) -> None:
        """Restore, with associations; none where a unique value has been taken meanwhile."""
        try:
            count = len(services.restore_records(queryset.values_list("pk", flat=True), by=_by(request)))
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
            return
        text = ngettext("%(count)s record restored.", "%(count)s records restored.", count)
        messages.success(request, text % {"count": count})


def _by(request: HttpRequest) -> By:
    return By(request.user, Origin.ADMIN)


def _column(prop: Property) -> Callable[[Record], str]:
    @admin.display(description=prop.title, ordering=prop.kind.order_by(prop))
    def show(record: Record) -> str:
        return prop.display(record)

    show.__name__ = f"{prop.name}_shown"
    return show


for model in Record.concrete_models():
    admin.site.register(model, RecordAdmin)


@admin.register(Record)
class AnyRecordAdmin(admin.ModelAdmin):
    """Records of every type, for the fields that choose one; each is looked at and changed under its type."""

    search_fields = ("search_text",)
    ordering = ("sort_name", "id")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet, search_term: str
    ) -> tuple[QuerySet, bool]:
        return search.matching(queryset.filter(archived_at__isnull=True), search_term), False

    def has_module_permission(self, request: HttpRequest) -> bool:
        return False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


# --- The data model -------------------------------------------------------------------------------


class _FixedSet:
    """Rows that are changed here, and neither added nor deleted."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ObjectTypeForm(forms.ModelForm):
    """Checks that the chosen properties exist."""

    def clean(self) -> dict[str, Any]:
        """Refuse names of properties that the type does not have."""
        cleaned = super().clean() or {}
        known = set(Property.objects.filter(object_type=self.instance).values_list("name", flat=True))
        for field in ("secondary_properties", "list_properties"):
            names = cleaned.get(field)
            if names is None:
                continue
            if not isinstance(names, list) or any(not isinstance(name, str) for name in names):
                self.add_error(field, _('Enter a list of property names, such as ["email", "phone"].'))
            elif unknown := sorted(set(names) - known):
                self.add_error(
                    field, gettext("There is no property “%(name)s”.") % {"name": "”, “".join(unknown)}
                )
        return cleaned


@admin.register(ObjectType)
class ObjectTypeAdmin(_FixedSet, admin.ModelAdmin):
    """How the records of a type are called and shown."""

    form = ObjectTypeForm
    list_display = ("plural_label", "name", "type_id", "position")
    fields = (
        "name",
        "type_id",
        "singular",
        "plural",
        "primary_properties",
        "secondary_properties",
        "list_properties",
        "position",
    )
    # Records' names are made from the primary properties when they are saved.
    readonly_fields = ("name", "type_id", "primary_properties")


class PropertyForm(forms.ModelForm):
    """Offers the groups of the property's own type, and checks the options of a dropdown."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        groups = PropertyGroup.objects.filter(object_type=self.instance.object_type_id)
        if "group" in self.fields:  # absent for those who may only look
            self.fields["group"] = forms.ModelChoiceField(groups, label=self.fields["group"].label)

    def clean_options(self) -> Any:
        """Refuse options that are not a list of values with labels, each value once."""
        options = self.cleaned_data["options"] or []
        well_formed = isinstance(options, list) and all(
            isinstance(option, dict)
            and option.keys() == {"value", "label"}
            and all(isinstance(part, str) and part for part in option.values())
            for option in options
        )
        if not well_formed or len({option["value"] for option in options}) != len(options):
            raise ValidationError(_('Enter a list of {"value": …, "label": …}, each value once.'))
        return options


@admin.register(Property)
class PropertyAdmin(_FixedSet, admin.ModelAdmin):
    """Labels, help, order, options, and whether a property is required."""

    form = PropertyForm
    list_display = ("title", "name", "object_type", "group", "field_type", "required")
    list_filter = ("object_type", "field_type")
    search_fields = ("name", "label")
    list_select_related = ("object_type", "group")
    # What stored values and indexes follow from cannot change under them.
    readonly_fields = ("object_type", "name", "field_type")
    fields = (*readonly_fields, "label", "group", "position", "help_text", "required", "options")


@admin.register(PropertyGroup)
class PropertyGroupAdmin(admin.ModelAdmin):
    """The headings on a record's page."""

    list_display = ("label", "object_type", "position")
    list_filter = ("object_type",)


class StageInline(admin.TabularInline):
    """The stages of a pipeline; one that records stand in cannot be deleted."""

    model = Stage
    extra = 0
    min_num = 1
    validate_min = True


@admin.register(Pipeline)
class PipelineAdmin(admin.ModelAdmin):
    """Pipelines with their stages."""

    list_display = ("label", "object_type", "position")
    list_filter = ("object_type",)
    inlines = (StageInline,)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "object_type":
            with_stages = Property.objects.filter(field_type=Property.FieldType.STAGE)
            kwargs["queryset"] = ObjectType.objects.filter(pk__in=with_stages.values("object_type"))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("object_type", "name") if obj else ()
