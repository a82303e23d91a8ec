"""With what else an activity is associated when it is logged on a record: a rule per activity type and type
of that record.

The defaults stand here, after what HubSpot does; administrators change them in the settings or in a
definition, and what they changed stands in memory with the data model.
https://knowledge.hubspot.com/object-settings/configure-automatic-activity-associations
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.signals import post_delete, post_save
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from records import data_model, definition, schema
from records.models import ObjectType

from .models import ActivityRule

KEPT = "activity_rules"  # where the data model in memory has what was changed, by the ids of both types
MOST = 50  # records that one thing to follow brings


class Follow(models.TextChoices):
    """What can be followed from a record, in the order in which the records found are named."""

    PRIMARY_COMPANY = "primary_company", gettext_lazy("Primary company")
    COMPANIES = "companies", gettext_lazy("Companies")
    TAKING_PART = "taking_part", gettext_lazy("Contacts taking part")
    CONTACTS = "contacts", gettext_lazy("Contacts")
    OPEN_DEALS = "open_deals", gettext_lazy("Open deals")
    OPEN_TICKETS = "open_tickets", gettext_lazy("Open tickets")

    @property
    def usual(self) -> int:
        """How many records at most where nobody says it: of open deals five, as in HubSpot."""
        if self == Follow.PRIMARY_COMPANY:
            return 1
        return 5 if self in (Follow.OPEN_DEALS, Follow.OPEN_TICKETS) else MOST

    @property
    def is_numbered(self) -> bool:
        """Whether a number of records can be said."""
        return self not in (Follow.PRIMARY_COMPANY, Follow.TAKING_PART)

    def sentence(self, most: int) -> str:
        """Say what is followed, and how many records at most."""
        if not self.is_numbered:
            return str(self.label)
        return _("%(what)s (the latest %(number)s)") % {"what": self.label, "number": most}


Rule = Mapping[Follow, int]  # what is followed, and how many records at most
WITH_PEOPLE = ("emails", "meetings")  # the activities that people take part in
# What is followed from a record, by its type; of every other type as of these. Of activities that people
# take part in, these people too.
DEFAULTS: dict[str, tuple[Follow, ...]] = {
    "contacts": (Follow.PRIMARY_COMPANY, Follow.OPEN_DEALS),
    "companies": (),
    "deals": (Follow.PRIMARY_COMPANY, Follow.CONTACTS),
    "tickets": (Follow.PRIMARY_COMPANY, Follow.CONTACTS),
}
OTHERWISE = (Follow.PRIMARY_COMPANY, Follow.CONTACTS)


def rule(activity_type: ObjectType, object_type: ObjectType) -> Rule:
    """Return the rule for activities of a type that are logged on records of another. No query."""
    changed = schema.current().extras[KEPT].get((activity_type.pk, object_type.pk))
    return default(activity_type, object_type) if changed is None else changed


def default(activity_type: ObjectType, object_type: ObjectType) -> Rule:
    """Return the rule that holds where nobody has said another. No query."""
    chosen = {*DEFAULTS.get(object_type.name, OTHERWISE), Follow.TAKING_PART}
    return {one: one.usual for one in offered(activity_type, object_type) if one in chosen}


def is_default(object_type: ObjectType) -> bool:
    """Whether nobody has changed the rules for records of a type. No query."""
    return not any(type_id == object_type.pk for _activity, type_id in schema.current().extras[KEPT])


def offered(activity_type: ObjectType, object_type: ObjectType) -> list[Follow]:
    """Return what can be followed when activities of a type are logged on records of another."""
    senseless = set()
    if activity_type.name not in WITH_PEOPLE:
        senseless.add(Follow.TAKING_PART)
    if object_type.name == "companies":
        senseless.add(Follow.PRIMARY_COMPANY)
    return [one for one in Follow if one not in senseless]


def change(
    object_type: ObjectType, given: Mapping[str, Mapping[str, int] | None], *, only: bool = False
) -> bool:
    """Set the rules for records of a type, by the name of the activity type; return whether that is new.

    Nothing instead of a rule brings its default back; with `only` this happens to all that are not named.
    Raises ValidationError by the name of the activity type.
    """
    with data_model.changing():
        before = _load()
        activities = {kind.name: kind for kind in schema.current().activity_types}
        problems: dict[str, list[str]] = {}
        chosen: dict[ObjectType, Rule] = {}
        for name, said in given.items():
            try:
                if name not in activities:
                    raise ValidationError(_("There is no activity type “%(name)s”.") % {"name": name})
                kind = activities[name]
                usual = default(kind, object_type)
                chosen[kind] = usual if said is None else _checked(kind, object_type, said)
            except ValidationError as error:
                problems[name] = error.messages
        if problems:
            raise ValidationError(problems)
        rows = ActivityRule.objects.filter(object_type=object_type)
        if only:
            rows.exclude(activity_type__in=chosen).delete()
        for kind, follows in chosen.items():
            if follows == default(kind, object_type):
                rows.filter(activity_type=kind).delete()
            else:
                rows.update_or_create(
                    activity_type=kind, object_type=object_type, defaults={"follows": dict(follows)}
                )
        return _load() != before


def reset(object_type: ObjectType) -> None:
    """Bring the default rules for records of a type back."""
    change(object_type, {}, only=True)


def _checked(activity_type: ObjectType, object_type: ObjectType, given: Mapping[str, Any]) -> Rule:
    """Return a rule in the order in which what it follows is named. Raises ValidationError."""
    known = offered(activity_type, object_type)
    if unknown := sorted(str(name) for name in given if name not in list(known)):
        told = {"name": unknown[0], "choices": ", ".join(known)}
        raise ValidationError(_("“%(name)s” is none of %(choices)s.") % told)
    for most in given.values():
        if not isinstance(most, int) or isinstance(most, bool) or not 1 <= most <= MOST:
            raise ValidationError(_("Enter a number from 1 to %(most)s.") % {"most": MOST})
    return {one: given[one] if one.is_numbered else one.usual for one in known if one in given}


class Activities(definition.Part):
    """The key `activities` of a type in a definition: by the name of the activity type, what is followed."""

    key = "activities"

    def apply(self, object_type: ObjectType, given: Any) -> bool:
        """Set the rules that are named. Raises ValidationError by place."""
        if object_type.is_activity:
            raise ValidationError(_("Activities are not logged on activities."))
        if not isinstance(given, dict) or any(not isinstance(said, dict | None) for said in given.values()):
            raise ValidationError(_("By the name of the activity type, what is followed is expected here."))
        return change(object_type, {str(name): said for name, said in given.items()})

    def export(self, object_type: ObjectType, exported: Sequence[ObjectType]) -> Any:
        """Return the rules that are none of the defaults."""
        if object_type.is_activity or is_default(object_type):
            return None
        told = {}
        for kind in schema.current().activity_types:
            follows = rule(kind, object_type)
            if follows != default(kind, object_type):
                told[kind.name] = {str(one): most for one, most in follows.items()}
        return told


def _load() -> dict[tuple[int, int], Rule]:
    return {
        (row.activity_type_id, row.object_type_id): {
            one: row.follows[one] for one in Follow if one in row.follows
        }
        for row in ActivityRule.objects.all()
    }


def register() -> None:
    """Keep the rules with the data model, and read them from definitions."""
    schema.loaders[KEPT] = _load
    definition.parts.append(Activities())
    post_save.connect(schema.data_model_changed, sender=ActivityRule)
    post_delete.connect(schema.data_model_changed, sender=ActivityRule)
