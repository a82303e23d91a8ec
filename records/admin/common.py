"""What several of the pages in Django's admin share."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from records.models import Record
from records.provenance import By, Origin


def by(request: HttpRequest) -> By:
    """Return the author of what a page of the admin changes."""
    return By(request.user, Origin.ADMIN)


def record_url(record: Record) -> str:
    """Return the address of a record's own page in the admin."""
    return reverse(f"admin:records_{record.kind.model._meta.model_name}_change", args=[record.pk])


def record_link(record: Record) -> SafeString:
    """Return a link to a record's own page in the admin, which says so where it is archived."""
    name = _("%(name)s (archived)") % {"name": record} if record.archived_at else record
    return format_html('<a href="{}">{}</a>', record_url(record), name)


class ReadOnly:
    """Rows that are looked at here, and made elsewhere."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class SaysRefusals:
    """A page whose forms ask the services first; what another save forbids meanwhile is said on it."""

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show or save; where a service refuses after all, say why. Nothing is saved then."""
        try:
            return super().changeform_view(request, *args, **kwargs)  # type: ignore[misc]
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
            return HttpResponseRedirect(request.get_full_path())
