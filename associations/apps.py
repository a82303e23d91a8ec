from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AssociationsConfig(AppConfig):
    name = "associations"
    verbose_name = _("Associations")

    def ready(self) -> None:
        from . import (
            columns,
            labels,
            receivers,
            related_filters,
            settings_pages,
            sidebar_layout,
            sidebar_pages,
            type_pairs,
            undoing,
        )

        type_pairs.register()
        labels.register()
        sidebar_layout.register()
        settings_pages.register()
        sidebar_pages.register()
        receivers.connect()
        columns.register()
        related_filters.register()
        undoing.register()
