from django.db import models
from django.utils.translation import gettext_lazy as _

NAME_LENGTH = 500


class Mailbox(models.Model):
    """How far a mailbox has been read. Nothing in the mailbox itself is changed."""

    name = models.CharField(_("name"), max_length=NAME_LENGTH, unique=True)
    # The number under which the server's own numbers of messages (UIDs) hold (RFC 3501, 2.3.1.1).
    uid_validity = models.PositiveBigIntegerField(default=0)
    last_uid = models.PositiveBigIntegerField(_("last message read"), default=0)
    # The first day whose messages are read; without one, all are.
    since = models.DateField(_("read from"), null=True, blank=True)
    failed = models.JSONField(_("messages that could not be logged"), default=dict)  # UID → why

    class Meta:
        verbose_name = _("mailbox")
        verbose_name_plural = _("mailboxes")

    def __str__(self) -> str:
        return self.name
