"""The page of the settings on which rules stand."""

from django.utils.translation import gettext_lazy

from records.views.settings.common import SettingsPage
from records.views.settings.common import pages as settings_pages


def register() -> None:
    """Add the page."""
    settings_pages.insert(3, SettingsPage("rules", gettext_lazy("Rules"), "rules:list"))
