from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .object_type import ObjectType
from .record import Record

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser
    from django.contrib.auth.models import AnonymousUser


class DuplicatePairQuerySet(models.QuerySet["DuplicatePair"]):
    """Pairs of records that may be the same. Pages start from `visible_to`."""

    def visible_to(self, user: "AbstractBaseUser | AnonymousUser") -> Self:
        """Return the pairs of which `user` may see both records; both are live then."""
        visible = Record.objects.visible_to(user)
        ends = (Exists(visible.filter(pk=OuterRef(end))) for end in ("record_a", "record_b"))
        return self.filter(*ends)

    def open(self) -> Self:
        """Return the pairs of which nobody has said that they are no duplicates."""
        return self.filter(dismissed_at__isnull=True)

    def dismissed(self) -> Self:
        """Return the pairs of which somebody has said that they are no duplicates."""
        return self.filter(dismissed_at__isnull=False)

    def of_type(self, object_type: ObjectType) -> Self:
        """Return the pairs of one object type."""
        return self.filter(object_type=object_type)

    def of_record(self, record_id: int) -> Self:
        """Return the pairs of one record."""
        return self.filter(Q(record_a=record_id) | Q(record_b=record_id))

    def with_details(self, object_type: ObjectType) -> Self:
        """Fetch both records of each pair with their own columns and owners in the same query."""
        child = object_type.model.child_name()
        return self.select_related(
            *(f"{end}__{part}" for end in ("record_a", "record_b") for part in (child, f"{child}__owner"))
        )


class DuplicatePair(models.Model):
    """Two records of one type that may be the same: suggested by a search, until merged or dismissed."""

    class Reason(models.TextChoices):
        """What is alike, from the strongest sign to the weakest."""

        EMAIL = "email", _("same email")
        DOMAIN = "domain", _("same domain")
        PHONE = "phone", _("same phone")
        NAME = "name", _("similar name")

    object_type = models.ForeignKey(ObjectType, models.CASCADE, related_name="+", db_index=False)
    record_a = models.ForeignKey(Record, models.CASCADE, related_name="+", db_index=False)
    record_b = models.ForeignKey(Record, models.CASCADE, related_name="+")
    score = models.PositiveSmallIntegerField(_("likeness"), help_text=_("From 0 to 100."))
    reason = models.CharField(_("reason"), max_length=10, choices=Reason.choices)
    found_at = models.DateTimeField(_("found"), default=timezone.now)
    dismissed_at = models.DateTimeField(_("not a duplicate since"), null=True)
    dismissed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", db_index=False
    )

    objects = DuplicatePairQuerySet.as_manager()

    class Meta:
        ordering = ("-score", "id")
        verbose_name = _("possible duplicate")
        verbose_name_plural = _("possible duplicates")
        constraints = (
            models.UniqueConstraint(fields=("record_a", "record_b"), name="records_duplicate_unique"),
            models.CheckConstraint(condition=Q(record_a__lt=F("record_b")), name="records_duplicate_order"),
        )
        indexes = (
            models.Index(
                fields=("object_type", "score", "id"),
                name="records_duplicate_open",
                condition=Q(dismissed_at__isnull=True),
            ),
            models.Index(
                fields=("object_type", "dismissed_at", "id"),
                name="records_duplicate_dismissed",
                condition=Q(dismissed_at__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return f"{self.record_a_id} = {self.record_b_id}? {self.score}"


class DuplicateSearch(models.Model):
    """When the records of a type were last searched for duplicates, and what came of it."""

    object_type = models.OneToOneField(ObjectType, models.CASCADE, related_name="+")
    searched_at = models.DateTimeField(_("searched"), default=timezone.now)
    searched_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", db_index=False
    )
    records = models.PositiveBigIntegerField(_("records searched"), default=0)
    crowds = models.PositiveBigIntegerField(
        _("values left out"), default=0, help_text=_("Shared by too many records to tell anything.")
    )

    class Meta:
        verbose_name = _("search for duplicates")
        verbose_name_plural = _("searches for duplicates")

    def __str__(self) -> str:
        return f"{self.object_type_id}: {self.searched_at}"
