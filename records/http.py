"""The request as the views see it."""

from typing import Any

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails


class Request(HttpRequest):
    """A request of a signed-in user, with what HTMX says of it. For annotations only."""

    htmx: HtmxDetails
    user: Any  # the user model stands on the top floor
