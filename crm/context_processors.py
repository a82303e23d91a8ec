from typing import Any

from django.http import HttpRequest

from records import schema

from .tasks.listing import overdue_text


def site(request: HttpRequest) -> dict[str, Any]:
    """Give every page the object types for its navigation, and the theme that the user chose."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {}
    return {
        "object_types": schema.current().main_types,
        "theme": user.preferences.get("theme", ""),
        # Counted where it is shown, which parts of a page do not.
        "overdue_tasks": lambda: overdue_text(user),
    }
