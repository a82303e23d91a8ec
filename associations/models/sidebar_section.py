from django.db import models
from django.utils.translation import gettext_lazy as _

from records.models import ObjectType


class SidebarSection(models.Model):
    """How the sidebar of an object type's records shows the associated records of another type.

    A section without a row stands behind those that have one, in the order of the object types, newest
    associations first, with the secondary properties of its type.
    """

    class Sort(models.TextChoices):
        """The order of the cards."""

        NEWEST = "newest", _("Newest association first")
        OLDEST = "oldest", _("Oldest association first")
        NAME = "name", _("Name")
        CHANGED = "changed", _("Last changed first")
        LABELLED = "labelled", _("Labelled first")

    object_type = models.ForeignKey(ObjectType, models.CASCADE, related_name="+")
    other_type = models.ForeignKey(ObjectType, models.CASCADE, related_name="+")
    position = models.PositiveIntegerField(_("position"), default=0)
    sort = models.CharField(_("sorted by"), max_length=10, choices=Sort.choices, default=Sort.NEWEST)
    # Names of the other type's properties; None: its secondary properties.
    properties = models.JSONField(_("properties on a card"), null=True, blank=True)

    class Meta:
        ordering = ("object_type", "position", "id")
        verbose_name = _("section of the sidebar")
        verbose_name_plural = _("sections of the sidebar")
        constraints = (
            models.UniqueConstraint(fields=("object_type", "other_type"), name="associations_section_unique"),
        )

    def __str__(self) -> str:
        return f"{self.object_type}: {self.other_type}"
