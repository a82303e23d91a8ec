"""The forms that activities are logged and edited by, made from the properties of their types."""

from collections.abc import Iterable
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms import BoundField
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from records.forms import PropertiesForm
from records.models import ObjectType, Property, Record

PREFIX = "activity"
MINUTE = 60_000  # milliseconds
LONGEST = Decimal(10**9)  # minutes; what the column holds is more
WORKING_DAYS = 3  # until a task is due
DUE = time(9)
# By type, in this order, what is asked at once; all other properties stand under "More".
MAIN = {
    "notes": ("hs_note_body", "hs_timestamp"),
    "emails": (
        "hs_email_subject",
        "hs_email_direction",
        "hs_timestamp",
        "hs_email_from_email",
        "hs_email_to_email",
        "hs_email_cc_email",
        "hs_email_html",
    ),
    "calls": (
        "hs_call_title",
        "hs_call_direction",
        "hs_call_disposition",
        "hs_timestamp",
        "hs_call_duration",
        "hs_call_body",
    ),
    "meetings": (
        "hs_meeting_title",
        "hs_meeting_start_time",
        "hs_meeting_end_time",
        "hs_meeting_location",
        "hs_meeting_outcome",
        "hs_meeting_body",
    ),
    "tasks": (
        "hs_task_subject",
        "hs_timestamp",
        "hubspot_owner_id",
        "hs_task_type",
        "hs_task_priority",
        "hs_task_reminders",
        "hs_task_body",
    ),
}
# Of types that need no title: what there must be one of.
TELLING = {
    "emails": ("hs_email_subject", "hs_email_html"),
    "calls": ("hs_call_title", "hs_call_body", "hs_call_disposition"),
}
START, END, DURATION = "hs_meeting_start_time", "hs_meeting_end_time", "hs_call_duration"


class ActivityForm(PropertiesForm):
    """Enters an activity; `main` and `more` are its fields, in two parts."""

    needs_name = False

    def __init__(
        self, kind: ObjectType, data: QueryDict | None = None, *, activity: Record | None = None
    ) -> None:
        names = MAIN.get(kind.name, ())
        offered = {name: prop for name, prop in kind.properties.items() if not prop.read_only}
        asked = [offered[name] for name in names if name in offered]
        # What is required is asked at once, whoever added it.
        asked += [prop for prop in offered.values() if prop.required and prop not in asked]
        rest = [prop for prop in offered.values() if prop not in asked]
        super().__init__(kind, [*asked, *rest], data, record=activity, prefix=PREFIX)
        self._asked = [prop.name for prop in asked]
        if duration := offered.get(DURATION):
            self.fields[DURATION] = _Minutes(duration, self.fields[DURATION].initial)
        if asked:
            self.fields[asked[0].name].widget.attrs["autofocus"] = True

    def unchecked(self) -> "ActivityForm":
        """Return the form as it was filled in, of which nothing is said to be wrong yet."""
        form = ActivityForm(self.object_type, activity=self.record)
        for name, field in self.fields.items():
            form.initial[name] = field.widget.value_from_datadict(
                self.data, self.files, self.add_prefix(name)
            )
        return form

    @property
    def main(self) -> list[BoundField]:
        """The fields that are asked at once."""
        return [self[name] for name in self._asked]

    @property
    def more(self) -> list[BoundField]:
        """The other fields."""
        return [self[name] for name in self.fields if name not in self._asked]

    @property
    def more_is_open(self) -> bool:
        """Whether something is wrong with one of the other fields."""
        return any(field.errors for field in self.more)

    def clean(self) -> dict[str, Any]:
        """Refuse a meeting that ends before it begins, and what says nothing."""
        cleaned = super().clean()
        start, end = cleaned.get(START), cleaned.get(END)
        if start and end and end <= start:
            self.add_error(END, _("The end is not after the start."))
        telling = [name for name in TELLING.get(self.object_type.name, ()) if name in self.fields]
        if telling and not self.errors and not any(cleaned.get(name) for name in telling):
            labels = ", ".join(self.object_type.properties[name].title.lower() for name in telling)
            raise ValidationError(_("Fill in at least one of: %(labels)s.") % {"labels": labels})
        return cleaned


class _Minutes(forms.DecimalField):
    """Takes minutes for a property that is stored in milliseconds, by that property's rules."""

    def __init__(self, prop: Property, milliseconds: int | None) -> None:
        self._property_field = prop.kind.form_field(prop)
        self._before = milliseconds
        super().__init__(
            label=gettext_lazy("Duration in minutes"),
            help_text=self._property_field.help_text,
            required=self._property_field.required,
            min_value=0,
            max_value=LONGEST,
            decimal_places=2,
            initial=_minutes(milliseconds),
        )
        self.widget.attrs["inputmode"] = "decimal"

    def clean(self, value: Any) -> Any:
        """Return milliseconds: those that there were, where the minutes are the same."""
        minutes = super().clean(value)
        if minutes is None:
            return None
        same = self._before is not None and minutes == _minutes(self._before)
        return self._property_field.clean(str(self._before if same else int(minutes * MINUTE)))


def _minutes(milliseconds: int | None) -> Decimal | None:
    if milliseconds is None:
        return None
    minutes = (Decimal(int(milliseconds)) / MINUTE).quantize(Decimal("0.01"))
    return minutes.to_integral() if minutes == minutes.to_integral() else minutes


def log_form(
    kind: ObjectType,
    record: Record | None,
    user: Any,
    data: QueryDict | None = None,
    now: datetime | None = None,
) -> ActivityForm:
    """Return the form that logs an activity (on a record, if on one), filled with what is likely."""
    form = ActivityForm(kind, data)
    likely = _likely(kind, record, user, timezone.localtime(now))
    for name, value in likely.items():
        if name in form.fields and kind.properties[name].default is None:
            form.initial[name] = value
    return form


def _likely(kind: ObjectType, record: Record | None, user: Any, now: datetime) -> dict[str, Any]:
    found: dict[str, Any] = {
        "hubspot_owner_id": user.pk,
        "hs_timestamp": now.replace(second=0, microsecond=0),
    }
    if kind.name == "tasks":
        found["hs_timestamp"] = working_days_later(now, WORKING_DAYS)
    if kind.name == "meetings":
        hour = now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
        found |= {START: hour, END: hour + timedelta(hours=1)}
    if kind.name == "emails":
        found |= {"hs_email_from_email": user.email, "hs_email_to_email": _address(record) if record else ""}
    return found


def _address(record: Record) -> str:
    properties: Iterable[Property] = record.kind.properties.values()
    addresses = (prop.display(record) for prop in properties if prop.field_type == Property.FieldType.EMAIL)
    return next(filter(None, addresses), "")


def working_days_later(moment: datetime, days: int) -> datetime:
    """Return nine o'clock so many working days after a moment; Saturday and Sunday are none.

    >>> working_days_later(datetime(2026, 5, 7, 15), 3)  # a Thursday
    datetime.datetime(2026, 5, 12, 9, 0)
    """
    day = moment.date()
    while days:
        day += timedelta(days=1)
        days -= day.weekday() < 5
    return datetime.combine(day, DUE, moment.tzinfo)
