from django.db import models
from django.utils.translation import gettext_lazy as _

from .change import Snapshots
from .pipeline import Pipeline, RankField, Stage
from .record import Record
from .standard import board_index


class CustomRecord(Record):
    """A record of a type that users defined, whichever it is; its properties stand in its JSON.

    Only the stage has a column: a stage that records stand in must not be deleted, and boards need its index.
    """

    object_type_name = ""

    pipeline = models.ForeignKey(
        Pipeline, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("pipeline")
    )
    stage = models.ForeignKey(
        Stage, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("stage")
    )
    rank = RankField()

    history = Snapshots()

    class Meta:
        verbose_name = _("custom record")
        verbose_name_plural = _("custom records")
        indexes = (board_index("customrecord", "stage"),)
