from datetime import timedelta

from django.apps import AppConfig
from django.db.models.signals import post_delete, post_migrate, post_save
from django.utils.translation import gettext_lazy as _


class RecordsConfig(AppConfig):
    name = "records"
    verbose_name = _("Records")

    def ready(self) -> None:
        from . import (
            attachments,
            exporting,  # noqa: F401  (registers its job)
            list_edits,  # noqa: F401  (registers its actions)
            lists,
            recycle_bin,
            schema,
            search,
            signals,
            stage_entries,
            told_attachments,
            told_snapshots,
            undo_attachments,
            undo_jobs,  # noqa: F401  (a kind of jobs)
        )
        from .jobs import keeping, periodic
        from .models import Attachment, ObjectType, Pipeline, Property, PropertyGroup, Stage

        for model in (ObjectType, PropertyGroup, Property, Pipeline, Stage):
            post_save.connect(schema.data_model_changed, sender=model)
            post_delete.connect(schema.data_model_changed, sender=model)
        signals.records_written.connect(stage_entries.follow)
        lists.extensions.append(stage_entries.StageColumns())
        told_snapshots.register()
        told_attachments.register()
        undo_attachments.register()
        signals.records_erasing.connect(attachments.erasing)
        post_delete.connect(attachments.deleted, sender=Attachment)
        signals.records_erasing.connect(lambda **kwargs: keeping.forget_ended(), weak=False)
        periodic.every(timedelta(days=1), "delete-old-jobs", keeping.delete_old)
        periodic.every(timedelta(days=1), "empty-bin", recycle_bin.empty)
        post_migrate.connect(search.keep_installed, sender=self)
