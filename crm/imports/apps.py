from django.apps import AppConfig
from django.db.models.signals import post_delete
from django.utils.translation import gettext_lazy as _


class ImportsConfig(AppConfig):
    name = "crm.imports"
    label = "imports"
    verbose_name = _("Imports")

    def ready(self) -> None:
        """Let files go with what they belong to."""
        from . import drafting
        from .models import ImportDraft

        post_delete.connect(drafting.deleted, sender=ImportDraft)
