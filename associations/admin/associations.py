"""Associations in Django's admin: found, added, labelled and removed, all through the services."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin import display
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import path, reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from associations import labels, saying, services
from associations.models import Association
from associations.outcomes import Labelled, Reason, Report, Status
from records.admin.choosing import RecordChoiceField, choosable
from records.admin.common import SaysRefusals, by
from records.history import recorded
from records.models import Change, Record
from records.provenance import By

from .common import (
    MOST,
    BoundedPaginator,
    refusals_as_errors,
    rehearse,
    said,
    say_removed,
    with_type,
)
from .fields import LabelsField, keys_of, labels_between
from .filters import ArchivedEndsFilter, CarriedLabelFilter, PairFilter, RecordFilter, TwoEnds

SHOWN = 100  # associations that the page before a removal names
LIST = "admin:associations_association_changelist"


def _key(name: str) -> Any:
    return Association._meta.get_field(name)


class AddForm(forms.ModelForm):
    """Two records, and the labels as they read on the page of the first."""

    author: By  # set by AssociationAdmin.get_form

    record_a = RecordChoiceField(_key("record_a"))
    record_b = RecordChoiceField(_key("record_b"))
    labels = LabelsField(help_text=_("What the other record is to the first one."))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("record_a", "record_b"):
            field: Any = self.fields[name]
            field.queryset = choosable(self.author.actor)

    def clean_record_b(self) -> Record:
        """Offer the labels of these two, now that both are known."""
        one, other = self.cleaned_data.get("record_a"), self.cleaned_data["record_b"]
        if one:
            field: Any = self.fields["labels"]
            field.offer(one.object_type_id, other.object_type_id)
        return other

    def clean(self) -> dict[str, Any]:
        """Ask the services what would become of the pair."""
        cleaned = super().clean() or {}
        if "record_a" not in cleaned or "record_b" not in cleaned:
            self.errors.pop("labels", None)
        elif "labels" in cleaned:
            self._judge(cleaned)
        return cleaned

    def _judge(self, cleaned: dict[str, Any]) -> None:
        field: Any = self.fields["labels"]
        self.words = field.words_of(cleaned["labels"])
        pair = (cleaned["record_a"].pk, cleaned["record_b"].pk)
        (outcome,) = services.preview_pairs([pair], words={pair: self.words}).outcomes
        if outcome.status in (Status.ALREADY, Status.LABELLED):
            row = Association.objects.among([outcome.pair]).get()
            url = reverse("admin:associations_association_change", args=[row.pk])
            text = gettext("These two are associated already.")
            link = format_html('{} <a href="{}">{}</a>', text, url, gettext("Look at it"))
            self.add_error("record_b", link)
        elif outcome.status == Status.REFUSED:
            of_label = outcome.reason == Reason.LABEL or isinstance(outcome.replaceable, Labelled)
            self.add_error("labels" if of_label else "record_b", outcome.message)

    def _post_clean(self) -> None:
        # The model's own checks want the pair in stored order, which the services see to.
        pass


class ChangeForm(forms.ModelForm):
    """The labels of an association as they read on the page of its first record."""

    author: By

    labels = LabelsField(help_text=_("What the other record is to the first one."))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        row, field = self.instance, self.fields.get("labels")
        if isinstance(field, LabelsField):  # it is missing where one may only look
            field.offer(row.type_a_id, row.type_b_id)
            field.widget.is_open = True
            carried = labels.carried(row.record_a_id, [row.pk])
            self.initial["labels"] = keys_of(carried.get(row.record_b_id, []))

    def clean(self) -> dict[str, Any]:
        """Ask the services whether the association may have these labels."""
        cleaned = super().clean() or {}
        if "labels" in cleaned:
            rehearse(self, self.write, "labels")
        return cleaned

    def write(self) -> Report:
        """Make the chosen labels those of the association."""
        row, field = self.instance, self.fields["labels"]
        words = field.words_of(self.cleaned_data["labels"])  # type: ignore[attr-defined]
        return services.set_words(row.record_a, row.record_b_id, words, by=self.author)


@admin.register(Association)
class AssociationAdmin(TwoEnds, SaysRefusals, admin.ModelAdmin):
    """Two records that have to do with each other, in the order in which they are stored."""

    type_ends = ("type_a", "type_b")
    list_display = ("number", "one", "other", "labels", "since", "created_by", "origin")
    sortable_by = ("number",)
    list_filter = (PairFilter, CarriedLabelFilter, RecordFilter, ArchivedEndsFilter, "origin")
    list_select_related = ()
    ordering = ("-id",)
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    paginator = BoundedPaginator
    object_history_template = "admin/associations/association_history.html"

    # --- What is shown ----------------------------------------------------------------------------

    @display(description=_("association"), ordering="id")
    def number(self, row: Association) -> str:
        """What leads to the association itself."""
        return f"#{row.pk}"

    @display(description=_("record"))
    def one(self, row: Association) -> SafeString:
        """The first record and what it is."""
        return with_type(row.record_a)

    @display(description=_("other record"))
    def other(self, row: Association) -> SafeString:
        """The second record and what it is."""
        return with_type(row.record_b)

    @display(description=_("labels"), empty_value="–")
    def labels(self, row: Association) -> str:
        """What the second record is to the first, and the other way round where it reads differently."""
        return ", ".join(map(said, row.labellings.all())) or "–"

    @display(description=_("since"))
    def since(self, row: Association) -> str:
        """The day on which they were associated."""
        return date_format(localtime(row.created_at), "SHORT_DATE_FORMAT")

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        # Each for itself: SQLite would begin a join at the records, and sort all associations.
        rows = super().get_queryset(request)
        return rows.prefetch_related("record_a", "record_b", "created_by", "labellings")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        if obj:
            return ("one", "other", "labels", "created_at", "created_by", "origin")
        return ("record_a", "record_b", "labels")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("one", "other", "created_at", "created_by", "origin") if obj else ()

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = ChangeForm if obj else AddForm
        kwargs["form"] = type(form.__name__, (form,), {"author": by(request)})
        return super().get_form(request, obj, change, **kwargs)

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(labels_between)
        return [path("labels/", view, name="associations_association_labels"), *super().get_urls()]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whether labels may be changed: those of an archived record's associations rest."""
        return super().has_change_permission(request, obj) and (obj is None or not obj.archived_ends)

    # --- Writing: the services do it --------------------------------------------------------------

    def save_form(self, request: HttpRequest, form: Any, change: bool) -> Association:
        """Associate, or label; return the association as it is stored."""
        form.save_m2m = lambda: None
        with refusals_as_errors():
            if change:
                report = form.write()
            else:
                one, other = form.cleaned_data["record_a"], form.cleaned_data["record_b"]
                report = services.associate(one, [other.pk], words={other.pk: form.words}, by=form.author)
        for text in saying.moved(report):
            messages.info(request, text)
        if not change:
            form.instance = Association.objects.among([report.outcomes[0].pair]).get()
        return form.instance

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Nothing is left to do: the services have saved it."""

    def delete_model(self, request: HttpRequest, obj: Association) -> None:
        say_removed(request, services.dissociate_pairs([obj.pair], by=by(request)), reverse(LIST))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet) -> None:
        """Remove all that were selected, as one change."""
        pairs = list(queryset.order_by().values_list("record_a_id", "record_b_id"))
        with transaction.atomic():
            author = by(request)
            if len(pairs) > 1:
                author = recorded(author, Change.Kind.BULK)
            removal = services.dissociate_pairs(pairs, by=author)
        say_removed(request, removal, reverse(LIST))

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> tuple[Any, ...]:
        """Say what would be removed. Labels go along, and the services see to that."""
        count = objs.order_by()[: MOST + 1].count() if isinstance(objs, QuerySet) else len(objs)
        shown = list(map(str, objs[:SHOWN]))
        if count > SHOWN:
            text = ngettext("and %(count)s more", "and %(count)s more", count - SHOWN)
            shown.append(text % {"count": count - SHOWN})
        too_many = _("More than %(most)s associations are selected. Narrow the list first.") % {"most": MOST}
        return shown, {self.opts.verbose_name_plural: count}, set(), [too_many] if count > MOST else []
