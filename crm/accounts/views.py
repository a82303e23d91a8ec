from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from records.http import Request

THEMES = ("light", "dark")


@require_POST
def theme(request: Request) -> HttpResponse:
    """Remember the theme that the user chose; none of them is the system's."""
    chosen = request.POST.get("theme")
    request.user.prefer("theme", chosen if chosen in THEMES else None)
    back = request.POST.get("next", "")
    return redirect(back if url_has_allowed_host_and_scheme(back, allowed_hosts=None) else "home")


def password_changed(request: Request) -> HttpResponse:
    """Say that the password was changed, on the home page."""
    messages.success(request, _("Your password has been changed."))
    return redirect("home")
