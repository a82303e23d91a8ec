from typing import TYPE_CHECKING, Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from records import schema

from .object_type import ObjectType

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser
    from django.contrib.auth.models import AnonymousUser


class SavedViewQuerySet(models.QuerySet["SavedView"]):
    """Saved views."""

    def visible_to(self, user: "AbstractBaseUser | AnonymousUser") -> Self:
        """Return the views that a user may open: theirs, their teams' and those for everyone."""
        return self.filter(
            Q(owner=user)
            | Q(visibility=SavedView.Visibility.EVERYONE)
            | Q(visibility=SavedView.Visibility.TEAM, team__in=user.groups.values("pk"))  # type: ignore[union-attr]
        )


def keep_shared(collector: Any, field: Any, views: Any, using: str) -> None:
    """Delete a deleted user's private views; those that others see stay, without an owner."""
    private = SavedView.Visibility.PRIVATE
    models.CASCADE(collector, field, views.filter(visibility=private), using)
    models.SET_NULL(collector, field, views.exclude(visibility=private), using)


class SavedView(models.Model):
    """A list as somebody wants to see it again: filters, columns, order, table or board, under a name.

    Teams are Django's groups.
    """

    class Visibility(models.TextChoices):
        """Who may open the view besides its owner."""

        PRIVATE = "private", _("Only me")
        TEAM = "team", _("A team")
        EVERYONE = "everyone", _("Everyone")

    object_type = models.ForeignKey(ObjectType, models.CASCADE, related_name="saved_views")
    name = models.CharField(_("name"), max_length=100)
    query = models.TextField(_("query"), blank=True, help_text=_("What the address of the list says."))
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        keep_shared,
        null=True,
        blank=True,
        related_name="saved_views",
        verbose_name=_("owner"),
    )
    visibility = models.CharField(
        _("who sees it"), max_length=10, choices=Visibility.choices, default=Visibility.PRIVATE
    )
    team = models.ForeignKey(
        "auth.Group", models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("team")
    )
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    updated_at = models.DateTimeField(_("last changed"), auto_now=True)

    objects = SavedViewQuerySet.as_manager()

    class Meta:
        ordering = ("name", "id")
        verbose_name = _("saved view")
        verbose_name_plural = _("saved views")
        constraints = (
            models.UniqueConstraint(
                fields=("object_type", "owner", "name"), name="records_savedview_name_unique"
            ),
            models.CheckConstraint(
                condition=Q(visibility="team", team__isnull=False)
                | (~Q(visibility="team") & Q(team__isnull=True)),
                name="records_savedview_team",
            ),
        )

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("records:view", args=[schema.current().type_by_id(self.object_type_id).name, self.pk])

    @property
    def parameters(self) -> QueryDict:
        """What the address of the list says."""
        return QueryDict(self.query, mutable=True)

    @property
    def who(self) -> str:
        """Who may open it, as a reader is told."""
        return str(self.team) if self.visibility == self.Visibility.TEAM else self.get_visibility_display()

    def may_be_changed_by(self, user: Any) -> bool:
        """Whether a user may change or delete the view: its owner, and administrators."""
        return self.owner_id == user.pk or user.is_staff
