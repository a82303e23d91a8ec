from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from records.provenance import Origin

from .object_type import ObjectType


class Erasure(models.Model):
    """The written record that a record was deleted for good: that it happened, and nothing of what it was."""

    class Kind(models.TextChoices):
        """Why it was deleted."""

        MANUAL = "manual", _("deleted from the recycle bin")
        EXPIRED = "expired", _("its time in the recycle bin was over")
        PRIVACY = "privacy", _("erased for data protection")

    at = models.DateTimeField(_("when"), default=timezone.now, editable=False)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("who")
    )
    origin = models.CharField(_("from"), max_length=10, choices=Origin.choices)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    object_type = models.ForeignKey(
        ObjectType, models.CASCADE, related_name="+", verbose_name=_("object type")
    )
    record_id = models.PositiveBigIntegerField(_("record"), db_index=True)
    reason = models.CharField(_("reason"), max_length=255, blank=True)
    # How much went with it, by what it was (see `records.erasing.Part`): {"association": 12, "snapshot": 3}.
    counts = models.JSONField(_("what was deleted"), default=dict)

    class Meta:
        ordering = ("-id",)
        verbose_name = _("permanent deletion")
        verbose_name_plural = _("permanent deletions")

    def __str__(self) -> str:
        return f"{self.object_type} {self.record_id}: {self.get_kind_display()}"

    @property
    def went(self) -> list[tuple[Any, int]]:
        """What went with the record, as a reader is told, and how many of each."""
        from records.erasing import part_names

        names = part_names()
        return [(names.get(name, name), number) for name, number in sorted(self.counts.items())]
