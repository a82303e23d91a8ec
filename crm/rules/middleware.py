"""Lets a page that htmx changed in one part show what rules did to others."""

import json
from collections.abc import Callable

from django.http import HttpResponse

from records.http import Request

from . import chain

HEADER = "HX-Trigger-After-Settle"


class ShowRulesMiddleware:
    """Tell the page of an HTMX request during which rules did something: it fetches itself anew.

    A page that is loaded as a whole, such as after a redirect, shows it anyway.
    """

    def __init__(self, get_response: Callable[[Request], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: Request) -> HttpResponse:
        with chain.watched() as did:
            response = self.get_response(request)
        leaves = response.has_header("HX-Redirect") or response.has_header("HX-Refresh")
        if did and request.htmx and not leaves:
            events = json.loads(response.headers.get(HEADER, "{}"))
            response[HEADER] = json.dumps({**events, "kith:rules-ran": {}})
        return response
