from django.db import models
from django.utils.translation import gettext_lazy as _

from records.models import Record

from .rule import Rule


class RuleMember(models.Model):
    """That a record is in the view that a rule waits at; who is not here and is found there has entered."""

    rule = models.ForeignKey(Rule, models.CASCADE, related_name="members", db_index=False)
    record = models.ForeignKey(Record, models.CASCADE, related_name="+")

    class Meta:
        verbose_name = _("record in a rule's view")
        verbose_name_plural = _("records in rules' views")
        constraints = (models.UniqueConstraint(fields=("rule", "record"), name="rules_rulemember_unique"),)

    def __str__(self) -> str:
        return f"{self.rule_id}: {self.record_id}"
