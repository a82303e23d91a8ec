"""What a running import has to remember until all rows are in: written in the transaction of each step."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class ImportKey(models.Model):
    """A key of the file, and the record whose row had it."""

    run = models.UUIDField(_("import"))
    place = models.PositiveSmallIntegerField(_("association of the mapping"))
    key = models.CharField(_("key"), max_length=64)  # a digest, where the text is longer
    record_id = models.BigIntegerField(_("record"))

    class Meta:
        verbose_name = _("key of an import")
        verbose_name_plural = _("keys of imports")
        constraints = (
            models.UniqueConstraint(
                fields=("run", "place", "key", "record_id"), name="imports_importkey_unique"
            ),
        )

    def __str__(self) -> str:
        return f"{self.key} → {self.record_id}"


class ImportWanted(models.Model):
    """A name that stands in a cell, to be associated with the record of its row when all rows are in."""

    run = models.UUIDField(_("import"))
    place = models.PositiveSmallIntegerField(_("association of the mapping"))
    line = models.PositiveIntegerField(_("line"))
    record_id = models.BigIntegerField(_("record"))
    name = models.TextField(_("name"))
    key = models.CharField(_("key"), max_length=64)
    labels = models.CharField(_("labels"), max_length=500, blank=True)  # keys of words, with commas

    class Meta:
        verbose_name = _("association that an import will make")
        verbose_name_plural = _("associations that an import will make")
        indexes = (models.Index(fields=("run", "place", "id"), name="imports_wanted_in_order"),)

    def __str__(self) -> str:
        return f"{self.record_id} – {self.name}"
