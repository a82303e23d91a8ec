from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from . import schema


class SchemaMiddleware:
    """Hold one data model for the length of each request."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with schema.pinned():
            return self.get_response(request)
