from django.db import models
from django.utils.translation import gettext_lazy as _

from records.models import ObjectType


class ActivityRule(models.Model):
    """With what else an activity of a type is associated when it is logged on a record of another.

    A pair of types without a row has the defaults that `associations.activity_rules` holds.
    """

    activity_type = models.ForeignKey(
        ObjectType, models.CASCADE, related_name="+", verbose_name=_("activity type")
    )
    object_type = models.ForeignKey(ObjectType, models.CASCADE, related_name="+", verbose_name=_("logged on"))
    # What is followed, in the terms of `activity_rules.Follow`, each with how many records at most.
    follows = models.JSONField(_("associated also with"), default=dict, blank=True)

    class Meta:
        ordering = ("object_type", "activity_type")
        verbose_name = _("rule of automatic association")
        verbose_name_plural = _("rules of automatic association")
        constraints = (
            models.UniqueConstraint(
                fields=("activity_type", "object_type"), name="associations_activityrule_unique"
            ),
        )

    def __str__(self) -> str:
        return f"{self.activity_type} → {self.object_type}"
