from typing import TYPE_CHECKING, Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

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
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="saved_views", verbose_name=_("owner")
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

    def may_be_changed_by(self, user: Any) -> bool:
        """Whether a user may change or delete the view: its owner, and administrators."""
        return self.owner_id == user.pk or user.is_staff
