from datetime import timedelta

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RulesConfig(AppConfig):
    name = "crm.rules"
    label = "rules"
    verbose_name = _("Rules")

    def ready(self) -> None:
        from django.db.backends.signals import connection_created

        from records.jobs import periodic

        from . import jobs, kept, pages, triggers, upkeep, values, webhooks  # noqa: F401  (jobs register)

        kept.register()
        pages.register()
        triggers.connect()
        connection_created.connect(values.teach_lower)
        periodic.every(timedelta(minutes=5), "look-after-rules", upkeep.look_after)
        periodic.every(timedelta(seconds=30), "call-webhooks", webhooks.begin_if_due)
