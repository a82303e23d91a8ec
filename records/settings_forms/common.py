"""What the forms of the settings share.

Each form says what it was told as a part of a definition; what is allowed is judged where that is applied.
"""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from records.definition import DefinitionRefused
from records.models.object_type import check_name

LABEL_LENGTH = 100


class Checkbox(forms.BooleanField):
    """A box before its label."""

    template_name = "records/settings/checkbox.html"

    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, template_name=self.template_name, **options)


class SettingsForm(forms.Form):
    """A form whose refusals by a definition are shown beside the fields that they are about."""

    # Headings and what stands below each: names of fields, or how they begin; the first takes the rest.
    redraws: tuple[str, ...] = ()  # fields whose choice decides which others there are
    PARTS: tuple[tuple[Any, tuple[str, ...]], ...] = (("", ()),)

    @property
    def parts(self) -> list[tuple[Any, list[forms.BoundField]]]:
        """The visible fields under their headings, in order."""
        placed: dict[str, tuple[int, int]] = {}
        for name in self.fields:
            begun = [
                (place, rank)
                for place, (_heading, names) in enumerate(self.PARTS)
                for rank, one in enumerate(names)
                if name == one or (one.endswith("_") and name.startswith(one))
            ]
            placed[name] = begun[0] if begun else (0, len(self.PARTS[0][1]))
        ordered = sorted(placed, key=placed.__getitem__)
        return [
            (heading, [self[name] for name in ordered if placed[name][0] == place])
            for place, (heading, _names) in enumerate(self.PARTS)
            if any(where[0] == place for where in placed.values())
        ]

    def add_refusal(self, error: DefinitionRefused, path: str) -> None:
        """Show messages about `path` (such as "viewings.properties.outcome") beside the fields."""
        for message in error.messages:
            place, _colon, text = message.partition(": ")
            name = place.removeprefix(f"{path}.") if place != path else "name"
            self.add_error(name if name in self.fields else None, text or message)


def label_field(label: Any, **options: Any) -> forms.CharField:
    """Return a field for words in any language."""
    return forms.CharField(label=label, max_length=LABEL_LENGTH, **options)


def name_field(length: int, help_text: Any, *, source: str) -> forms.CharField:
    """Return a field for an internal name, made from the field `source` where it is left empty."""
    attrs = {"autocapitalize": "none", "spellcheck": "false", "dir": "ltr", "data-named-after": source}
    return forms.CharField(
        label=gettext_lazy("Internal name"),
        max_length=length,
        required=False,
        help_text=help_text,
        widget=forms.TextInput(attrs=attrs),
    )


def lines_field(label: Any, help_text: Any, **options: Any) -> forms.CharField:
    """Return a field that takes a line for each of several things."""
    return forms.CharField(
        label=label,
        max_length=20_000,
        help_text=help_text,
        widget=forms.Textarea(attrs={"rows": 4, "dir": "auto"}),
        **options,
    )


def internal_name(label: str, length: int = 60) -> str:
    """Return a name made from words; empty where none of their letters will do.

    static/js/settings.js says the same while one types.

    >>> internal_name("Größe in cm")
    'groe_in_cm'
    """
    return "_".join(filter(None, slugify(label).replace("_", "-").split("-")))[:length].strip("_")


def given_name(form: forms.Form, label: str, length: int) -> str:
    """Return the internal name that a form was given, or one made from its label. Raises ValidationError."""
    if not form.cleaned_data["name"] and label in form.errors:
        return ""  # the label's own refusal says enough
    name = form.cleaned_data["name"] or internal_name(form.cleaned_data[label], length)
    if not name:
        raise ValidationError(_("Enter an internal name: none can be made from these letters."))
    check_name(name)
    return name


def free_name(label: str, taken: set[str], fallback: str) -> str:
    """Return a name for something that users know by its label only: one that is not taken."""
    base = internal_name(label, 50) or fallback
    names = (base, *(f"{base}_{number}" for number in range(2, len(taken) + 3)))
    return next(name for name in names if name not in taken)
