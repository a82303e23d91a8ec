from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from records import schema
from records.models import Change, ObjectType

from .rule import Rule


class RuleRun(models.Model):
    """That a rule was triggered: first what it has to look at, then what came of it. The log of rules.

    Written in the transaction that triggers, so that whoever dies before the rule has run leaves it to
    others; what was triggered and meant nothing is deleted. Without a rule it is about companies by e-mail
    domain. It names records by their ids only: who is deleted for good is named no longer.
    """

    class State(models.TextChoices):
        """What became of it."""

        WAITING = "waiting", _("waiting")
        DONE = "done", _("done")
        STOPPED = "stopped", _("not run")
        FAILED = "failed", _("failed")

    class Trigger(models.TextChoices):
        """What triggered it."""

        CREATED = "created", _("created")
        CHANGED = "changed", _("changed")
        VIEW = "view", _("entered the view")
        MATCH = "match", _("matching records were written")
        EXISTING = "existing", _("run for existing records")

    rule = models.ForeignKey(Rule, models.CASCADE, null=True, related_name="runs", db_index=False)
    trigger = models.CharField(_("triggered by"), max_length=10, choices=Trigger.choices)
    object_type = models.ForeignKey(ObjectType, models.CASCADE, related_name="+", db_index=False)
    record_ids = models.JSONField(default=list)  # what triggered it; then those that it ran for
    change = models.ForeignKey(
        Change, models.SET_NULL, null=True, related_name="+", db_index=False, verbose_name=_("change")
    )
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", db_index=False
    )
    chain = models.JSONField(default=list)  # the ids of the rules that led to it, the first one first
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.WAITING)
    reason = models.TextField(_("reason"), blank=True)
    counts = models.JSONField(_("what was done"), default=dict)
    details = models.JSONField(default=list)  # of single records: see `crm.rules.tally`
    created_at = models.DateTimeField(_("when"), default=timezone.now)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-id",)
        verbose_name = _("run of a rule")
        verbose_name_plural = _("runs of rules")
        indexes = (
            models.Index(fields=("rule", "id"), name="rules_run_rule"),
            models.Index(fields=("created_at",), name="rules_run_created"),
            models.Index(fields=("id",), condition=Q(state="waiting"), name="rules_run_waiting"),
            models.Index(fields=("change",), condition=Q(change__isnull=False), name="rules_run_change"),
        )

    def __str__(self) -> str:
        return f"{self.rule or _('Companies by e-mail domain')}: {self.get_state_display()}"

    def get_absolute_url(self) -> str:
        return reverse("rules:run", args=[self.pk])

    @property
    def kind(self) -> Any:
        """The type of the records that triggered it, without a query."""
        return schema.current().type_by_id(self.object_type_id)
