"""What the pages of associations in Django's admin share."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db import transaction
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from associations import saying, services
from associations.labels import Word, all_labels
from associations.models import Labelling
from associations.outcomes import AssociationRefused, Removal
from records import schema
from records.admin.common import record_link
from records.models import Change, ObjectType, Record

MOST = 10_000  # rows that a list counts, and that are removed at once


class BoundedPaginator(Paginator):
    """Counts no further than MOST rows, so that a list of millions costs what one of thousands does."""

    @cached_property
    def count(self) -> int:
        """The number of rows, MOST where there are more."""
        rows: Any = self.object_list
        return rows.order_by()[:MOST].count()

    @property
    def is_full(self) -> bool:
        """Whether there may be more rows than were counted."""
        return self.count >= MOST


def object_type(type_id: int) -> ObjectType:
    """Return an object type from memory, also an archived one."""
    return schema.current().type_by_id(type_id)


def with_type(record: Record) -> SafeString:
    """Return a link to a record's own page in the admin, and what the record is."""
    return format_html('{} <span class="quiet">{}</span>', record_link(record), record.kind.singular_label)


def said(row: Labelling) -> str:
    """Return a label as it reads on the page of the association's first record, and the other way."""
    label = all_labels()[row.label_id]
    word = Word(label, inverse=label.is_directed and row.from_record_id > row.to_record_id)
    text = f"{word} / {word.reversed}" if label.is_paired else str(word)
    return _("%(label)s (archived)") % {"label": text} if label.archived_at else text


# --- Refusals ---------------------------------------------------------------------------------------


@contextmanager
def refusals_as_errors() -> Iterator[None]:
    """Turn what a rule forbids into a ValidationError, which a page of the admin says."""
    try:
        yield
    except AssociationRefused as refused:
        raise ValidationError([outcome.message for outcome in refused.report.refused]) from refused


def rehearsed(write: Callable[[], Any]) -> None:
    """Do what saving a form will do, to hear what is refused, and take all of it back."""
    with transaction.atomic():
        write()
        transaction.set_rollback(True)


def rehearse(form: forms.BaseForm, write: Callable[[], Any], field: str | None = None) -> None:
    """Show what will be refused when a form is saved beside its fields, else beside `field` or above all."""
    try:
        with refusals_as_errors():
            rehearsed(write)
    except ValidationError as error:
        by_field = error.message_dict if hasattr(error, "error_dict") else {"": error.messages}
        for name, texts in by_field.items():
            form.add_error(name if name in form.fields else field, texts)


# --- What was done ----------------------------------------------------------------------------------


def undo_link(change: Change, back: str) -> SafeString:
    """Return a link to the page that undoes a change and leads back to a page of the admin."""
    url = f"{reverse('history:undo', args=[change.pk])}?{urlencode({'back': back}, safe='/')}"
    return format_html('<a href="{}">{}</a>', url, _("Undo"))


def say_removed(request: HttpRequest, removal: Removal, back: str) -> None:
    """Say who has no primary company any more, and offer to take the removal back."""
    lost = [saying.without_primary(one) for one in services.successors(removal.associations)[:3]]
    if removal.change:
        text = _("What was removed can be brought back.")
        messages.info(request, format_html("{} {}", " ".join([*lost, text]), undo_link(removal.change, back)))
