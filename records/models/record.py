import unicodedata
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar, Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from records import derived, schema
from records.provenance import Origin
from records.text import fold

from .object_type import ObjectType
from .property import Property

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser
    from django.contrib.auth.models import AnonymousUser

MERGES_FOLLOWED = 50  # in a row, from a record to the one that it ended up in
NAME_LENGTH = 255  # characters; also what an index entry can hold on PostgreSQL


class SortKeyField(models.CharField):
    """Text that compares byte by byte on every database, so that one index serves order and prefix."""

    def db_parameters(self, connection: Any) -> dict[str, Any]:
        """Ask PostgreSQL for the "C" collation; SQLite compares bytes by itself."""
        parameters = super().db_parameters(connection)
        if connection.vendor == "postgresql":
            parameters["collation"] = "C"
        return parameters


class RecordQuerySet(models.QuerySet["Record"]):
    """Records of every kind. Pages start from `visible_to`."""

    def live(self) -> Self:
        """Leave out archived records."""
        return self.filter(archived_at__isnull=True)

    def visible_to(self, user: "AbstractBaseUser | AnonymousUser") -> Self:
        """Return the live records that `user` may see: all of them, until permissions come."""
        return self.live()

    def in_bin_of(self, user: "AbstractBaseUser | AnonymousUser") -> Self:
        """Return the archived records that `user` may see; one that was merged is its survivor now."""
        return self.filter(archived_at__isnull=False, merged_into__isnull=True)

    def known_to(self, user: "AbstractBaseUser | AnonymousUser") -> Self:
        """Return the records that history may name to `user`: those that they may see, also archived and
        merged ones. All of them, until permissions come."""
        return self.all()

    def of_type(self, object_type: ObjectType) -> Self:
        """Return the records of one object type (the indexes of `Record` begin with it)."""
        return self.filter(object_type=object_type)

    def with_values(self, properties: Iterable[Property]) -> Self:
        """Name the values of these properties as `Property.lookup` does, for filters and order."""
        return self.annotate(
            **{prop.lookup: prop.kind.expression(prop) for prop in properties if not prop.is_stored}
        )

    def with_details(self) -> Self:
        """Fetch each record's own columns in the same query, for `Record.specific`."""
        return self.select_related("owner", *(model.child_name() for model in Record.concrete_models()))


