"""What associations add to the pages of possible duplicates: how many there are, and the merge."""

from collections import Counter
from collections.abc import Sequence

from django.db.models import Count
from django.urls import reverse
from django.utils.formats import localize
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy

from records import duplicate_pages
from records.lists import ExtraColumn
from records.models import ObjectType

from .models import Association


def _numbers(record_ids: Sequence[int]) -> dict[int, str]:
    """Return how many associations each of these records has. Two queries."""
    found: Counter[int] = Counter()
    for end in ("record_a", "record_b"):
        rows = Association.objects.live().filter(**{f"{end}__in": record_ids}).order_by()
        found.update(dict(rows.values_list(end).annotate(Count("pk"))))
    return {pk: localize(number) for pk, number in found.items()}


def _merge_address(kind: ObjectType, survivor: int, other: int) -> str:
    return f"{reverse('associations:merge', args=[kind.name])}?{urlencode({'a': survivor, 'b': other})}"


def register() -> None:
    """Fill the slots of the pages of possible duplicates."""
    label = str(gettext_lazy("Associations"))
    duplicate_pages.columns.append(ExtraColumn("associations", label, _numbers))
    duplicate_pages.merge_address = _merge_address
