from typing import Any

from django.contrib import admin

from .models import RuleRun, WebhookCall


class ReadOnly(admin.ModelAdmin):
    """Shows what happened; nobody adds to it or takes away."""

    def has_add_permission(self, request: Any) -> bool:
        return False

    def has_change_permission(self, request: Any, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: Any, obj: Any = None) -> bool:
        return False


@admin.register(RuleRun)
class RuleRunAdmin(ReadOnly):
    """The log of rules."""

    list_display = ("created_at", "rule", "trigger", "state", "reason")
    list_filter = ("state", "trigger", "rule")
    list_select_related = ("rule",)


@admin.register(WebhookCall)
class WebhookCallAdmin(ReadOnly):
    """The calls of webhooks; what they are signed with is not shown."""

    list_display = ("created_at", "url", "state", "attempts", "answer")
    list_filter = ("state",)
    exclude = ("secret",)
