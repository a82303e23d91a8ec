"""What a running import has to remember until all rows are in: written in the transaction of each step."""

import secrets
import time
import uuid
from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


def new_run(at: float | None = None) -> uuid.UUID:
    """Return what stands for an import that begins now, or at another time in seconds; later ones are larger.

    So it is told by its number alone how old something is that an import left behind.
    """
    milliseconds = int((time.time() if at is None else at) * 1000)
    return uuid.UUID(int=milliseconds << 80 | secrets.randbits(80))


def new_path(instance: Any = None, name: str = "") -> str:
    """Return a place in the storage that nobody can guess; its name says nothing of the file's."""
    return f"imports/{timezone.now():%Y/%m/%d}/{secrets.token_urlsafe(24)}"


class ImportFile(models.Model):
    """A further file of an import, beside the one that its job has as its source."""

    run = models.UUIDField(_("import"))
    name = models.CharField(_("name in the mapping"), max_length=100)
    file = models.FileField(_("file"), upload_to=new_path, max_length=100)
    file_name = models.CharField(_("name of the file"), max_length=255)

    class Meta:
        verbose_name = _("further file of an import")
        verbose_name_plural = _("further files of imports")
        constraints = (models.UniqueConstraint(fields=("run", "name"), name="imports_importfile_unique"),)

    def __str__(self) -> str:
        return self.file_name


class ImportKey(models.Model):
    """A key of the file, and the record whose row had it."""

    run = models.UUIDField(_("import"))
    place = models.PositiveSmallIntegerField(_("association of the mapping"))
    key = models.CharField(_("key"), max_length=64)  # see `key_of`
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
    number = models.PositiveIntegerField(_("number of the row"))
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
