"""Actions that write: set a property, create a record or a task."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from associations import services as association_services
from associations.activity_forms import DUE, working_days_later
from associations.type_pairs import partners
from records import services as record_services
from records.models import ObjectType, Property, Record, Task
from records.property_kinds.related import UserKind

from .. import values
from ..values import FIELD, TEXTS
from .base import (
    Action,
    ActionForm,
    Given,
    Work,
    label_of,
    missing_label,
    missing_property,
    missing_type,
    type_named,
)

MOST_DAYS = 3_650
VALUE = "value-"  # and a property's name: its field in the form of a record to be created


def writable(prop: Property) -> bool:
    """Whether rules may set a property."""
    return not prop.read_only and prop.field_type != FIELD.PIPELINE


def value_field(prop: Property, label: str = "") -> forms.Field:
    """Return a field for a value of a property, which may be left empty; a text takes names in braces."""
    if prop.field_type in TEXTS:
        long = prop.field_type in (FIELD.TEXTAREA, FIELD.HTML)
        widget = forms.Textarea(attrs={"rows": 3}) if long else forms.TextInput()
        return forms.CharField(label=label or prop.title, required=False, max_length=2_000, widget=widget)
    field = prop.kind.form_field(prop)
    field.required, field.help_text = False, ""
    if label:
        field.label = label
    return field


def cleaned_value(prop: Property, value: Any, kind: ObjectType) -> Any:
    """Return a field's value as JSON keeps it. Raises ValidationError."""
    if isinstance(value, str) and prop.field_type in TEXTS:
        values.check_places(value, kind.properties)
        if not values.PLACE.search(value) and value:
            return values.kept(prop, prop.kind.clean_plain(prop, value))
        return value or None
    return values.kept(prop, value)


# --- Properties ---------------------------------------------------------------------------------------


class SetForm(ActionForm):
    """Says which property gets which value."""

    redraws = ("property",)

    def build(self) -> None:
        self.prop = self.add_property("property", _("Property"), self.kind, writable)
        if self.prop is None:
            return
        field = value_field(self.prop, _("New value; empty takes the value away"))
        if not self.is_bound and self.given.get("property") != self.prop.name:
            self.initial = {**self.initial, "value": None}
        self.fields["value"] = field

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if self.prop is not None and "value" in cleaned:
            empty = cleaned["value"] in (None, "", [])
            if empty and (self.prop.required or self.prop.field_type == FIELD.STAGE):
                self.add_error("value", _("This property always has a value."))
                return cleaned
            try:
                cleaned["value"] = cleaned_value(self.prop, cleaned["value"], self.kind)
            except ValidationError as error:
                self.add_error("value", error)
        return cleaned


class SetProperty(Action):
    """Sets a property."""

    name = "set"
    label = gettext_lazy("Set a property")
    form = SetForm

    def sentence(self, kind: ObjectType, given: Given) -> str:
        prop = kind.properties.get(given["property"])
        if prop is None:
            return str(self.label)
        if given.get("value") is None:
            return _("empty %(property)s") % {"property": prop.title}
        shown = values.shown(prop, given["value"])
        return _("set %(property)s to “%(value)s”") % {"property": prop.title, "value": shown}

    def problem(self, kind: ObjectType, given: Given) -> str:
        if missing := missing_property(kind, given["property"]):
            return missing
        prop, plain = kind.properties[given["property"]], given.get("value")
        return _unfit(prop, plain)

    def do(self, work: Work, given: Given) -> None:
        prop = work.rule.kind.properties[given["property"]]
        changes = {}
        for record in work.records:
            try:
                value = values.value_for(prop, given.get("value"), record)
            except ValidationError:
                work.tally.add("refused", record.pk, reason="value", note=prop.name)
                continue
            if values.kept(prop, value) == values.kept(prop, prop.value_of(record)):
                work.tally.add("nothing", record.pk)
            else:
                changes[record.pk] = {prop.name: value}
        for pk in _each_or_all(work, changes, prop):
            work.tally.add("changed", pk, note=prop.name)


def _each_or_all(work: Work, changes: dict[int, dict[str, Any]], prop: Property) -> list[int]:
    """Update records, all in a few statements; where one is refused, one by one. Return which were."""
    if not changes:
        return []
    kind = work.rule.kind
    try:
        with transaction.atomic():
            return [one.pk for one in record_services.update_records(kind, changes, by=work.by)]
    except ValidationError:
        pass
    done = []
    for pk, wanted in changes.items():
        try:
            with transaction.atomic():
                done += [one.pk for one in record_services.update_records(kind, {pk: wanted}, by=work.by)]
        except ValidationError:
            work.tally.add("refused", pk, reason="required", note=prop.name)
    return done


