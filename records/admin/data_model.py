"""The data model in Django's admin: object types, properties, groups, pipelines."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from records.models import ObjectType, Pipeline, Property, PropertyGroup, Stage
from records.property_kinds import KINDS


class _Kept:
    """Rows that cannot be deleted: records hold values of theirs."""

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(ObjectType)
class ObjectTypeAdmin(_Kept, admin.ModelAdmin):
    """How the records of a type are called and shown."""

    list_display = ("plural_label", "name", "type_id", "position")
    fields = (
        "name",
        "type_id",
        "singular",
        "plural",
        "icon",
        "primary_properties",
        "secondary_properties",
        "list_properties",
        "position",
    )
    # Records' names are made from the primary properties when they are saved.
    readonly_fields = ("name", "type_id", "primary_properties")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False


class GroupField(forms.ModelChoiceField):
    """Chooses a group, named with its object type."""

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.object_type} – {obj}"


class PropertyForm(forms.ModelForm):
    """Offers the field types that a new property can have."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "field_type" in self.fields:  # a new one: its values will stand in the records' JSON
            types = [(name, name.label) for name in Property.FieldType if KINDS[name].in_json]
            self.fields["field_type"] = forms.ChoiceField(
                choices=[("", "—"), *types], label=self.fields["field_type"].label
            )

    def clean_options(self) -> Any:
        """An empty field is an empty list."""
        return self.cleaned_data["options"] or []

    def clean_rules(self) -> Any:
        """An empty field is no rule."""
        return self.cleaned_data["rules"] or {}


@admin.register(Property)
class PropertyAdmin(_Kept, admin.ModelAdmin):
    """Properties are added at run time, without a migration; forms, lists and filters have them at once."""

    form = PropertyForm
    list_display = ("title", "name", "object_type", "group", "field_type", "required")
    list_filter = ("object_type", "field_type")
    search_fields = ("name", "label")
    list_select_related = ("object_type", "group", "group__object_type")
    fields = (
        "object_type",
        "name",
        "field_type",
        "label",
        "group",
        "position",
        "help_text",
        "required",
        "unique",
        "searchable",
        "options",
        "default",
        "rules",
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        # What stored values, names and indexes follow from cannot change under them.
        return ("object_type", "name", "field_type", "unique", "searchable") if obj else ()

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "group":
            kwargs["queryset"] = PropertyGroup.objects.select_related("object_type")
            kwargs["form_class"] = GroupField
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


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
