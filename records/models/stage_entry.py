from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .pipeline import Stage
from .record import Record


class StageEntry(models.Model):
    """A record's stay in a stage of its pipeline: from when to when. The current one has no end yet."""

    record = models.ForeignKey(Record, models.CASCADE, related_name="stage_entries")
    stage = models.ForeignKey(Stage, models.SET_NULL, null=True, related_name="+", verbose_name=_("stage"))
    label = models.CharField(
        _("label"), max_length=100, help_text=_("What the stage was called, should it be deleted.")
    )
    entered_at = models.DateTimeField(_("entered"), default=timezone.now)
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("by")
    )
    left_at = models.DateTimeField(_("left"), null=True)

    class Meta:
        ordering = ("record", "entered_at", "id")
        verbose_name = _("stay in a stage")
        verbose_name_plural = _("stays in stages")
        constraints = (
            models.UniqueConstraint(
                fields=("record",),
                condition=models.Q(left_at__isnull=True),
                name="records_stageentry_one_current",
            ),
        )
        indexes = (models.Index(fields=("record", "entered_at"), name="records_stageentry_record"),)

    def __str__(self) -> str:
        return str(self.stage or self.label)
