"""Labels in Django's admin: what `label_settings` lets administrators do to them."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin import display
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from associations import label_settings
from associations.label_settings import MANY_USES
from associations.models import AssociationLabel
from records.admin.common import SaysRefusals
from records.admin.records import ArchivedFilter
from records.models import ObjectType

from .common import object_type, rehearse
from .filters import PairFilter

CHANGE = "admin:associations_associationlabel_change"


class LabelForm(forms.ModelForm):
    """The words of a label; refuses what `label_settings` refuses, beside the same fields."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "name" in self.fields:
            self.fields["name"].required = False
            self.fields["name"].help_text = _("Made from the label where it is left empty.")

    def clean(self) -> dict[str, Any]:
        """Ask the services."""
        cleaned = super().clean() or {}
        if not self.errors:
            rehearse(self, self.write)
        return cleaned

    def _post_clean(self) -> None:
        # The services check the row.
        pass

    def write(self) -> AssociationLabel:
        """Create the label, or give it its words."""
        typed = self.cleaned_data
        words = (typed["label"], typed["inverse_label"])
        if self.instance.pk:
            return label_settings.update_label(self.instance, *words)
        return label_settings.create_label(typed["from_type"], typed["to_type"], *words, typed["name"])


class LabelList(ChangeList):
    """A page of labels with the number of associations that carry each: one query for all."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        uses = label_settings.labels_in_use([row.pk for row in self.result_list])
        for row in self.result_list:
            row.uses = uses.get(row.pk, 0)


@admin.register(AssociationLabel)
class AssociationLabelAdmin(SaysRefusals, admin.ModelAdmin):
    """What records of two object types can be to each other."""

    form = LabelForm
    type_ends = ("from_type", "to_type")
    list_display = ("title", "types", "name", "used", "archived_at")
    list_filter = (PairFilter, ArchivedFilter)
    search_fields = ("label", "inverse_label", "name")
    ordering = ("from_type__position", "to_type__position", "position", "id")
    actions = ("archive", "restore", "move_up", "move_down")

    @display(description=gettext_lazy("label"), ordering="label")
    def title(self, row: AssociationLabel) -> str:
        """Its word, or both."""
        return str(row)

    @display(description=gettext_lazy("of object types"))
    def types(self, row: AssociationLabel) -> str:
        """Whose page it stands on, and what it is said of."""
        return " → ".join(object_type(pk).plural_label for pk in (row.from_type_id, row.to_type_id))

    @display(description=gettext_lazy("associations"))
    def used(self, row: AssociationLabel) -> SafeString | str:
        """How many associations carry it, as a link to them."""
        uses = getattr(row, "uses", None)
        if uses is None:
            uses = label_settings.labels_in_use([row.pk])[row.pk]
        if not uses:
            return "0"
        types = ".".join(object_type(pk).name for pk in (row.from_type_id, row.to_type_id))
        url = f"{reverse('admin:associations_association_changelist')}?pair={types}&label={row.pk}"
        number = _("more than %(number)s") if uses > MANY_USES else "%(number)s"
        said = number % {"number": number_format(min(uses, MANY_USES))}
        return format_html('<a href="{}">{}</a>', url, said)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return LabelList

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        words = ("label", "inverse_label")
        if obj:
            return ("types", *words, "name", "used", "archived_at")
        return ("from_type", "to_type", *words, "name")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        # What stored labels follow from cannot change under them.
        return ("types", "name", "used", "archived_at") if obj else ()

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        kwargs["queryset"] = ObjectType.objects.filter(archived_at=None).order_by("position", "id")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whether a label may be changed: nobody changes Kith's own."""
        return super().has_change_permission(request, obj) and not (obj and obj.is_primary)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and not (obj and obj.is_primary)

    # --- Writing: the services do it --------------------------------------------------------------

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Offer to archive and not to delete: what is in use cannot be deleted."""
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    def save_form(self, request: HttpRequest, form: Any, change: bool) -> AssociationLabel:
        form.save_m2m = lambda: None
        form.instance = form.write()
        return form.instance

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Nothing is left to do: the services have saved it."""

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Delete a label that nothing knows; of another say that it can be archived."""
        label = self.get_object(request, object_id)
        if label and self.has_delete_permission(request, label) and label_settings.known_labels([label.pk]):
            text = _("“%(label)s” is in use, or in the history: it can only be archived.") % {"label": label}
            messages.error(request, text)
            return HttpResponseRedirect(reverse(CHANGE, args=[label.pk]))
        try:
            return super().delete_view(request, object_id, extra_context)
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
            return HttpResponseRedirect(reverse(CHANGE, args=[object_id]))

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> tuple[Any, ...]:
        """Say what would be deleted; its limits go along."""
        return list(map(str, objs)), {self.opts.verbose_name_plural: len(objs)}, set(), []

    def delete_model(self, request: HttpRequest, obj: AssociationLabel) -> None:
        label_settings.delete_label(obj)

    def response_change(self, request: HttpRequest, obj: AssociationLabel) -> HttpResponse:
        """Archive or restore where that button was pressed."""
        for name, act, text in (
            ("_archive", label_settings.archive_label, _("“%(label)s” was archived.")),
            ("_restore", label_settings.restore_label, _("“%(label)s” was restored.")),
        ):
            if name in request.POST:
                act(obj)
                messages.success(request, text % {"label": obj})
                return HttpResponseRedirect(request.get_full_path())
        return super().response_change(request, obj)

    @admin.action(description=gettext_lazy("Archive selected labels"), permissions=["change"])
    def archive(self, request: HttpRequest, queryset: QuerySet) -> None:
        """Archive; associations keep the labels."""
        self._each(request, queryset, label_settings.archive_label, _("“%(label)s” was archived."))

    @admin.action(description=gettext_lazy("Restore selected labels"), permissions=["change"])
    def restore(self, request: HttpRequest, queryset: QuerySet) -> None:
        """Restore, to the associations that carry them."""
        self._each(request, queryset, label_settings.restore_label, _("“%(label)s” was restored."))

    @admin.action(description=gettext_lazy("Move selected labels up"), permissions=["change"])
    def move_up(self, request: HttpRequest, queryset: QuerySet) -> None:
        """Let each change places with the one before it."""
        for row in queryset.filter(is_primary=False):
            label_settings.move_label(row, up=True)

    @admin.action(description=gettext_lazy("Move selected labels down"), permissions=["change"])
    def move_down(self, request: HttpRequest, queryset: QuerySet) -> None:
        """Let each change places with the one behind it, the last one first."""
        for row in reversed(queryset.filter(is_primary=False)):
            label_settings.move_label(row, up=False)

    def _each(
        self, request: HttpRequest, rows: QuerySet, act: Callable[[AssociationLabel], Any], text: str
    ) -> None:
        for row in rows:
            try:
                act(row)
            except ValidationError as error:
                messages.error(request, " ".join(error.messages))
            else:
                messages.success(request, text % {"label": row})
