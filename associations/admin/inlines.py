"""A record's associations on its own page in Django's admin, in both directions, as one list.

An association points to its two records by two keys, in the order of their numbers, which no inline of
Django's follows: the rows here are those where the record stands at either end, each seen from it.
"""

from functools import cached_property
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.checks import InlineModelAdminChecks
from django.forms.formsets import DELETION_FIELD_NAME, formset_factory
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from associations import labels, saying, services
from associations.labels import Word
from associations.models import Association
from associations.outcomes import AssociationRefused, Labelled, Outcome, Reason, Removal, Report
from records.admin.choosing import RecordChoiceField, choosable
from records.admin.common import by, record_url
from records.admin.records import RecordAdmin
from records.models import Record
from records.provenance import By

from .common import refusals_as_errors, rehearsed, say_removed
from .fields import LabelsField, keys_of

NEWEST = 25  # associations that a record's page shows
PREFIX = "associations"


class LinkForm(forms.Form):
    """An association as one of its records sees it, or one that is to be."""

    association = forms.IntegerField(required=False, widget=forms.HiddenInput)
    other = RecordChoiceField(Association._meta.get_field("record_b"), label=gettext_lazy("record"))
    labels = LabelsField(show_hidden_initial=True)

    chosen: Any  # the field of the labels

    def __init__(
        self, *args: Any, record: Record, row: Association | None, is_new: bool, user: Any, **kwargs: Any
    ) -> None:
        self.record, self.row, self.is_new = record, row, is_new
        super().__init__(*args, **kwargs)
        self.chosen = self.fields["labels"]
        self.chosen.widget.one = record.pk
        if is_new:
            other: Any = self.fields["other"]
            other.queryset = choosable(user)
            other.widget.attrs["aria-label"] = _("Record to associate")
        else:
            del self.fields["other"]
        if row:
            self._offer(self.seen)

    def _offer(self, other: Record) -> None:
        self.chosen.offer(self.record.object_type_id, other.object_type_id)

    @property
    def is_gone(self) -> bool:
        """Whether the association that the page showed has been removed meanwhile."""
        return self.row is None and not self.is_new

    @property
    def seen(self) -> Record:
        """The record at the other end."""
        if self.row is None:
            return self.cleaned_data["other"]
        return self.row.record_b if self.row.record_a_id == self.record.pk else self.row.record_a

    @property
    def seen_url(self) -> str:
        """The page of the record at the other end."""
        return record_url(self.seen)

    def clean_other(self) -> Record:
        """Offer the labels of these two, now that both are known."""
        other = self.cleaned_data["other"]
        self._offer(other)
        return other

    def clean(self) -> dict[str, Any]:
        """Say nothing of labels where the association itself is in doubt."""
        if "other" in self.errors or self.is_gone:
            self.errors.pop("labels", None)
        going = self.cleaned_data.get(DELETION_FIELD_NAME)
        if self.is_gone and "labels" in self.changed_data and not going:
            self.add_error(None, _("This association has been removed meanwhile."))
        return super().clean() or {}

    @property
    def words_carried(self) -> list[Word]:
        """The labels that the association carries."""
        return self.chosen.words_of(self.initial.get("labels", ()))

    @property
    def words(self) -> list[Word]:
        """The labels that were chosen."""
        return self.chosen.words_of(self.cleaned_data.get("labels", ()))

    @property
    def words_before(self) -> list[Word]:
        """The labels that the page showed when it was opened."""
        name = self["labels"].html_initial_name
        keys = self.chosen.hidden_widget().value_from_datadict(self.data, self.files, name)
        return self.chosen.words_of(key for key in keys if key in self.chosen.words)

    def refuse(self, outcome: Outcome) -> None:
        """Show why the services refuse what is asked for here."""
        of_label = outcome.reason == Reason.LABEL or isinstance(outcome.replaceable, Labelled)
        self.add_error("labels" if of_label or not self.is_new else "other", outcome.message)


