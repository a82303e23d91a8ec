from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RulesConfig(AppConfig):
    name = "crm.rules"
    label = "rules"
    verbose_name = _("Rules")

    def ready(self) -> None:
        from django.db.backends.signals import connection_created

        from . import kept, triggers, values

        kept.register()
        triggers.connect()
        connection_created.connect(values.teach_lower)
