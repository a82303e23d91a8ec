from typing import Any

from django.conf import settings
from django.db import models
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from records import schema
from records.models import ObjectType, SavedView


class Rule(models.Model):
    """What is done by itself when something happens to records of a type: when, only if, then.

    What is wrong with a rule, so that it does not run, is not stored but asked for (`crm.rules.sense`).
    """

    class Trigger(models.TextChoices):
        """When a rule runs."""

        CREATED = "created", _("A record is created")
        CHANGED = "changed", _("A property is set or changes")
        VIEW = "view", _("A record enters a saved view")

    name = models.CharField(_("name"), max_length=100)
    object_type = models.ForeignKey(
        ObjectType, models.CASCADE, related_name="+", verbose_name=_("object type")
    )
    trigger = models.CharField(_("when"), max_length=10, choices=Trigger.choices, default=Trigger.CREATED)
    trigger_property = models.CharField(_("property"), max_length=100, blank=True)
    # The value that it has to change to, as `crm.rules.values.kept` has it; null: whatever it becomes.
    trigger_value = models.JSONField(_("to the value"), null=True, blank=True)
    view = models.ForeignKey(
        SavedView, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("saved view")
    )
    # Named once more here, so that a rule whose view was deleted says which it waits for.
    view_name = models.CharField(max_length=100, blank=True, editable=False)
    conditions = models.TextField(
        _("only if"), blank=True, help_text=_("Filters, as the address of a list says them.")
    )
    condition_view = models.ForeignKey(
        SavedView,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("and it is in the saved view"),
    )
    condition_view_name = models.CharField(max_length=100, blank=True, editable=False)
    # In their order, each a kind and what that kind needs: see `crm.rules.actions`.
    actions = models.JSONField(_("then"), default=list)
    run_as = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("runs as")
    )
    is_on = models.BooleanField(_("on"), default=False)
    position = models.PositiveIntegerField(_("position"), default=0, editable=False)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    updated_at = models.DateTimeField(_("last changed"), auto_now=True)

    class Meta:
        ordering = ("position", "id")
        verbose_name = _("rule")
        verbose_name_plural = _("rules")

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("rules:rule", args=[self.pk])

    @property
    def kind(self) -> ObjectType:
        """The type of the records that it is about, without a query."""
        return schema.current().type_by_id(self.object_type_id)

    @property
    def query(self) -> QueryDict:
        """The conditions as the address of a list."""
        return QueryDict(self.conditions, mutable=True)

    @property
    def prop(self) -> Any:
        """The property whose change it waits for; None where there is none (any more)."""
        return self.kind.properties.get(self.trigger_property)
