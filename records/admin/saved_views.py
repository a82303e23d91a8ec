"""Saved views in Django's admin: to look at; they are made and changed beside their lists."""

from django.contrib import admin

from records.models import SavedView

from .common import ReadOnly


@admin.register(SavedView)
class SavedViewAdmin(ReadOnly, admin.ModelAdmin):
    """Who saved which view, and who may open it."""

    list_display = ("name", "object_type", "owner", "visibility", "team", "updated_at")
    list_filter = ("object_type", "visibility", "team")
    list_select_related = ("object_type", "owner", "team")
    search_fields = ("name", "owner__username")
