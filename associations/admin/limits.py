"""Limits in Django's admin: of two object types, all in all or for one label, each way by itself."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin import display
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.formats import number_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from associations import excess, labels, limit_settings
from associations.labels import Word
from associations.limit_settings import Bound
from associations.models import AssociationLimit
from records import schema
from records.admin.common import SaysRefusals, record_link
from records.models import ObjectType

from .common import object_type, rehearse
from .filters import PairFilter

NAMED = 10  # records above a limit that its page names


def bound_of(limit: AssociationLimit) -> Bound:
    """Return what a limit is about."""
    word = Word(labels.all_labels()[limit.label_id], limit.inverse) if limit.label_id else None
    return Bound(object_type(limit.from_type_id), object_type(limit.to_type_id), word)


class LimitForm(forms.ModelForm):
    """How many, and of a new limit also of what."""

    bound: Bound

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.bound = bound_of(self.instance)
        else:
            self.fields["word"] = forms.ChoiceField(
                label=_("With the label"),
                required=False,
                choices=[("", _("Any, or none")), *_words()],
                help_text=_("What the other record is called on the page of the one that has the limit."),
            )

    def clean(self) -> dict[str, Any]:
        """Ask the services."""
        cleaned = super().clean() or {}
        if not self.instance.pk and not self.errors:
            self._choose(cleaned)
        if not self.errors:
            rehearse(self, self.write, "maximum")
        return cleaned

    def _choose(self, cleaned: dict[str, Any]) -> None:
        one, other = (object_type(cleaned[name].pk) for name in ("from_type", "to_type"))
        ends, _colon, key = cleaned["word"].rpartition(":")
        if key and ends != f"{one.pk}-{other.pk}":
            self.add_error("word", _("These two object types do not have this label."))
            return
        self.bound = Bound(one, other, labels.word(key, one.pk, other.pk) if key else None)
        if self.bound.maximum:
            self.add_error(
                "maximum",
                _("There is a limit already: “%(limit)s”.") % {"limit": self.bound.said(self.bound.maximum)},
            )

    def _post_clean(self) -> None:
        # The services check the row.
        pass

    def write(self) -> list[Bound]:
        """Set the limit; return it where it allows less than before."""
        return limit_settings.set_limits({self.bound: self.cleaned_data["maximum"]})


def _words() -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the labels that can be limited, by the two types in the direction of the limit."""
    found = []
    for one in schema.current().main_types:
        for other in schema.current().main_types:
            words = [word for word in labels.words(one.pk, other.pk) if not word.label.is_primary]
            choices = [(f"{one.pk}-{other.pk}:{word.key}", str(word)) for word in words]
            if choices:
                found.append((f"{one.plural_label} → {other.plural_label}", choices))
    return found


@admin.register(AssociationLimit)
class AssociationLimitAdmin(SaysRefusals, admin.ModelAdmin):
    """How many records of one type a record of another may have; no row, no limit."""

    form = LimitForm
    type_ends = ("from_type", "to_type")
    list_display = ("title",)
    list_filter = (PairFilter,)
    list_select_related = ("from_type", "to_type", "label")

    @display(description=gettext_lazy("limit"))
    def title(self, row: AssociationLimit) -> str:
        """The limit as a sentence."""
        return bound_of(row).said(row.maximum)

    @display(description=gettext_lazy("records above it"))
    def above(self, row: Any) -> SafeString | str:
        """How many records have more than it allows, and those that have the most."""
        page = excess.exceeding(bound_of(row), row.maximum, row.looking)
        if not page.rows:
            return _("None")
        named = ((record_link(record), number) for record, number in page.rows[:NAMED])
        lines = format_html_join("", "<li>{} ({})</li>", named)
        return format_html("{}<ul>{}</ul>", _above(page.total), lines)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        row: Any = super().get_object(request, object_id, from_field)
        if row:
            row.looking = request.user  # who may not see every record
        return row

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("title", "maximum", "above") if obj else ("from_type", "to_type", "word", "maximum")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("title", "above") if obj else ()

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        kwargs["fields"] = ("maximum",) if obj else ("from_type", "to_type", "maximum")
        return super().get_form(request, obj, change, **kwargs)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        kwargs["queryset"] = ObjectType.objects.filter(archived_at=None).order_by("position", "id")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    # --- Writing: the services do it --------------------------------------------------------------

    def save_form(self, request: HttpRequest, form: Any, change: bool) -> AssociationLimit:
        """Set the limit; say how many records have more than a lowered one allows. They stay as they are."""
        form.save_m2m = lambda: None
        bound, maximum = form.bound, form.cleaned_data["maximum"]
        lowered = form.write()
        exceeding = excess.numbers_exceeding([(one, maximum) for one in lowered], request.user)
        if bound in exceeding:
            messages.warning(request, _above(exceeding[bound]))
        form.instance = AssociationLimit.objects.get(
            from_type=bound.from_type,
            to_type=bound.to_type,
            label=bound.word.label if bound.word else None,
            inverse=bound.inverse,
        )
        return form.instance

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Nothing is left to do: the services have saved it."""

    def delete_model(self, request: HttpRequest, obj: AssociationLimit) -> None:
        limit_settings.set_limits({bound_of(obj): None})

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet) -> None:
        limit_settings.set_limits({bound_of(row): None for row in queryset})


def _above(number: int) -> str:
    text = ngettext(
        "%(count)s record has more than this limit allows. It stays as it is, and gets no more.",
        "%(count)s records have more than this limit allows. They stay as they are, and get no more.",
        number,
    )
    return text % {"count": number_format(number)}
