from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from records.models import ObjectType

from .label import AssociationLabel


class AssociationLimit(models.Model):
    """How many records of one object type a record of another may have, all in all or with a label.

    One row per direction: "a contact has at most 1 company" says nothing of how many contacts a company
    has. Without a row there is no limit. Archived records count: they come back with their associations.
    """

    from_type = models.ForeignKey(ObjectType, models.CASCADE, related_name="+", verbose_name=_("a record of"))
    to_type = models.ForeignKey(ObjectType, models.CASCADE, related_name="+", verbose_name=_("may have, of"))
    label = models.ForeignKey(
        AssociationLabel,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="limits",
        verbose_name=_("with the label"),
    )
    # Whether the record whose limit it is stands at the label's `to` end.
    inverse = models.BooleanField(_("the other way"), default=False)
    maximum = models.PositiveIntegerField(_("at most"), validators=[MinValueValidator(1)])

    class Meta:
        ordering = ("from_type__position", "to_type__position", "label__position", "id")
        verbose_name = _("association limit")
        verbose_name_plural = _("association limits")
        constraints = (
            models.UniqueConstraint(
                fields=("from_type", "to_type"),
                condition=models.Q(label=None),
                name="associations_limit_unique",
            ),
            models.UniqueConstraint(
                fields=("label", "inverse"),
                condition=models.Q(label__isnull=False),
                name="associations_limit_unique_label",
            ),
            models.CheckConstraint(condition=models.Q(maximum__gte=1), name="associations_limit_positive"),
        )

    def __str__(self) -> str:
        what = self.label.word(inverse=self.inverse) if self.label else self.to_type
        return f"{self.from_type} → {what}: {self.maximum}"
