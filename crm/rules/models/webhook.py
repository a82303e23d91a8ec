from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .rule import Rule
from .run import RuleRun


class WebhookCall(models.Model):
    """A call that a rule has to make: written with what the rule does, made afterwards, until it is heard.

    What it says of the records is read when it is made; here stand their ids only.
    """

    class State(models.TextChoices):
        """What became of it."""

        WAITING = "waiting", _("waiting")
        SENT = "sent", _("sent")
        FAILED = "failed", _("given up")

    rule = models.ForeignKey(Rule, models.CASCADE, related_name="calls", db_index=False)
    run = models.ForeignKey(RuleRun, models.SET_NULL, null=True, related_name="calls")
    url = models.CharField(_("address"), max_length=2_000)
    secret = models.CharField(max_length=100)
    trigger = models.CharField(max_length=10)
    record_ids = models.JSONField(default=list)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    next_at = models.DateTimeField(_("next attempt"), default=timezone.now)
    answer = models.CharField(_("answer"), max_length=200, blank=True)
    created_at = models.DateTimeField(_("since"), default=timezone.now)
    sent_at = models.DateTimeField(_("sent"), null=True)

    class Meta:
        ordering = ("-id",)
        verbose_name = _("call of a webhook")
        verbose_name_plural = _("calls of webhooks")
        indexes = (
            models.Index(fields=("next_at", "id"), condition=Q(state="waiting"), name="rules_call_waiting"),
            models.Index(fields=("rule", "id"), name="rules_call_rule"),
            models.Index(fields=("created_at",), name="rules_call_created"),
        )

    def __str__(self) -> str:
        return f"{self.url}: {self.get_state_display()}"
