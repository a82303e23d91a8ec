"""Permanent deletions in Django's admin: the written record of them, to look at."""

from django.contrib import admin

from records.models import Erasure

from .common import ReadOnly


@admin.register(Erasure)
class ErasureAdmin(ReadOnly, admin.ModelAdmin):
    """Which record was deleted for good, when, by whom and why."""

    list_display = ("record_id", "object_type", "kind", "at", "actor", "origin")
    list_filter = ("kind", "object_type")
    list_select_related = ("object_type", "actor")
    search_fields = ("=record_id", "reason")
    show_full_result_count = False