class LinkFormSet(forms.BaseFormSet):
    """The newest associations of a record, and new ones; saved through the services, all or nothing."""

    # Set by AssociationInline.get_formset.
    request: HttpRequest
    may_add: bool
    may_change: bool

    model = Association
    most = NEWEST

    def __init__(
        self, *, instance: Record, queryset: Any = None, save_as_new: bool = False, **kwargs: Any
    ) -> None:
        self.record = instance
        self.new_objects: list[Association] = []
        self.changed_objects: list[tuple[Association, list[str]]] = []
        self.deleted_objects: list[Association] = []
        super().__init__(**kwargs)
        rows = [row for row in self.get_queryset() if row]
        carried = labels.carried(self.record.pk, [row.pk for row in rows]) if rows else {}
        self.initial = [self._initial(row, carried) for row in self.get_queryset()]

    def _initial(self, row: Association | None, carried: dict[int, list[Word]]) -> dict[str, Any]:
        if row is None:
            return {}
        other = row.record_b_id if row.record_a_id == self.record.pk else row.record_a_id
        return {"association": row.pk, "labels": keys_of(carried.get(other, []))}

    @classmethod
    def get_default_prefix(cls) -> str:
        return PREFIX

    # --- Which associations -------------------------------------------------------------------------

    def get_queryset(self) -> list[Any]:
        """Return the associations that the page shows; once it is sent, those that it showed."""
        return self._sent if self.is_bound else self._newest[:NEWEST]

    @property
    def has_more(self) -> bool:
        """Whether the record has more than are shown."""
        return len(self._newest) > NEWEST

    @cached_property
    def _newest(self) -> list[Association]:
        return Association.objects.feed(self.record.pk, NEWEST + 1)

    @cached_property
    def _sent(self) -> list[Association | None]:
        # By what the form says and not by place: another save may have added or removed some meanwhile.
        places = range(min(self.initial_form_count(), self.total_form_count()))
        texts = [self.data.get(f"{self.add_prefix(place)}-association", "") for place in places]
        ids = [int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0 for text in texts]
        rows = Association.objects.of(self.record.pk).select_related("record_a", "record_b", "created_by")
        found = rows.filter(archived_ends=0).in_bulk(ids) if ids else {}
        return [found.get(pk) for pk in ids]

    def get_form_kwargs(self, index: int | None) -> dict[str, Any]:
        """Tell each form its association, if it is about one that there is."""
        rows = self.get_queryset()
        known = index is not None and index < self.initial_form_count()
        return {
            **super().get_form_kwargs(index),
            "record": self.record,
            "user": self.request.user,
            "is_new": not known,
            "row": rows[index] if known and index is not None and index < len(rows) else None,
        }

    # --- What is to become of them --------------------------------------------------------------------

    @property
    def _going(self) -> list[Any]:
        going = [form for form in self.initial_forms if self._should_delete_form(form)]  # type: ignore[attr-defined]
        return [form for form in going if form.row]

    @property
    def _coming(self) -> list[Any]:
        return [form for form in self.extra_forms if form.has_changed()] if self.may_add else []

    @property
    def _labelled(self) -> list[Any]:
        if not self.may_change:
            return []
        going: Any = self._going
        staying = [form for form in self.initial_forms if form.row and form not in going]
        return [form for form in staying if "labels" in form.changed_data]

    def clean(self) -> None:
        """Ask the services, and show what they refuse beside the association that it is about."""
        if any(self.errors) or not (self._going or self._coming or self._labelled):
            return
        forms_by_other = {form.seen.pk: form for form in (*self._labelled, *self._coming)}
        try:
            rehearsed(lambda: self._write(by(self.request)))
        except AssociationRefused as refused:
            for outcome in refused.report.refused:
                (other,) = set(outcome.pair) - {self.record.pk} or {self.record.pk}
                forms_by_other[other].refuse(outcome)

    def save(self, by: By) -> None:
        """Write what was asked for, and say what follows from it. Raises ValidationError."""
        going, coming, labelled = self._going, self._coming, self._labelled
        if not (going or coming or labelled):
            return
        with refusals_as_errors():
            removal, reports = self._write(by)
        for report in reports:
            for text in saying.moved(report):
                messages.info(self.request, text)
        say_removed(self.request, removal, self.request.get_full_path())
        self.deleted_objects = [form.row for form in going]
        self.changed_objects = [(form.row, ["labels"]) for form in labelled]
        added = [outcome.pair for outcome in reports[0].associated]
        if added:
            rows = Association.objects.among(added).select_related("record_a", "record_b")
            self.new_objects = [row for row in rows if row.pair in added]

    def _write(self, author: By) -> tuple[Removal, list[Report]]:
        """Remove, take labels off, associate and label, in this order: the first makes room for the rest."""
        me, labelled = self.record.pk, self._labelled
        removal = services.dissociate(self.record, [form.seen.pk for form in self._going], by=author)
        off = {(me, form.seen.pk): _without(form.words_before, form.words) for form in labelled}
        on = {(me, form.seen.pk): _without(form.words, form.words_before) for form in labelled}
        new: dict[int, list[Word]] = {}
        for form in self._coming:
            new.setdefault(form.seen.pk, []).extend(form.words)
        if off:
            services.unlabel_pairs(off, by=author)
        return removal, [
            services.associate(self.record, new, words=new, by=author),
            services.label_pairs({pair: words for pair, words in on.items() if words}, by=author),
        ]


def _without(words: list[Word], others: list[Word]) -> list[Word]:
    return [word for word in words if word not in others]


class _Checks(InlineModelAdminChecks):
    """Django's checks, but for those of the one key that an inline has otherwise."""

    def _check_relation(self, obj: Any, parent_model: Any) -> list[Any]:
        return []

    def _check_exclude_of_parent_model(self, obj: Any, parent_model: Any) -> list[Any]:
        return []


class AssociationInline(admin.TabularInline):
    """The newest associations of a record, with a form for further ones."""

    model = Association
    checks_class = _Checks
    template = "admin/associations/inline.html"
    fields = ("other", "labels")

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        """Return a formset of what this user may do to the record's associations."""
        may_add = self.has_add_permission(request, obj)
        formset = formset_factory(
            LinkForm,
            formset=LinkFormSet,
            extra=1 if may_add else 0,
            max_num=None if may_add else 0,
            can_delete=self.has_delete_permission(request, obj),
            can_delete_extra=False,
        )
        formset.request, formset.may_add = request, may_add  # type: ignore[attr-defined]
        formset.may_change = self.has_change_permission(request, obj)  # type: ignore[attr-defined]
        return formset


def register() -> None:
    """Show the associations of a record on its page; the ground floor knows nothing of them."""
    RecordAdmin.inlines.append(AssociationInline)
