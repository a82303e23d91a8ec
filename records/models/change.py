from typing import TYPE_CHECKING, Any, Self

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from records import activity_facts
from records.provenance import Origin

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser
    from django.contrib.auth.models import AnonymousUser

# What a snapshot leaves out: the id, which `record_ptr` is too; what follows from the properties or from
# activities; and where a card stands on a board.
FOLLOWING = ("sort_name", "search_text", "is_pending", *activity_facts.COLUMNS)
NOT_KEPT = ("id", "object_type", "rank", "files_left_out", *FOLLOWING)


class ChangeQuerySet(models.QuerySet["Change"]):
    """Changes. Pages start from `visible_to`."""

    def visible_to(self, user: "AbstractBaseUser | AnonymousUser") -> Self:
        """Return the changes that `user` may open and undo: their own; of administrators all."""
        return self.all() if getattr(user, "is_staff", False) else self.filter(actor=user.pk or 0)


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
        db_index=False,
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

    objects = ChangeQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        verbose_name = _("change")
        verbose_name_plural = _("changes")
        indexes = (
            models.Index(fields=("kind", "id"), name="records_change_kind"),
            models.Index(fields=("actor", "id"), name="records_change_actor"),
            models.Index(fields=("at",), name="records_change_at"),
        )

    def __str__(self) -> str:
        return self.summary or self.get_kind_display()


class Snapshot(models.Model):
    """What each snapshot of a record has beside the record's own columns."""

    # None where a record had no snapshot when it came to be changed: this one says what it was like before.
    change = models.ForeignKey(Change, models.CASCADE, null=True, related_name="+", db_index=False)

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
        """Give each table the indexes by which a record's history and a change's records are read."""
        name = f"records_{model._meta.model_name}"
        indexes = (
            models.Index(fields=("record_ptr", "history_id"), name=f"{name}_past"),
            models.Index(fields=("change", "record_ptr"), name=f"{name}_change"),
        )
        return {**super().get_meta_options(model), "indexes": indexes}
