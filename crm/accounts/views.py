from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth import views as auth
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from records.http import Request

THEMES = ("light", "dark")


class SignIn(auth.LoginView):
    """Sign in. A part of a page that asks after the session ended leads the whole page here, and back."""

    template_name = "accounts/login.html"
    redirect_authenticated_user = True

    def get(self, request: Any, *args: Any, **options: Any) -> HttpResponse:
        if request.htmx:
            back = urlencode({"next": request.htmx.current_url_abs_path or "/"})
            return HttpResponse(headers={"HX-Redirect": f"{request.path}?{back}"})
        return super().get(request, *args, **options)


@require_POST
def theme(request: Request) -> HttpResponse:
    """Remember the theme that the user chose; none of them is the system's."""
    chosen = request.POST.get("theme")
    request.user.prefer("theme", chosen if chosen in THEMES else None)
    if request.htmx:
        return HttpResponse(headers={"HX-Refresh": "true"})
    back = request.POST.get("next", "")
    return redirect(back if url_has_allowed_host_and_scheme(back, allowed_hosts=None) else "home")


def password_changed(request: Request) -> HttpResponse:
    """Say that the password was changed, on the home page."""
    messages.success(request, _("Your password has been changed."))
    return redirect("home")
