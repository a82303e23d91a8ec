"""Who makes a change and from where: every write is told, because history keeps it."""

from dataclasses import dataclass
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _


class Origin(models.TextChoices):
    """The way by which a change came in."""

    PAGE = "page", _("record page")
    LIST = "list", _("list")
    ADMIN = "admin", _("administration")
    IMPORT = "import", _("import")
    RULE = "rule", _("rule")
    API = "api", _("API")
    MAIL = "mail", _("email")


@dataclass(frozen=True)
class By:
    """The author of a change: the user, or None for the system itself, and the way it came in.

    `change` is the `Change` that what is written belongs to; without one, each service makes its own (see
    `records.history`).
    """

    actor: Any  # the user model stands on the top floor
    origin: Origin
    change: Any = None
