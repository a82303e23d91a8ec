from typing import Any

from django.contrib.auth.models import AbstractUser
from django.db import models, transaction
from django.utils.translation import gettext_lazy as _


class User(AbstractUser):
    """A person who signs in."""

    preferences = models.JSONField(_("preferences"), default=dict, blank=True, editable=False)

    def __str__(self) -> str:
        return self.get_full_name() or self.username

    def prefer(self, name: str, value: Any) -> None:
        """Remember a choice of this user, such as a collapsed section; None forgets it."""
        with transaction.atomic():
            stored = (
                type(self).objects.select_for_update().values_list("preferences", flat=True).get(pk=self.pk)
            )
            stored = {**stored, name: value}
            self.preferences = {key: kept for key, kept in stored.items() if kept is not None}
            self.save(update_fields=["preferences"])
