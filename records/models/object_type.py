import uuid
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from records.icons import ICONS

if TYPE_CHECKING:
    from .pipeline import Pipeline, Stage
    from .property import Property, PropertyGroup
    from .record import Record

RESERVED = ("new", "undo")  # addresses of their own beside the lists and in the settings
# Two underscores part a lookup's steps, in queries and in addresses.
check_name = RegexValidator(
    r"^[a-z](_?[a-z0-9])*\Z",
    _("Use small letters, digits and single underscores, and begin with a letter, such as shoe_size."),
)


class ObjectType(models.Model):
    """A kind of record: contacts, companies, deals, tickets.

    Read object types through `records.schema.current()`: its copies carry their properties, groups and
    pipelines (the attributes below that are not columns) and cost no query.
    """

    name = models.SlugField(
        _("name"),
        max_length=60,
        unique=True,
        validators=[check_name],
        help_text=_("Plural, as in addresses and the API."),
    )
    type_id = models.CharField(
        _("type id"), max_length=20, unique=True, help_text=_("HubSpot's object type id, such as 0-1.")
    )
    singular = models.CharField(_("singular"), max_length=100)
    plural = models.CharField(_("plural"), max_length=100)
    icon = models.CharField(_("icon"), max_length=60, default="cube", help_text=_("Name of a heroicon."))
    primary_properties = models.JSONField(
        _("primary display properties"),
        default=list,
        blank=True,
        help_text=_("Their values, joined, are a record's name."),
    )
    secondary_properties = models.JSONField(
        _("secondary display properties"),
        default=list,
        blank=True,
        help_text=_("Shown on cards and beside names in pickers."),
    )
    list_properties = models.JSONField(
        _("list columns"),
        default=list,
        blank=True,
        help_text=_("Columns of the list until a user chooses others."),
    )
    is_activity = models.BooleanField(_("activity"), default=False)
    is_custom = models.BooleanField(_("custom"), default=False)
    position = models.PositiveIntegerField(_("position"), default=0)
    archived_at = models.DateTimeField(_("archived"), null=True, blank=True, editable=False)

    # Filled in by records.schema.
    properties: "dict[str, Property]"
    archived_properties: "dict[str, Property]"
    groups: "list[PropertyGroup]"
    pipelines: "list[Pipeline]"
    stages: "dict[int, Stage]"
    formulas: "list[Property]"  # the calculated properties, in the order in which to work them out

    class Meta:
        ordering = ("position", "id")
        verbose_name = _("object type")
        verbose_name_plural = _("object types")

    def __str__(self) -> str:
        return self.plural_label

    def clean(self) -> None:
        """Refuse an icon that does not exist and properties that the type does not have.

        Raises ValidationError by field.
        """
        errors: dict[str, Any] = {}
        if self.name in RESERVED:
            errors["name"] = _("“%(name)s” means something else in addresses.") % {"name": self.name}
        if self.icon not in ICONS:
            errors["icon"] = _("There is no icon “%(name)s”.") % {"name": self.icon}
        known = set(self.property_rows.values_list("name", flat=True)) if self.pk else set()
        for field in ("primary_properties", "secondary_properties", "list_properties"):
            names = getattr(self, field)
            if not isinstance(names, list) or any(not isinstance(name, str) for name in names):
                errors[field] = _('Enter a list of property names, such as ["email", "phone"].')
            elif self.pk and (unknown := [name for name in names if name not in known]):
                errors[field] = _("There is no property “%(name)s”.") % {"name": "”, “".join(unknown)}
        if errors:
            raise ValidationError(errors)

    @property
    def singular_label(self) -> str:
        """What one such record is called, in the reader's language."""
        return gettext(self.singular)

    @property
    def plural_label(self) -> str:
        """What such records are called, in the reader's language."""
        return gettext(self.plural)

    @property
    def model(self) -> "type[Record]":
        """The model whose rows are the records of this type."""
        from .record import Record

        return Record.model_of(self.name)

    @property
    def primary(self) -> "list[Property]":
        """The properties that make a record's name."""
        return [self.properties[name] for name in self.primary_properties if name in self.properties]

    @property
    def secondary(self) -> "list[Property]":
        """The two properties that stand beside a record's name on cards and in pickers."""
        return [self.properties[name] for name in self.secondary_properties if name in self.properties][:2]

    @property
    def is_person(self) -> bool:
        """Whether its records are people: their name is made of several properties."""
        return len(self.primary_properties) > 1

    @property
    def stage_property(self) -> "Property | None":
        """The property that holds a record's pipeline stage, where the type has pipelines."""
        return next((prop for prop in self.properties.values() if prop.field_type == "stage"), None)


class DataModelStamp(models.Model):
    """One row that changes with every change to object types, properties and pipelines.

    It lets every worker keep the data model in memory and still never serve a stale one. The stamp is
    random rather than counted, so that a number from a rolled-back transaction cannot come again.
    """

    stamp = models.UUIDField(default=uuid.uuid4)
