"""How each kind of property behaves: one class per field type, the one place that knows.

Forms, in-place editors, tables, filters, search and imports ask here and have no branches of their own.
"""

from typing import Any

from django.core.exceptions import ValidationError

from records import activity_facts
from records.models.property import Property

from .activities import ActivityMomentKind, ActivityNumberKind
from .base import Operator, PropertyKind
from .choices import CheckboxesKind, CountryKind, DropdownKind, RadioKind, YesNoKind
from .dates import DateKind, DateTimeKind
from .numbers import CurrencyCodeKind, CurrencyKind, NumberKind, PercentageKind
from .related import PipelineKind, RelatedKind, StageKind, UserKind
from .rich_text import RichTextKind
from .text import DomainKind, EmailKind, PhoneKind, TextareaKind, TextKind, UrlKind

__all__ = ["KINDS", "KINDS_OF_COLUMNS", "Operator", "PropertyKind", "RelatedKind", "clean_text"]

KINDS: dict[str, PropertyKind] = {
    Property.FieldType.TEXT: TextKind(),
    Property.FieldType.TEXTAREA: TextareaKind(),
    Property.FieldType.HTML: RichTextKind(),
    Property.FieldType.EMAIL: EmailKind(),
    Property.FieldType.PHONE: PhoneKind(),
    Property.FieldType.URL: UrlKind(),
    Property.FieldType.DOMAIN: DomainKind(),
    Property.FieldType.NUMBER: NumberKind(),
    Property.FieldType.PERCENTAGE: PercentageKind(),
    Property.FieldType.CURRENCY: CurrencyKind(),
    Property.FieldType.CURRENCY_CODE: CurrencyCodeKind(),
    Property.FieldType.DATE: DateKind(),
    Property.FieldType.DATETIME: DateTimeKind(),
    Property.FieldType.YES_NO: YesNoKind(),
    Property.FieldType.SELECT: DropdownKind(),
    Property.FieldType.RADIO: RadioKind(),
    Property.FieldType.CHECKBOXES: CheckboxesKind(),
    Property.FieldType.COUNTRY: CountryKind(),
    Property.FieldType.PIPELINE: PipelineKind(),
    Property.FieldType.STAGE: StageKind(),
    Property.FieldType.USER: UserKind(),
}
# Of columns that behave in a way of their own.
KINDS_OF_COLUMNS: dict[str, PropertyKind] = {
    **dict.fromkeys(activity_facts.MOMENTS, ActivityMomentKind()),
    activity_facts.NUMBER: ActivityNumberKind(),
}


def clean_text(prop: Property, text: str) -> Any:
    """Return the value that `text` stands for. Raises ValidationError where it is not one."""
    try:
        return prop.kind.form_field(prop).clean(text)
    except ValidationError as error:
        raise ValidationError({prop.name: error.messages}) from error
