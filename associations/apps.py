from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AssociationsConfig(AppConfig):
    name = "associations"
    verbose_name = _("Associations")

    def ready(self) -> None:
        from . import (
            activity_facts,
            activity_pages,
            activity_rules,
            columns,
            definitions,
            duplicates,
            exporting,
            labels,
            list_actions,
            pair_pages,
            quiet_lines,
            receivers,
            related_filters,
            settings_pages,
            sidebar_layout,
            sidebar_pages,
            told,
            type_pairs,
            undoing,
            with_one_jobs,  # noqa: F401  (registers its jobs)
        )

        activity_facts.register()
        type_pairs.register()
        labels.register()
        sidebar_layout.register()
        definitions.register()
        activity_rules.register()
        settings_pages.register()
        sidebar_pages.register()
        pair_pages.register()
        activity_pages.register()
        receivers.connect()
        columns.register()
        list_actions.register()
        duplicates.register()
        exporting.register()
        related_filters.register()
        undoing.register()
        told.register()
        quiet_lines.register()
