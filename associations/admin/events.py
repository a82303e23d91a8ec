"""What became of associations, and the labels that they carry, in Django's admin: to be looked at."""

from typing import Any

from django.contrib import admin
from django.contrib.admin import display
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from associations.labels import Word, all_labels
from associations.models import Association, AssociationEvent, Labelling
from records.admin.common import ReadOnly
from records.models import Record

from .common import BoundedPaginator, with_type
from .filters import LabelFilter, PairFilter, RecordFilter, TwoEnds

NEWEST = 100  # events that the history of an association or a record shows


class TwoRecordsAdmin(ReadOnly, TwoEnds, admin.ModelAdmin):
    """A list of what concerns two records, newest first."""

    ordering = ("-id",)
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    paginator = BoundedPaginator
    list_select_related = ()
    looked_up: tuple[str, ...]  # what a page looks up for all its rows

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        # Each for itself: SQLite would begin a join at the records, and sort all rows.
        return super().get_queryset(request).prefetch_related(*self.looked_up)

    @display(description=_("record"))
    def one(self, row: Any) -> SafeString:
        """The record at the first end."""
        return with_type(getattr(row, self.record_ends[0]))

    @display(description=_("other record"))
    def other(self, row: Any) -> SafeString:
        """The record at the other end."""
        return with_type(getattr(row, self.record_ends[1]))


@admin.register(AssociationEvent)
class AssociationEventAdmin(TwoRecordsAdmin):
    """When, by whom and from where associations and their labels came and went."""

    list_display = ("at", "action", "one", "other", "word", "actor", "origin_of_change", "undo")
    list_filter = ("action", PairFilter, LabelFilter, RecordFilter, "change__origin")
    looked_up = ("record_a", "record_b", "change__actor")
    fields = list_display

    @display(description=_("when"), ordering="id")
    def at(self, row: AssociationEvent) -> Any:
        """When it happened."""
        return row.change.at

    @display(description=_("label"))
    def word(self, row: AssociationEvent) -> str:
        """The label that came or went, as it reads on the first record's page."""
        return word_of(row) or "–"

    @display(description=_("by"))
    def actor(self, row: AssociationEvent) -> str:
        """Who did it."""
        return str(row.change.actor or "–")

    @display(description=_("from"))
    def origin_of_change(self, row: AssociationEvent) -> str:
        """From where it was done."""
        return row.change.get_origin_display()

    @display(description=_("undo"))
    def undo(self, row: AssociationEvent) -> SafeString:
        """What leads to the page that undoes the change to which the event belongs."""
        url = reverse("history:undo", args=[row.change_id])
        return format_html('<a href="{}">{}</a>', url, _("What undoing does"))


def word_of(event: AssociationEvent) -> str:
    """Return the label that an event is about, as it reads on the page of its first record."""
    if event.label_id is None:
        return ""
    label = all_labels()[event.label_id]
    return str(Word(label, inverse=label.is_directed and not event.from_a))


def history_of(row: Association | Record) -> list[AssociationEvent]:
    """Return the newest events of an association, or of all of a record's: three queries at most."""
    events = AssociationEvent.objects.select_related("record_a", "record_b", "change__actor")
    if isinstance(row, Association):
        return list(events.filter(record_a=row.record_a_id, record_b=row.record_b_id)[:NEWEST])
    # Each end by itself, since each has an index of its own.
    ends = [events.filter(**{end: row.pk}).values_list("pk", flat=True) for end in ("record_a", "record_b")]
    newest = sorted((pk for end in ends for pk in end[:NEWEST]), reverse=True)[:NEWEST]
    return list(events.filter(pk__in=newest))


@admin.register(Labelling)
class LabellingAdmin(TwoRecordsAdmin):
    """Which associations carry which label; they get it on their own pages."""

    record_ends = ("from_record", "to_record")
    type_ends = ("from_record__object_type", "to_record__object_type")
    list_display = ("word", "one", "other", "carried_by")
    list_filter = (PairFilter, LabelFilter, RecordFilter)
    looked_up = ("from_record", "to_record")
    fields = list_display

    @display(description=_("label"))
    def word(self, row: Labelling) -> str:
        """What the other record is called on the first one's page, and the other way round."""
        return str(all_labels()[row.label_id])

    @display(description=_("association"))
    def carried_by(self, row: Labelling) -> SafeString:
        """What leads to the association."""
        url = reverse("admin:associations_association_change", args=[row.association_id])
        return format_html('<a href="{}">#{}</a>', url, row.association_id)
