"""Pages of the site as a whole: global search, the style guide, and what is shown when something is wrong."""

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import RequestDataTooBig
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.template.defaultfilters import filesizeformat
from django.templatetags.static import static
from django.utils.translation import gettext as _

from records import schema
from records.http import Request
from records.models import Record
from records.search import ranked_by_type
from records.uploads import most_of_request

from . import styleguide as styleguides

RESULTS = 5  # of each object type


def search(request: Request) -> HttpResponse:
    """Search the records of all types; a palette over any page, or a page of its own."""
    text = request.GET.get("q", "").strip()[:200].replace("\x00", "")
    groups = []
    if text:
        visible = Record.objects.visible_to(request.user).with_details()
        found = ranked_by_type(visible, schema.current().types, text, RESULTS)
        groups = [{"object_type": kind, "records": [one.specific for one in ones]} for kind, ones in found]
    template = "crm/_search_results.html" if request.htmx.target == "palette-results" else "crm/search.html"
    return render(request, template, {"text": text, "groups": groups})


@login_not_required
def favicon(request: Request) -> HttpResponse:
    """Lead to the icon that browsers ask for on pages that name none, such as Django's admin."""
    return redirect(static("icons/favicon.svg"))


def styleguide(request: Request) -> HttpResponse:
    """Show every component of the design system, from the partials of the real pages."""
    return render(request, "crm/styleguide.html", styleguides.context(request.user))


def _problem(request: Request, status: int, title: str, text: str) -> HttpResponse:
    """Say on a page of its own what is wrong; to HTMX in a toast, so that the page stays as it is."""
    context = {"problem_title": title, "problem_text": text}
    # What is refused before it reached the middleware, such as for its host's name, has none of this.
    if not getattr(request, "htmx", False):
        return render(request, "crm/problem.html", context, status=status)
    response = render(request, "crm/_problem.html", context, status=status)
    response["HX-Reswap"] = "none"
    return response


def bad_request(request: Request, exception: Exception) -> HttpResponse:
    """400: the request makes no sense; 413: it is too large."""
    if isinstance(exception, RequestDataTooBig):
        return _problem(
            request,
            413,
            _("This is too much at once"),
            _("All files of a form together can have up to %(most)s. Nothing was saved.")
            % {"most": filesizeformat(getattr(exception, "most", most_of_request()))},
        )
    return _problem(
        request,
        400,
        _("This request makes no sense"),
        _("Something in its address or form is not as it should be."),
    )


def permission_denied(request: Request, exception: Exception) -> HttpResponse:
    """403: not allowed."""
    return _problem(
        request, 403, _("You may not do this"), _("Ask an administrator if you think that you should.")
    )


def page_not_found(request: Request, exception: Exception) -> HttpResponse:
    """404: nothing here."""
    reason = exception.args[0] if exception.args and isinstance(exception.args[0], str) else ""
    return _problem(request, 404, _("Nothing here"), reason or _("There is no page at this address."))


def server_error(request: Request) -> HttpResponse:
    """500: our fault. A page that needs no database."""
    return render(request, "500.html", status=500)
