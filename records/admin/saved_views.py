"""Saved views in Django's admin: to look at; they are made and changed beside their lists."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from records.models import SavedView


@admin.register(SavedView)
class SavedViewAdmin(admin.ModelAdmin):
    """Who saved which view, and who may open it."""

    list_display = ("name", "object_type", "owner", "visibility", "team", "updated_at")
    list_filter = ("object_type", "visibility", "team")
    list_select_related = ("object_type", "owner", "team")
    search_fields = ("name", "owner__username")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
