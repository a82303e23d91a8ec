from typing import Any

from django.http import HttpRequest

from records import schema


def site(request: HttpRequest) -> dict[str, Any]:
    """Give every page the object types for its navigation, and the theme that the user chose."""
    if not request.user.is_authenticated:
        return {}
    return {"object_types": schema.current().types, "theme": request.user.preferences.get("theme", "")}