class Record(models.Model):
    """What every record is, whatever its type: the row that associations point at.

    Each type's own columns stand in a child table (multi-table inheritance), so all records share one
    space of ids and an association is two real foreign keys.
    """

    object_type = models.ForeignKey(ObjectType, models.PROTECT, related_name="+", editable=False)
    display_name = models.CharField(_("name"), max_length=NAME_LENGTH, blank=True, editable=False)
    sort_name = SortKeyField(max_length=NAME_LENGTH, blank=True, editable=False)
    search_text = models.TextField(blank=True, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("owner"),
    )
    properties = models.JSONField(default=dict, blank=True, editable=False)
    origin = models.CharField(max_length=10, choices=Origin.choices, default=Origin.PAGE, editable=False)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", editable=False
    )
    updated_at = models.DateTimeField(_("last changed"), default=timezone.now, editable=False)
    updated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", editable=False
    )
    # Of activities: when it took or takes place, or is due; and whether it is a task still to be done.
    happened_at = models.DateTimeField(_("when"), null=True, blank=True, editable=False)
    is_pending = models.BooleanField(default=False, editable=False)
    # Of the others: what their activities say of them, as of the last change (`records.activity_facts`).
    last_contacted_at = models.DateTimeField(_("last contacted"), null=True, blank=True, editable=False)
    next_activity_at = models.DateTimeField(_("next activity"), null=True, blank=True, editable=False)
    activity_count = models.PositiveIntegerField(_("number of activities"), default=0, editable=False)
    archived_at = models.DateTimeField(_("archived"), null=True, blank=True, editable=False)
    # The record that took over what this one had; it is archived then, and its address leads there.
    merged_into = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="+", editable=False, db_index=False
    )

    objects = RecordQuerySet.as_manager()

    # Snapshots are written by `records.history` with the change they belong to, not on every save.
    skip_history_when_saving = True
    # Set by each concrete model: the name of the object type that it stores; "" is every custom one.
    object_type_name: ClassVar[str]
    # The column that holds the currency of a record's amounts, where the model has one.
    currency_column: ClassVar[str] = ""

    class Meta:
        ordering = ("id",)
        verbose_name = _("record")
        verbose_name_plural = _("records")
        indexes = (
            models.Index(
                fields=("object_type", "sort_name", "id"),
                name="records_record_by_name",
                condition=Q(archived_at__isnull=True),
            ),
            models.Index(
                fields=("object_type", "created_at", "id"),
                name="records_record_by_created",
                condition=Q(archived_at__isnull=True),
            ),
            models.Index(
                fields=("object_type", "updated_at", "id"),
                name="records_record_by_updated",
                condition=Q(archived_at__isnull=True),
            ),
            models.Index(
                fields=("object_type", "archived_at", "id"),
                name="records_record_archived",
                condition=Q(archived_at__isnull=False),
            ),
            models.Index(
                fields=("object_type", "happened_at", "id"),
                name="records_record_by_happened",
                condition=Q(archived_at__isnull=True, happened_at__isnull=False),
            ),
            models.Index(
                fields=("owner", "happened_at", "id"),
                name="records_record_pending",
                condition=Q(archived_at__isnull=True, is_pending=True),
            ),
            models.Index(
                fields=("happened_at", "id"),
                name="records_record_open",
                condition=Q(archived_at__isnull=True, is_pending=True),
            ),
            models.Index(
                fields=("owner", "object_type", "happened_at", "id"),
                name="records_record_by_owner",
                condition=Q(archived_at__isnull=True, happened_at__isnull=False),
            ),
            models.Index(
                fields=("merged_into",),
                name="records_record_merged",
                condition=Q(merged_into__isnull=False),
            ),
        )

    def __str__(self) -> str:
        if self.display_name:
            return self.display_name
        return gettext("Unnamed %(type)s") % {"type": self.kind.singular_label.lower()}

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save with the name, sort key, search text and unique values made from the properties.

        Raises ValidationError, by property name, where another live record has a unique value.
        """
        with transaction.atomic():
            self.derive()
            super().save(*args, **kwargs)
            self.claim_unique_values()

    def get_absolute_url(self) -> str:
        return reverse("records:record", args=[self.kind.name, self.pk])

    # --- Types ----------------------------------------------------------------------------------

    @classmethod
    def concrete_models(cls) -> "list[type[Record]]":
        """Return the concrete models: one of each standard type, and one for all custom types."""
        return list(Record.__subclasses__())

    @classmethod
    def model_of(cls, object_type_name: str) -> "type[Record]":
        """Return the model that stores records of the named type: its own, or the one for custom types."""
        models = {model.object_type_name: model for model in cls.concrete_models()}
        return models.get(object_type_name) or models[""]

    @classmethod
    def child_name(cls) -> str:
        """Return the attribute by which a plain `Record` reaches its row in this model."""
        return cls._meta.model_name or ""

    @property
    def kind(self) -> ObjectType:
        """This record's object type, with its properties, without a query."""
        return schema.current().type_by_id(self.object_type_id)

    @property
    def specific(self) -> "Record":
        """This record as an instance of its own model; no query after `with_details()`."""
        if type(self) is not Record:
            return self
        return getattr(self, self.kind.model.child_name())

    @property
    def survivor(self) -> "Record":
        """The record that this one was merged into, or that one into, and so on; itself where it was not."""
        record = self
        for _merge in range(MERGES_FOLLOWED):
            if record.merged_into is None:
                break
            record = record.merged_into
        return record

    @property
    def secondary_values(self) -> list[tuple[Property, str]]:
        """Property and text of the secondary display properties that have a value."""
        return self.values_of(self.kind.secondary)

    def values_of(self, properties: Iterable[Property]) -> list[tuple[Property, str]]:
        """Return property and text of those of some properties that have a value."""
        record = self.specific
        pairs = [(prop, prop.display(record)) for prop in properties]
        return [(prop, text) for prop, text in pairs if text]

    @property
    def currency(self) -> str:
        """ISO 4217 code of the currency that this record's amounts are in."""
        code = getattr(self, self.currency_column) if self.currency_column else ""
        return code or settings.DEFAULT_CURRENCY

    # --- What is made from the properties -------------------------------------------------------

    def derive(self) -> None:
        """Set the columns that follow from others. Nothing to do on a plain `Record`."""
        if type(self) is Record:
            return
        if not self.object_type_id:
            self.object_type_id = schema.current().type(self.object_type_name).pk
        kind = self.kind
        if kind.is_activity and self.happened_at is None:
            self.happened_at = self.created_at
        for prop in kind.properties.values():
            prop.kind.normalise(self, prop)
        derived.calculate(self, kind)
        name = " ".join(text for prop in kind.primary if (text := prop.display(self)))
        if not name:
            unique = (prop.display(self) for prop in kind.properties.values() if prop.unique)
            name = next(filter(None, unique), "")
        self.display_name = name[:NAME_LENGTH]
        self.sort_name = fold(self.display_name)[:NAME_LENGTH]
        words = [fold(prop.display(self)) for prop in kind.properties.values() if prop.searchable]
        # A line each, so that a search never matches across two properties.
        self.search_text = "\n".join(dict.fromkeys(filter(None, [self.sort_name, *words])))

    def unique_values(self) -> dict[int, str]:
        """Return property id and comparable value of each unique property that has a value."""
        found = {}
        for prop in self.kind.properties.values():
            if prop.unique and (text := prop.kind.comparable(prop.value_of(self))):
                found[prop.pk] = UniqueValue.key(text)
        return found

    def claim_unique_values(self) -> None:
        """Bring `UniqueValue` in step with this record. Raises ValidationError where one is taken."""
        if type(self) is Record:
            return
        kind = self.kind
        if not any(prop.unique for prop in kind.properties.values()):
            return
        wanted = {} if self.archived_at else self.unique_values()
        held = {claim.prop_id: claim for claim in self.unique_claims.all()}
        for prop_id, claim in held.items():
            if wanted.get(prop_id) != claim.value:
                claim.delete()
        for prop_id, value in wanted.items():
            if prop_id in held and held[prop_id].value == value:
                continue
            try:
                with transaction.atomic():
                    UniqueValue.objects.create(prop_id=prop_id, value=value, record_id=self.pk)
            except IntegrityError as error:
                prop = next(prop for prop in kind.properties.values() if prop.pk == prop_id)
                raise ValidationError({prop.name: UniqueValue.message(prop, value)}) from error


