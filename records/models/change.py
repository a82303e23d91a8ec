from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from records.provenance import Origin

# What a snapshot leaves out: the id, which `record_ptr` is too; what follows from the properties; and where
# a card stands on a board.
NOT_KEPT = ("id", "object_type", "sort_name", "search_text", "rank")


class Change(models.Model):
    """One action of one author, with everything it changed: what history shows and undoes as one.

    A save on a page is one, and so is a whole import or a merge. The snapshots of records and the events of
    associations that belong to it point here.
    """

    class Kind(models.TextChoices):
        """What was done."""

        EDIT = "edit", _("edit")
        BULK = "bulk", _("bulk change")
        IMPORT = "import", _("import")
        RULE = "rule", _("rule")
        MERGE = "merge", _("merge")
        UNDO = "undo", _("undo")

    at = models.DateTimeField(_("when"), default=timezone.now, editable=False)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        editable=False,
        verbose_name=_("who"),
    )
    origin = models.CharField(_("from"), max_length=10, choices=Origin.choices, editable=False)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices, default=Kind.EDIT, editable=False)
    summary = models.CharField(
        _("summary"), max_length=255, blank=True, editable=False, help_text=_("Such as the name of a file.")
    )
    undoes = models.OneToOneField(
        "self", models.SET_NULL, null=True, related_name="undone_by", editable=False, verbose_name=_("undoes")
    )

    class Meta:
        ordering = ("-id",)
        verbose_name = _("change")
        verbose_name_plural = _("changes")
        indexes = (models.Index(fields=("kind", "id"), name="records_change_kind"),)

    def __str__(self) -> str:
        return self.summary or self.get_kind_display()


class Snapshot(models.Model):
    """What each snapshot of a record has beside the record's own columns."""

    # None where a record had no snapshot when it came to be changed: this one says what it was like before.
    change = models.ForeignKey(Change, models.CASCADE, null=True, related_name="+")

    class Meta:
        abstract = True


class Snapshots(HistoricalRecords):
    """Keeps a record's properties as they were after each change, in a table beside the record's.

    Only `records.history` writes them, many at once and within a `Change`; never the save of an instance.
    """

    def __init__(self) -> None:
        super().__init__(
            bases=[Snapshot],
            excluded_fields=[*NOT_KEPT],
            history_id_field=models.BigAutoField(),
            no_db_index=[
                "record_ptr",
                *("owner", "created_by", "updated_by", "merged_into"),
                *("pipeline", "dealstage", "hs_pipeline", "hs_pipeline_stage", "stage"),
            ],
        )

    def post_delete(self, instance: Any, using: Any = None, **kwargs: Any) -> None:
        """Let the snapshots of a record that is deleted for good go with it."""
        getattr(type(instance), self.manager_name).filter(record_ptr=instance.pk).delete()

    def get_meta_options(self, model: Any) -> dict[str, Any]:
        """Give each table the index that a record's history is read by."""
        index = models.Index(
            fields=("record_ptr", "history_id"), name=f"records_{model._meta.model_name}_past"[:30]
        )
        return {**super().get_meta_options(model), "indexes": (index,)}
