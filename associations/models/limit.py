from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from records.models import ObjectType


class AssociationLimit(models.Model):
    """How many records of one object type a record of another may be associated with.

    One row per direction: "a contact has at most 1 company" says nothing of how many contacts a company
    has. Without a row there is no limit. Archived records count: they come back with their associations.
    """

    from_type = models.ForeignKey(ObjectType, models.CASCADE, related_name="+", verbose_name=_("a record of"))
    to_type = models.ForeignKey(ObjectType, models.CASCADE, related_name="+", verbose_name=_("may have, of"))
    maximum = models.PositiveIntegerField(_("at most"), validators=[MinValueValidator(1)])

    class Meta:
        ordering = ("from_type__position", "to_type__position")
        verbose_name = _("association limit")
        verbose_name_plural = _("association limits")
        constraints = (
            models.UniqueConstraint(fields=("from_type", "to_type"), name="associations_limit_unique"),
            models.CheckConstraint(condition=models.Q(maximum__gte=1), name="associations_limit_positive"),
        )

    def __str__(self) -> str:
        return f"{self.from_type} → {self.to_type}: {self.maximum}"
