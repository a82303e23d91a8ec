"""Django admin for associations and their limits."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from records.provenance import By, Origin

from . import services
from .models import Association, AssociationLimit


def _by(request: HttpRequest) -> By:
    return By(request.user, Origin.ADMIN)


class AssociationForm(forms.ModelForm):
    """Refuses what the rules forbid, with their own words."""

    def clean(self) -> dict[str, Any]:
        """Ask the services what would become of the pair."""
        cleaned = super().clean() or {}
        if "record_a" in cleaned and "record_b" in cleaned:
            pair = (cleaned["record_a"].pk, cleaned["record_b"].pk)
            (outcome,) = services.preview_pairs([pair]).outcomes
            if outcome.status == services.Status.ALREADY:
                self.add_error("record_b", _("These two are associated already."))
            elif outcome.status == services.Status.REFUSED:
                self.add_error("record_b", outcome.message)
        return cleaned

    def _post_clean(self) -> None:
        # The model's own checks want the pair in stored order, which the services see to.
        pass


@admin.register(Association)
class AssociationAdmin(admin.ModelAdmin):
    """Associations are added and removed; they have nothing to change."""

    form = AssociationForm
    list_display = ("record_a", "type_a", "record_b", "type_b", "created_at", "created_by", "origin")
    list_filter = ("type_a", "type_b", "origin")
    list_select_related = ("record_a", "record_b", "type_a", "type_b", "created_by")
    show_full_result_count = False
    autocomplete_fields = ("record_a", "record_b")
    fields = ("record_a", "record_b")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("record_a", "record_b", "created_at", "created_by", "origin") if obj else ()

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("record_a", "record_b", "created_at", "created_by", "origin") if obj else self.fields

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_form(self, request: HttpRequest, form: Any, change: bool) -> Association:
        form.save_m2m = lambda: None
        one, other = form.cleaned_data["record_a"], form.cleaned_data["record_b"]
        services.associate(one, [other.pk], by=_by(request))
        form.instance = Association.objects.get(
            record_a=min(one.pk, other.pk), record_b=max(one.pk, other.pk)
        )
        return form.instance

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Nothing is left to do: the services have saved it."""

    def delete_model(self, request: HttpRequest, obj: Association) -> None:
        services.dissociate_pairs([obj.pair], by=_by(request))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet) -> None:
        services.dissociate_pairs(queryset.values_list("record_a_id", "record_b_id"), by=_by(request))


@admin.register(AssociationLimit)
class AssociationLimitAdmin(admin.ModelAdmin):
    """How many records of one type a record of another may have, whatever the labels; no row, no limit."""

    fields = ("from_type", "to_type", "maximum")
    list_display = ("from_type", "to_type", "maximum")
    list_editable = ("maximum",)
    list_display_links = ("from_type",)
    list_select_related = ("from_type", "to_type")

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).filter(label=None)
