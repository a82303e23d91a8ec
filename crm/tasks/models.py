import secrets
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext_lazy as _

from records.models import Task

SECRET_BYTES = 32


class CalendarFeed(models.Model):
    """The secret address at which calendar programs read a user's meetings and tasks.

    It names the user, whose row is looked up, and a secret, which is compared in constant time.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="calendar_feed"
    )
    secret = models.CharField(max_length=64, editable=False)
    created_at = models.DateTimeField(_("since"), auto_now=True)

    class Meta:
        verbose_name = _("calendar feed")
        verbose_name_plural = _("calendar feeds")

    def __str__(self) -> str:
        return str(self.user)

    @property
    def token(self) -> str:
        """What stands in the address."""
        return f"{self.pk}-{self.secret}"

    @classmethod
    def renew(cls, user: Any) -> Self:
        """Give a user a new address; an earlier one is valid no longer."""
        secret = secrets.token_urlsafe(SECRET_BYTES)
        return cls.objects.update_or_create(user=user, defaults={"secret": secret})[0]

    @classmethod
    def by_token(cls, token: str) -> Self | None:
        """Return the feed of an address, with its user; None where the address or the user is not valid."""
        number, _dash, secret = token.partition("-")
        if not (number.isascii() and number.isdigit() and len(number) < 19):
            return None
        feed = cls.objects.select_related("user").filter(pk=int(number), user__is_active=True).first()
        return feed if feed and constant_time_compare(feed.secret, secret) else None


class Reminder(models.Model):
    """That a task's reminder of a moment was sent, or is being sent.

    Who sends it takes it for a while first: if they die, another may take it when the while is over.
    """

    task = models.OneToOneField(Task, models.CASCADE, primary_key=True, related_name="+")
    at = models.DateTimeField(_("reminder"))
    taken_until = models.DateTimeField()
    sent_at = models.DateTimeField(_("sent"), null=True)

    class Meta:
        verbose_name = _("reminder")
        verbose_name_plural = _("reminders")

    def __str__(self) -> str:
        return str(self.task)
