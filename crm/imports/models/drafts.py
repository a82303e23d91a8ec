"""An import that is being prepared on the pages, and how columns were mapped in former ones."""

import secrets
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from records.models import Job

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser
    from django.contrib.auth.models import AnonymousUser

FOLDER = "imports"  # of the storage
NAME_LENGTH = 255
MAPPING_NAME_LENGTH = 100


def new_path(instance: Any = None, name: str = "") -> str:
    """Return a place in the storage that nobody can guess; its name says nothing of the file's."""
    return f"{FOLDER}/{timezone.now():%Y/%m/%d}/{secrets.token_urlsafe(24)}"


class ImportDraftQuerySet(models.QuerySet["ImportDraft"]):
    """Drafts. Pages start from `visible_to`."""

    def visible_to(self, user: "AbstractBaseUser | AnonymousUser") -> Self:
        """Return the drafts of `user`; nobody sees another's files."""
        return self.filter(owner=user.pk or 0)


class ImportDraft(models.Model):
    """What a user has said so far of an import: files, how they are written, what their columns are.

    Written by `crm.imports.drafting` only. Its files go with it.
    """

    class Kind(models.TextChoices):
        """What the upload is."""

        ONE = "one", _("One file")
        TWO = "two", _("Two files with a column in common")
        ASSOCIATIONS = "associations", _("Associations only")

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("owner")
    )
    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices, default=Kind.ONE)
    types = models.JSONField(
        _("object types"), default=list
    )  # for each file, the names of what its rows hold
    file = models.FileField(_("file"), upload_to=new_path, max_length=100)
    name = models.CharField(_("name"), max_length=NAME_LENGTH)
    size = models.PositiveBigIntegerField(_("size"))
    second_file = models.FileField(_("second file"), upload_to=new_path, max_length=100, blank=True)
    second_name = models.CharField(_("name of the second file"), max_length=NAME_LENGTH, blank=True)
    second_size = models.PositiveBigIntegerField(_("size of the second file"), default=0)
    reading = models.JSONField(_("how the files are written"), default=list)  # see crm.imports.inspecting
    facts = models.JSONField(_("what was found in the files"), default=list)
    answers = models.JSONField(_("what the columns are"), default=dict)  # see crm.imports.answers
    findings = models.JSONField(_("result of the dry run"), default=dict)
    check_job = models.ForeignKey(
        Job, models.SET_NULL, null=True, related_name="+", editable=False, verbose_name=_("dry run")
    )
    job = models.ForeignKey(
        Job, models.SET_NULL, null=True, related_name="+", editable=False, verbose_name=_("import")
    )
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    updated_at = models.DateTimeField(_("changed"), default=timezone.now, editable=False)

    objects = ImportDraftQuerySet.as_manager()

    class Meta:
        ordering = ("-updated_at", "-id")
        verbose_name = _("import in preparation")
        verbose_name_plural = _("imports in preparation")
        indexes = (models.Index(fields=("updated_at",), name="imports_draft_updated"),)

    def __str__(self) -> str:
        return " + ".join(self.names)

    @property
    def names(self) -> list[str]:
        """The names of its files."""
        return [name for name in (self.name, self.second_name) if name]

    @property
    def files(self) -> list[Any]:
        """Its files, in order."""
        return [one for one in (self.file, self.second_file) if one]

    @property
    def rows(self) -> int:
        """How many rows its files have together, as far as they were counted."""
        return sum(facts.get("count", 0) for facts in self.facts)

    @property
    def step(self) -> str:
        """Where to go on: the name of the page."""
        if not self.facts or any("problem" in facts for facts in self.facts):
            return "preview"
        if self.findings or self.check_job_id:
            return "check"
        return "map" if self.answers else "preview"

    def get_absolute_url(self) -> str:
        """Return the page on which to go on."""
        return reverse(f"imports:{self.step}", args=[self.pk])


class RememberedMappingQuerySet(models.QuerySet["RememberedMapping"]):
    """Remembered mappings. Pages start from `visible_to`."""

    def visible_to(self, user: "AbstractBaseUser | AnonymousUser") -> Self:
        """Return one's own, and those that were given a name for everybody."""
        return self.filter(Q(owner=user.pk or 0) | Q(is_shared=True))


class RememberedMapping(models.Model):
    """How the columns of a header were mapped, for the next file that has it."""

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("owner")
    )
    name = models.CharField(_("name"), max_length=MAPPING_NAME_LENGTH, blank=True)
    is_shared = models.BooleanField(_("for everybody"), default=False)
    kind = models.CharField(_("kind"), max_length=12, choices=ImportDraft.Kind.choices)
    digest = models.CharField(max_length=64, editable=False)  # of kind, object types and headers
    types = models.JSONField(_("object types"), default=list)
    headers = models.JSONField(_("columns"), default=list)
    reading = models.JSONField(_("how the files are written"), default=list)
    answers = models.JSONField(_("what the columns are"), default=dict)
    file_name = models.CharField(_("name of the file"), max_length=NAME_LENGTH, blank=True)
    updated_at = models.DateTimeField(_("used"), default=timezone.now, editable=False)

    objects = RememberedMappingQuerySet.as_manager()

    class Meta:
        ordering = ("-updated_at", "-id")
        verbose_name = _("remembered mapping")
        verbose_name_plural = _("remembered mappings")
        constraints = (
            # One per header without a name, and one per name.
            models.UniqueConstraint(
                fields=("owner", "digest"), condition=Q(name=""), name="imports_mapping_of_header"
            ),
            models.UniqueConstraint(
                fields=("owner", "name"), condition=~Q(name=""), name="imports_mapping_of_name"
            ),
        )

    def __str__(self) -> str:
        return self.name or self.file_name


def digest(kind: str, types: list[list[str]], headers: list[list[str]]) -> str:
    """Return what stands for files of these headers that hold these object types."""
    parts = [kind, *(f"{sorted(names)}" for names in types), *("\x1f".join(header) for header in headers)]
    return sha256("\x1e".join(parts).encode()).hexdigest()