def _unfit(prop: Property, plain: Any) -> str:
    """Say that a property does not take a value (any more); empty where it does."""
    if plain is None or (isinstance(plain, str) and prop.field_type in TEXTS):
        return ""
    try:
        values.restored(prop, plain)
    except (ValidationError, ValueError, TypeError):
        text = _("%(property)s does not take the value that the rule sets.")
        return text % {"property": prop.title}
    return ""


# --- Records ------------------------------------------------------------------------------------------


class CreateForm(ActionForm):
    """Says what a new record of a type is like."""

    redraws = ("type",)

    def build(self) -> None:
        types = [one for one in partners(self.kind) if not one.is_activity]
        self.other = self.add_type("type", _("Create one of the"), types)
        if self.other is None:
            return
        self.add_label("label", self.kind, self.other, required=False)
        first = {*self.other.primary_properties, *self.other.secondary_properties}
        chosen = [prop for prop in self.other.properties.values() if writable(prop)]
        chosen.sort(key=lambda prop: (not prop.required, prop.name not in first))
        kept = self.given.get("values", {}) if self.given.get("type") == self.other.name else {}
        for prop in chosen:
            name = f"{VALUE}{prop.name}"
            self.fields[name] = value_field(prop)
            if not self.is_bound:
                self.initial[name] = kept.get(prop.name)
        self.main = [f"{VALUE}{prop.name}" for prop in chosen if prop.required or prop.name in first]

    @property
    def more(self) -> list[Any]:
        """The fields that stand under "More properties"."""
        return [self[name] for name in self.fields if name.startswith(VALUE) and name not in self.main]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if self.other is None:
            return cleaned
        kept = {}
        for name in [name for name in cleaned if name.startswith(VALUE)]:
            prop = self.other.properties[name.removeprefix(VALUE)]
            try:
                plain = cleaned_value(prop, cleaned[name], self.kind)
            except ValidationError as error:
                self.add_error(name, error)
                continue
            if plain is not None:
                kept[prop.name] = plain
            elif prop.required and prop.default is None and prop.field_type != FIELD.STAGE:
                self.add_error(name, _("A record of this type has to have it."))
        naming = [prop for prop in self.other.primary if writable(prop)]
        if naming and not self.errors and not any(prop.name in kept for prop in naming):
            self.add_error(f"{VALUE}{naming[0].name}", _("Say what it is called, such as “{name}”."))
        cleaned["values"] = kept
        return cleaned

    def params(self) -> Given:
        return {
            name: value
            for name, value in self.cleaned_data.items()
            if not name.startswith(VALUE) and value not in (None, "")
        }


class CreateRecord(Action):
    """Creates a record, associated with the one that it is made for."""

    name = "create"
    label = gettext_lazy("Create an associated record")
    form = CreateForm

    def sentence(self, kind: ObjectType, given: Given) -> str:
        other = type_named(given["type"])
        if other is None:
            return str(self.label)
        named = " ".join(
            values.shown(prop, given["values"][prop.name])
            for prop in other.primary
            if prop.name in given.get("values", {})
        )
        text = _("create the %(type)s “%(name)s”") % {"type": other.singular_label.lower(), "name": named}
        word = label_of(given, kind, other)
        return _("%(text)s, as “%(label)s”") % {"text": text, "label": word} if word else text

    def problem(self, kind: ObjectType, given: Given) -> str:
        if missing := missing_type(given):
            return missing
        other: Any = type_named(given["type"])
        for name, plain in given.get("values", {}).items():
            if text := missing_property(other, name) or _unfit(other.properties[name], plain):
                return text
        return missing_label(given, kind, other)

    def do(self, work: Work, given: Given) -> None:
        other: Any = type_named(given["type"])
        made = []
        for record in work.records:
            try:
                wanted = {
                    name: values.value_for(other.properties[name], plain, record)
                    for name, plain in given.get("values", {}).items()
                }
            except ValidationError:
                work.tally.add("refused", record.pk, reason="value")
                continue
            made.append((record, wanted))
        create_for(work, other, made, label_of(given, work.rule.kind, other), "created")


def create_for(
    work: Work, kind: ObjectType, made: Sequence[tuple[Record, dict[str, Any]]], word: Any, what: str
) -> None:
    """Create a record for each of some, associated with it; one by one where any is refused."""
    if not made:
        return
    try:
        with transaction.atomic():
            _create(work, kind, made, word, what)
    except ValidationError:
        for one in made if len(made) > 1 else ():
            create_for(work, kind, [one], word, what)
        if len(made) == 1:
            work.tally.add("refused", made[0][0].pk, reason="required")


