from functools import cache
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from records.derived import clean_shape

from .object_type import ObjectType, check_name
from .pipeline import Stage

if TYPE_CHECKING:
    from records.property_kinds import PropertyKind


RESERVED = ("name", "select")  # columns that every list has


class PropertyGroup(models.Model):
    """A heading under which properties stand together on a record's page."""

    object_type = models.ForeignKey(ObjectType, models.CASCADE, related_name="property_groups")
    name = models.SlugField(_("name"), max_length=60)
    label = models.CharField(_("label"), max_length=100)
    position = models.PositiveIntegerField(_("position"), default=0)

    # Filled in by records.schema.
    members: "list[Property]"

    class Meta:
        ordering = ("object_type", "position", "id")
        verbose_name = _("property group")
        verbose_name_plural = _("property groups")
        constraints = (
            models.UniqueConstraint(fields=("object_type", "name"), name="records_propertygroup_name_unique"),
        )

    def __str__(self) -> str:
        return gettext(self.label)


class Property(models.Model):
    """A field of an object type. Forms, tables, filters, imports and the API are made from these rows."""

    class FieldType(models.TextChoices):
        """How a value is entered, checked, compared and shown; see records.property_kinds."""

        TEXT = "text", _("Single-line text")
        TEXTAREA = "textarea", _("Multi-line text")
        HTML = "html", _("Rich text")
        EMAIL = "email", _("E-mail address")
        PHONE = "phonenumber", _("Phone number")
        URL = "url", _("Web address")
        DOMAIN = "domain", _("Domain name")
        NUMBER = "number", _("Number")
        PERCENTAGE = "percentage", _("Percentage")
        CURRENCY = "currency", _("Currency amount")
        CURRENCY_CODE = "currencycode", _("Currency")
        DATE = "date", _("Date")
        DATETIME = "datetime", _("Date and time")
        YES_NO = "booleancheckbox", _("Yes or no")
        SELECT = "select", _("Dropdown")
        RADIO = "radio", _("Radio buttons")
        CHECKBOXES = "checkbox", _("Checkboxes")
        COUNTRY = "country", _("Country")
        PIPELINE = "pipeline", _("Pipeline")
        STAGE = "stage", _("Pipeline stage")
        USER = "user", _("User")

    object_type = models.ForeignKey(ObjectType, models.CASCADE, related_name="property_rows")
    group = models.ForeignKey(PropertyGroup, models.PROTECT, related_name="property_rows")
    name = models.SlugField(_("name"), max_length=100, validators=[check_name])
    label = models.CharField(_("label"), max_length=100)
    field_type = models.CharField(_("field type"), max_length=20, choices=FieldType.choices)
    column = models.CharField(
        _("column"),
        max_length=100,
        blank=True,
        editable=False,
        help_text=_("The column of the record's model that holds the value; none: a key of its JSON."),
    )
    options = models.JSONField(
        _("options"),
        default=list,
        blank=True,
        help_text=_('For what is chosen from: a list of {"value": …, "label": …}.'),
    )
    help_text = models.CharField(_("help text"), max_length=300, blank=True)
    required = models.BooleanField(_("required"), default=False)
    unique = models.BooleanField(_("unique among live records"), default=False)
    searchable = models.BooleanField(_("found by search"), default=False)
    indexed = models.BooleanField(
        _("fast to filter and sort by"),
        default=False,
        help_text=_("Kept by an index of its own, which every save has to keep up."),
    )
    default = models.JSONField(
        _("default"),
        null=True,
        blank=True,
        help_text=_("What a new record has; as the JSON of a record says it."),
    )
    rules = models.JSONField(
        _("rules"),
        default=dict,
        blank=True,
        help_text=_("What a value must be like: min, max, min_length, max_length, pattern."),
    )
    required_from = models.JSONField(
        _("required from a stage on"),
        default=dict,
        blank=True,
        help_text=_("By the name of a pipeline, the name of the stage from which on there must be a value."),
    )
    derivation = models.JSONField(
        _("derivation"),
        default=dict,
        blank=True,
        help_text=_("Where the value comes from that nobody types in: a formula, associated records."),
    )
    read_only = models.BooleanField(_("read-only"), default=False)
    position = models.PositiveIntegerField(_("position"), default=0)
    archived_at = models.DateTimeField(_("archived"), null=True, blank=True, editable=False)

    class Meta:
        ordering = ("object_type", "group__position", "position", "id")
        verbose_name = _("property")
        verbose_name_plural = _("properties")
        constraints = (
            models.UniqueConstraint(fields=("object_type", "name"), name="records_property_name_unique"),
        )

    def __str__(self) -> str:
        return self.title

    def clean(self) -> None:
        """Refuse what could not work. Raises ValidationError by field."""
        errors: dict[str, Any] = {}
        if self.name in RESERVED and not self.column:
            errors["name"] = _("“%(name)s” is a column of every list.") % {"name": self.name}
        if self.group_id and self.object_type_id and self.group.object_type_id != self.object_type_id:
            errors["group"] = _("Choose a group of the same object type.")
        if self.field_type in self.FieldType and not self.column and not self.kind.in_json:
            errors["field_type"] = _("Only standard properties are of this type.")
        if self.indexed and (self.column or not self.kind.index_expressions(self)):
            errors["indexed"] = _("Such values cannot be given an index.")
        if self.derivation:
            errors |= self._clean_derivation()
        has_options = (
            self.field_type in self.FieldType
            and self.kind.has_options
            and self.derivation.get("from") != "synced"
        )
        if not self._has_good_options():
            errors["options"] = _('Enter a list of {"value": …, "label": …}, each value once.')
        elif bool(self.options) != has_options:
            errors["options"] = (
                _("Give the values to choose from.")
                if has_options
                else _("Only dropdowns, radio buttons and checkboxes have options.")
            )
        elif held := self._held_without_option():
            errors["options"] = held
        if self.required_from and (wrong := self._wrong_requirement()):
            errors["required_from"] = wrong
        if not errors and self.object_type_id and self.field_type in self.FieldType:
            errors = self._clean_demands()
        if errors:
            raise ValidationError(errors)

    def _wrong_requirement(self) -> str:
        """Say what is wrong with the stages from which on there must be a value."""
        if not isinstance(self.required_from, dict):
            return gettext("Name a stage for each pipeline.")
        if self.read_only or self.field_type == self.FieldType.STAGE:
            return gettext("Nobody types this value in.")
        rows = Stage.objects.filter(pipeline__object_type=self.object_type)
        stages = set(rows.values_list("pipeline__name", "name"))
        for pipeline, stage in self.required_from.items():
            if not isinstance(stage, str) or (pipeline, stage) not in stages:
                return gettext("There is no stage “%(stage)s” in a pipeline “%(pipeline)s”.") % {
                    "pipeline": pipeline,
                    "stage": stage,
                }
        return ""

    def _clean_demands(self) -> dict[str, Any]:
        """Bring rules and default into the form in which they are stored; return what is wrong with them."""
        errors: dict[str, Any] = {}
        if self.unique and not self.kind.can_be_unique:
            errors["unique"] = _("Values of this type cannot be unique.")
        try:
            self.rules = self.kind.clean_rules(self)
        except ValidationError as error:
            return {**errors, "rules": error.messages}
        try:
            self.default = self.kind.clean_default(self)
        except ValidationError as error:
            errors["default"] = error.messages
        return errors

    def _clean_derivation(self) -> dict[str, Any]:
        """Return what is wrong with a property whose value nobody types in, seen by itself.

        Whether it makes sense among the others is judged when all of them are there (`derived.settle`).
        """
        self.read_only = True
        if self.column:
            return {"derivation": _("Values of standard properties are typed in.")}
        if self.required or self.default is not None:
            return {"derivation": _("Nobody types its value in: it has no default and is not required.")}
        try:
            clean_shape(self.derivation)
        except ValidationError as error:
            return {"derivation": error.messages}
        return {}

    def _held_without_option(self) -> list[str]:
        """Say of each option that is being removed how many records hold it, archived ones too."""
        stored = Property.objects.filter(pk=self.pk).values_list("options", flat=True).first() or []
        kept = {option["value"] for option in self.options}
        removed = {option["value"]: option["label"] for option in stored if option["value"] not in kept}
        if not removed:
            return []
        held = self.kind.count_holding(self, list(removed))
        return [
            ngettext(
                "“%(option)s” stays: %(count)s record has it.",
                "“%(option)s” stays: %(count)s records have it.",
                count,
            )
            % {"option": gettext(removed[value]), "count": count}
            for value, count in held.items()
        ]

    def _has_good_options(self) -> bool:
        well_formed = isinstance(self.options, list) and all(
            isinstance(option, dict)
            and option.keys() == {"value", "label"}
            and all(isinstance(part, str) and part for part in option.values())
            for option in self.options
        )
        return well_formed and len({option["value"] for option in self.options}) == len(self.options)

    @property
    def title(self) -> str:
        """The label in the reader's language."""
        return gettext(self.label)

    @property
    def lookup(self) -> str:
        """What a query calls the value: its column, or what `RecordQuerySet.with_values` names it."""
        return self.column if self.is_stored else f"value_{self.name}"

    @property
    def is_stored(self) -> bool:
        """Whether a column of its own holds the value as it is."""
        return bool(self.column) and not self.kind.follows_clock

    @property
    def kind(self) -> "PropertyKind":
        """The behaviour of this property's values."""
        by_type, of_columns = _kinds()
        return of_columns.get(self.column) or by_type[self.field_type]

    @property
    def sortable(self) -> bool:
        """Whether a list can be sorted by the values."""
        return self.kind.sortable if self.column else self.kind.sortable and self.kind.sortable_in_json

    @property
    def choices(self) -> list[tuple[str, str]]:
        """Stored value and label, in the reader's language, of each option."""
        return [(option["value"], gettext(option["label"])) for option in self.options]

    def value_of(self, record: Any) -> Any:
        """Return the value that `record` has for this property."""
        return self.kind.get(record, self)

    def display(self, record: Any) -> str:
        """Return the value that `record` has, as text for a reader; empty where it has none."""
        return self.kind.display(self.value_of(record), self, record)


@cache
def _kinds() -> "tuple[dict[str, PropertyKind], dict[str, PropertyKind]]":
    """Return the kinds by field type and by column; asked for many times per record, imported once."""
    from records.property_kinds import KINDS, KINDS_OF_COLUMNS

    return KINDS, KINDS_OF_COLUMNS
