from django.db import models
from django.utils.translation import gettext_lazy as _

from records.models import Record

from .association import Association


class TimelinePin(models.Model):
    """The activity that stands first on a record's timeline, as long as they are associated."""

    record = models.OneToOneField(Record, models.CASCADE, related_name="+", verbose_name=_("record"))
    activity = models.ForeignKey(Record, models.CASCADE, related_name="+", verbose_name=_("activity"))
    association = models.OneToOneField(
        Association, models.CASCADE, related_name="+", verbose_name=_("association")
    )

    class Meta:
        verbose_name = _("pinned activity")
        verbose_name_plural = _("pinned activities")

    def __str__(self) -> str:
        return str(self.activity)
