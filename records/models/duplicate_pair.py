from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .object_type import ObjectType
from .record import Record


class DuplicatePair(models.Model):
    """Two records of one type that may be the same: suggested by a search, until merged or dismissed."""

    class Reason(models.TextChoices):
        """What is alike, from the strongest sign to the weakest."""

        EMAIL = "email", _("same email")
        DOMAIN = "domain", _("same domain")
        PHONE = "phone", _("same phone")
        NAME = "name", _("similar name")

    object_type = models.ForeignKey(ObjectType, models.CASCADE, related_name="+", db_index=False)
    record_a = models.ForeignKey(Record, models.CASCADE, related_name="+", db_index=False)
    record_b = models.ForeignKey(Record, models.CASCADE, related_name="+")
    score = models.PositiveSmallIntegerField(_("likeness"), help_text=_("From 0 to 100."))
    reason = models.CharField(_("reason"), max_length=10, choices=Reason.choices)
    found_at = models.DateTimeField(_("found"), default=timezone.now)
    dismissed_at = models.DateTimeField(_("not a duplicate since"), null=True)
    dismissed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", db_index=False
    )

    class Meta:
        ordering = ("-score", "id")
        verbose_name = _("possible duplicate")
        verbose_name_plural = _("possible duplicates")
        constraints = (
            models.UniqueConstraint(fields=("record_a", "record_b"), name="records_duplicate_unique"),
            models.CheckConstraint(condition=Q(record_a__lt=F("record_b")), name="records_duplicate_order"),
        )
        indexes = (
            models.Index(
                fields=("object_type", "score", "id"),
                name="records_duplicate_open",
                condition=Q(dismissed_at__isnull=True),
            ),
        )

    def __str__(self) -> str:
        return f"{self.record_a_id} = {self.record_b_id}? {self.score}"
