"""Permanent deletions in Django's admin: the written record of them, to look at."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from records.models import Erasure


@admin.register(Erasure)
class ErasureAdmin(admin.ModelAdmin):
    """Which record was deleted for good, when, by whom and why."""

    list_display = ("record_id", "object_type", "kind", "at", "actor", "origin")
    list_filter = ("kind", "object_type")
    list_select_related = ("object_type", "actor")
    search_fields = ("=record_id", "reason")
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