class UniqueValue(models.Model):
    """A value that only one live record of its type may have; the database itself sees to that.

    Archived records hold none, so their values are free for others.
    """

    prop = models.ForeignKey(Property, models.CASCADE, related_name="+", verbose_name=_("property"))
    value = SortKeyField(max_length=NAME_LENGTH)
    record = models.ForeignKey(Record, models.CASCADE, related_name="unique_claims")

    class Meta:
        verbose_name = _("unique value")
        verbose_name_plural = _("unique values")
        constraints = (models.UniqueConstraint(fields=("prop", "value"), name="records_uniquevalue_unique"),)

    def __str__(self) -> str:
        return self.value

    @staticmethod
    def key(text: str) -> str:
        """Return what `text` is compared by: without case and surplus white space, but with its accents."""
        return " ".join(unicodedata.normalize("NFC", text.casefold()).split())[:NAME_LENGTH]

    @staticmethod
    def message(prop: Property, value: str) -> str:
        """Return what a user is told when `value` is taken."""
        return gettext("Another %(type)s already has %(property)s “%(value)s”.") % {
            "type": prop.object_type.singular_label.lower(),
            "property": prop.title.lower(),
            "value": value,
        }

    @classmethod
    def holders(cls, prop: Property, values: Iterable[str]) -> dict[str, int]:
        """Return the record id that holds each of `values` (as typed), by its `key`."""
        keys = {cls.key(value) for value in values if value}
        rows = cls.objects.filter(prop=prop, value__in=keys).values_list("value", "record_id")
        return dict(rows)
