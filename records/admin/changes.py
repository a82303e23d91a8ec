"""Changes in Django's admin: who did what, from where; to look at."""

from typing import Any

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from records import told
from records.models import Change

from .common import ReadOnly


@admin.register(Change)
class ChangeAdmin(ReadOnly, admin.ModelAdmin):
    """Each change with what it undoes, and a link to all that it did."""

    list_display = ("title", "at", "actor", "kind", "origin", "undoes")
    list_filter = ("kind", "origin", "at", "actor")
    list_select_related = ("actor", "undoes")
    search_fields = ("=id", "summary", "actor__username")
    date_hierarchy = "at"
    show_full_result_count = False
    fields = ("title", "at", "actor", "kind", "origin", "summary", "undoes", "undone_by", "what_it_did")
    readonly_fields = ("title", "undone_by", "what_it_did")

    @admin.display(description=_("change"), ordering="id")
    def title(self, change: Change) -> str:
        """Say what the change is called."""
        return told.title(change)

    @admin.display(description=_("undone by"))
    def undone_by(self, change: Change) -> Any:
        """Name the change that undid it."""
        return getattr(change, "undone_by", None)

    @admin.display(description=_("what it did"))
    def what_it_did(self, change: Change) -> SafeString:
        """Lead to the page of the change, on which it can be undone."""
        address = reverse("history:change", args=[change.pk])
        facts = ", ".join(fact for source in told.sources for fact in source.facts(change))
        return format_html('<a href="{}">{}</a>', address, facts or _("Show all of this change"))
