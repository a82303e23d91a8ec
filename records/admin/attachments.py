"""The files of records in Django's admin, to look at."""

from django.contrib import admin
from django.utils.safestring import SafeString

from records.models import Attachment

from .common import ReadOnly, record_link


@admin.register(Attachment)
class AttachmentAdmin(ReadOnly, admin.ModelAdmin):
    """Which files there are, of which record, how large and by whom."""

    list_display = ("name", "of", "content_type", "size", "created_at", "created_by", "archived_at")
    list_filter = (("archived_at", admin.EmptyFieldListFilter),)
    list_select_related = ("record", "created_by")
    search_fields = ("name", "=record__id", "=sha256")
    show_full_result_count = False
    # Not the field itself, which would link to where the storage has it.
    fields = (
        "name",
        "of",
        "content_type",
        "size",
        "sha256",
        "path",
        "created_at",
        "created_by",
        "archived_at",
    )
    readonly_fields = ("of", "path")

    @admin.display(description=Attachment._meta.get_field("record").verbose_name, ordering="record")
    def of(self, row: Attachment) -> SafeString:
        """Link to the record."""
        return record_link(row.record)

    @admin.display(description=Attachment._meta.get_field("file").verbose_name)
    def path(self, row: Attachment) -> str:
        """Return where the storage has it."""
        return row.file.name or ""
