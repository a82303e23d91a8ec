from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from records.models import Change, Record
from records.provenance import Origin

from .label import AssociationLabel


class AssociationEvent(models.Model):
    """What history keeps of an association: that a change added or removed it, or a label of it.

    A removal keeps since when, by whom and whence the association was, so that an undo brings it back as it
    was. The records' ids are in the association's order.
    """

    class Action(models.TextChoices):
        """What happened to the association."""

        ADDED = "added", _("added")
        REMOVED = "removed", _("removed")
        LABELLED = "labelled", _("label added")
        UNLABELLED = "unlabelled", _("label removed")

    change = models.ForeignKey(Change, models.CASCADE, related_name="association_events", db_index=False)
    action = models.CharField(_("action"), max_length=10, choices=Action.choices)
    record_a = models.ForeignKey(Record, models.CASCADE, related_name="+", db_index=False)
    record_b = models.ForeignKey(Record, models.CASCADE, related_name="+", db_index=False)
    label = models.ForeignKey(AssociationLabel, models.PROTECT, null=True, related_name="+", db_index=False)
    # Whether the smaller id stands at the label's `from` end.
    from_a = models.BooleanField(default=True)
    since = models.DateTimeField(null=True)
    origin = models.CharField(max_length=10, choices=Origin.choices, blank=True)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", db_index=False
    )

    class Meta:
        ordering = ("-id",)
        verbose_name = _("event of an association")
        verbose_name_plural = _("events of associations")
        indexes = (
            # A record's history: its changes, and in each all that befell one other record together.
            models.Index(fields=("record_a", "change", "record_b"), name="associations_event_a"),
            models.Index(fields=("record_b", "change", "record_a"), name="associations_event_b"),
            models.Index(fields=("change", "id"), name="associations_event_change"),
            # Whether history names a label, which then stays.
            models.Index(
                fields=("label",),
                condition=models.Q(label__isnull=False),
                name="associations_event_label",
            ),
        )

    def __str__(self) -> str:
        return f"{self.record_a_id} ↔ {self.record_b_id}: {self.get_action_display()}"
