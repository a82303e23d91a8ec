from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse

from . import schema
from .views import absent
from .views.common import AbsentRecord


class SchemaMiddleware:
    """Hold one data model for the length of each request."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with schema.pinned():
            return self.get_response(request)


class AbsentRecordMiddleware:
    """Say what became of a record that an address asks for, wherever a view did not find it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: Any, exception: Exception) -> HttpResponse | None:
        """Return a page or a redirect in place of 404, where there is something to say."""
        return absent.answer(request, exception) if isinstance(exception, AbsentRecord) else None
