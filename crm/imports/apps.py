from datetime import timedelta

from django.apps import AppConfig
from django.db.models.signals import post_delete
from django.utils.translation import gettext_lazy as _


class ImportsConfig(AppConfig):
    name = "crm.imports"
    label = "imports"
    verbose_name = _("Imports")

    def ready(self) -> None:
        """Register the kinds of jobs, clean up what imports left behind, and let files go with drafts."""
        from records import signals
        from records.jobs import periodic

        from . import drafting, jobs, memo  # noqa: F401
        from .models import ImportDraft

        periodic.every(timedelta(days=1), "forget-left-imports", memo.forget_left)
        signals.records_erasing.connect(lambda **kwargs: memo.forget_left(), weak=False)
        post_delete.connect(drafting.deleted, sender=ImportDraft)
