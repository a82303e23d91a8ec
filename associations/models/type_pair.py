from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from records.models import ObjectType


class TypePair(models.Model):
    """What is set for a pair of object types (a type with itself included), the smaller id first.

    A pair without a row may be associated: rows are exceptions.
    """

    type_a = models.ForeignKey(ObjectType, models.CASCADE, related_name="+", verbose_name=_("object type"))
    type_b = models.ForeignKey(
        ObjectType, models.CASCADE, related_name="+", verbose_name=_("other object type")
    )
    is_allowed = models.BooleanField(_("may be associated"), default=True)

    class Meta:
        ordering = ("type_a", "type_b")
        verbose_name = _("pair of object types")
        verbose_name_plural = _("pairs of object types")
        constraints = (
            models.UniqueConstraint(fields=("type_a", "type_b"), name="associations_typepair_unique"),
            models.CheckConstraint(
                condition=Q(type_a__lte=F("type_b")), name="associations_typepair_canonical"
            ),
        )

    def __str__(self) -> str:
        return f"{self.type_a} ↔ {self.type_b}"