def _create(
    work: Work, kind: ObjectType, made: Sequence[tuple[Record, dict[str, Any]]], word: Any, what: str
) -> None:
    fresh = [record_services.build_record(kind, wanted, by=work.by) for _record, wanted in made]
    record_services.create_records(fresh, by=work.by)
    pairs = {
        (record.pk, new.pk): [word] if word else [] for (record, _w), new in zip(made, fresh, strict=True)
    }
    report = association_services.associate_pairs(
        pairs, by=work.by, skip_refused=True, words=pairs if word else None
    )
    refused = {outcome.pair: outcome for outcome in report.refused}
    if refused:
        # Nobody wants what would stand there by itself.
        raise ValidationError(_("A limit does not let it have another."))
    for record, new in pairs:
        work.tally.add(what, record, other=new)


# --- Tasks --------------------------------------------------------------------------------------------


class TaskForm(ActionForm):
    """Says what is to be done, by whom, and when."""

    def build(self) -> None:
        self.fields["title"] = forms.CharField(
            label=_("Title"), max_length=255, help_text=_("Names in braces stand for values: {name}.")
        )
        self.fields["days"] = forms.IntegerField(
            label=_("Due in working days"), min_value=0, max_value=MOST_DAYS, initial=3
        )
        users = [(str(user.pk), str(user)) for user in UserKind.everyone().values() if user.is_active]
        assigned = [("owner", _("the record's owner")), ("", _("nobody")), *users]
        self.fields["assigned"] = forms.ChoiceField(label=_("Assigned to"), required=False, choices=assigned)
        if not self.given:
            self.initial.setdefault("assigned", "owner")
        tasks: Any = type_named(Task.object_type_name)
        for name in ("hs_task_type", "hs_task_priority"):
            if prop := tasks.properties.get(name):
                self.fields[name] = value_field(prop)
        self.fields["notes"] = forms.CharField(
            label=_("Notes"), required=False, max_length=5_000, widget=forms.Textarea(attrs={"rows": 3})
        )

    def clean_title(self) -> str:
        """Refuse names that no property has."""
        values.check_places(self.cleaned_data["title"], self.kind.properties)
        return self.cleaned_data["title"]

    def clean_notes(self) -> str:
        """Refuse names that no property has."""
        values.check_places(self.cleaned_data["notes"], self.kind.properties)
        return self.cleaned_data["notes"]


class CreateTask(Action):
    """Creates a task on the record's timeline."""

    name = "task"
    label = gettext_lazy("Create a task")
    form = TaskForm

    def sentence(self, kind: ObjectType, given: Given) -> str:
        text = _("create the task “%(title)s”, due in %(days)s working days")
        return text % {"title": given["title"], "days": given.get("days", 0)}

    def problem(self, kind: ObjectType, given: Given) -> str:
        if names := values.unknown_places(given["title"], kind.properties):
            return missing_property(kind, names[0])
        return ""

    def do(self, work: Work, given: Given) -> None:
        from django.utils.html import linebreaks

        tasks: Any = type_named(Task.object_type_name)
        due = working_days_later(timezone.localtime(), given.get("days", 0))
        if not given.get("days"):
            now = timezone.localtime()
            due = now.replace(hour=DUE.hour, minute=DUE.minute, second=0, microsecond=0)
            due = max(due, (now + timedelta(hours=1)).replace(minute=0, second=0, microsecond=0))
        made = []
        for record in work.records:
            wanted: dict[str, Any] = {
                "hs_task_subject": values.filled(given["title"], record)[:255],
                "hs_timestamp": due,
                "hubspot_owner_id": _assigned(given.get("assigned", ""), record),
            }
            if given.get("notes"):
                # As the editor writes it; what the values say is text, and no markup.
                body = linebreaks(values.filled(given["notes"], record), autoescape=True)
                wanted["hs_task_body"] = values.restored(tasks.properties["hs_task_body"], body)
            for name in ("hs_task_type", "hs_task_priority"):
                if given.get(name) and name in tasks.properties:
                    wanted[name] = given[name]
            made.append((record, {name: one for name, one in wanted.items() if name in tasks.properties}))
        create_for(work, tasks, made, None, "tasks")


def _assigned(who: str, record: Record) -> models.Model | None:
    if who == "owner":
        return record.owner if record.owner and record.owner.is_active else None
    user = UserKind.everyone().get(int(who)) if who.isdigit() else None
    return user if user and user.is_active else None
