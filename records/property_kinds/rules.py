"""What an administrator demands of a property's values: `Property.rules`, checked by its form field."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Any

import regex
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from records.models.property import Property

if TYPE_CHECKING:
    from .base import PropertyKind

PAIRS = (("min", "max"), ("min_length", "max_length"))
LONGEST_PATTERN = 200  # characters
# What is repeated so often is written out in memory, and that within what is repeated multiplies.
REPEATED = re.compile(r"\{(\d+),?\d*\}")
MOST_REPEATED = 10_000
PATIENCE = 0.2  # seconds; a pattern that takes longer on one value is refused


@dataclass(frozen=True)
class Rule:
    """One rule of a property; called with a value, it refuses it by a ValidationError."""

    name: str
    bound: Any
    kind: "PropertyKind"

    def __call__(self, value: Any) -> None:
        """Refuse a value that the rule does not allow."""
        if self.name in ("min", "max"):
            if value < self.bound if self.name == "min" else value > self.bound:
                message = self.kind.too_small if self.name == "min" else self.kind.too_big
                raise ValidationError(
                    message % {"bound": self.kind.bound_text(self.bound)}, code=f"{self.name}_value"
                )
            return
        text = self.kind.measured(value)
        if self.name == "min_length" and len(text) < self.bound:
            raise ValidationError(
                ngettext(
                    "Write at least %(bound)s character (there are %(length)s).",
                    "Write at least %(bound)s characters (there are %(length)s).",
                    self.bound,
                )
                % {"bound": self.bound, "length": len(text)},
                code="min_length",
            )
        if self.name == "max_length" and len(text) > self.bound:
            raise ValidationError(
                ngettext(
                    "Write at most %(bound)s character (there are %(length)s).",
                    "Write at most %(bound)s characters (there are %(length)s).",
                    self.bound,
                )
                % {"bound": self.bound, "length": len(text)},
                code="max_length",
            )
        if self.name == "pattern" and not _matches(self.bound, text):
            raise ValidationError(
                _("This is not written as it has to be (pattern %(pattern)s).") % {"pattern": self.bound},
                code="pattern",
            )


def rules_of(prop: Property) -> list[Rule]:
    """Return the rules of a property, as validators."""
    kind = prop.kind
    return [
        Rule(name, kind.from_json(bound) if name in ("min", "max") else bound, kind)
        for name, bound in prop.rules.items()
        if name in kind.understood_rules
    ]


def clean_rules(prop: Property) -> dict[str, Any]:
    """Return a property's rules as they are stored: without empty ones, each bound in its kind's JSON.

    Raises ValidationError, whose errors begin with the name of the rule, for rules that mean nothing for
    the field type, contradict each other or ask for what the property cannot hold.
    """
    if not prop.rules:
        return {}
    if not isinstance(prop.rules, dict):
        raise ValidationError(_("Enter rules by name, such as {“min”: 0}."))
    kind = prop.kind
    if not kind.understood_rules:
        raise ValidationError(_("Values of this type have no rules."))
    field = kind.make_field(prop, {"required": False})  # knows what the property can hold, and no rules
    found: dict[str, Any] = {}
    problems = []
    for name, given in prop.rules.items():
        if given in (None, ""):
            continue
        try:
            if name not in kind.understood_rules:
                raise ValidationError(
                    _("This means nothing for this type; it knows %(known)s.")
                    % {"known": ", ".join(kind.understood_rules)}
                )
            value = CLEANED[name](prop, field, given)
        except ValidationError as error:
            problems += [f"{name}: {message}" for message in error.messages]
        else:
            if value is not None:
                found[name] = value
    for low, high in PAIRS:
        if low in found and high in found:
            lower, upper = found[low], found[high]
            if low == "min":
                lower, upper = kind.from_json(lower), kind.from_json(upper)
            if lower > upper:
                problems.append(
                    _("%(low)s: this is above %(high)s, so nothing fits.") % {"low": low, "high": high}
                )
    if problems:
        raise ValidationError(problems)
    return found


def _bound(prop: Property, field: forms.Field, given: Any) -> Any:
    value = prop.kind.clean_plain(prop, given, field)
    return None if value is None else prop.kind.to_json(value)


def _length(prop: Property, field: forms.Field, given: Any) -> int:
    most = getattr(field, "max_length", None)
    if isinstance(given, bool):
        raise ValidationError(_("Enter a whole number."))
    length = forms.IntegerField(min_value=0).clean(given)
    if most is not None and length > most:
        raise ValidationError(_("This property holds %(most)s characters at most.") % {"most": most})
    return length


def _pattern(prop: Property, field: forms.Field, given: Any) -> str:
    if not isinstance(given, str):
        raise ValidationError(_("Enter a pattern as text."))
    if len(given) > LONGEST_PATTERN:
        raise ValidationError(
            _("Write a pattern of %(most)s characters at most.") % {"most": LONGEST_PATTERN}
        )
    try:
        re.compile(given)
        if prod(int(times) for times in REPEATED.findall(given)) > MOST_REPEATED:
            raise ValidationError(_("This pattern repeats too much."))
        regex.compile(given)
    except (re.error, regex.error, RecursionError, OverflowError) as error:
        raise ValidationError(_("This is no pattern: %(reason)s.") % {"reason": error}) from error
    return given


CLEANED: dict[str, Callable[[Property, forms.Field, Any], Any]] = {
    "min": _bound,
    "max": _bound,
    "min_length": _length,
    "max_length": _length,
    "pattern": _pattern,
}


def _matches(pattern: str, text: str) -> bool:
    try:
        return regex.fullmatch(pattern, text, timeout=PATIENCE) is not None
    except TimeoutError:
        raise ValidationError(
            _("Comparing this with the pattern %(pattern)s takes too long.") % {"pattern": pattern},
            code="pattern",
        ) from None
