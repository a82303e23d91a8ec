from datetime import timedelta

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ImportsConfig(AppConfig):
    name = "crm.imports"
    label = "imports"
    verbose_name = _("Imports")

    def ready(self) -> None:
        """Register the kinds of jobs, and clean up what imports left behind."""
        from records import signals
        from records.jobs import periodic

        from . import jobs, memo  # noqa: F401

        periodic.every(timedelta(days=1), "forget-left-imports", memo.forget_left)
        signals.records_erasing.connect(lambda **kwargs: memo.forget_left(), weak=False)
