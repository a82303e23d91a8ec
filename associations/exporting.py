"""What associations add to exports: with which records of each object type a record is associated."""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from records import exporting, schema
from records.models import ObjectType, Record
from records.services import batches

from . import labels
from .models import Association
from .type_pairs import partners

PREFIX = "associated-"  # and an object type's name, as the columns of lists are called


class AssociatedRecords:
    """Adds names and ids of associated records (see `records.exporting.Source`)."""

    def choices(self, object_type: ObjectType) -> list[tuple[str, str]]:
        """Return the types with whose records those of a type may be associated."""
        return [(f"{PREFIX}{other.name}", other.plural_label) for other in partners(object_type)]

    def header(self, object_type: ObjectType, key: str, *, joined: bool) -> list[str]:
        """Return the columns of names and ids; in a row each an association has one of labels too."""
        names = {"type": self._type(key).plural_label.lower()}
        columns = [_("Associated %(type)s") % names, _("IDs of associated %(type)s") % names]
        return columns if joined else [*columns, _("Labels of associated %(type)s") % names]

    def _type(self, key: str) -> ObjectType:
        return schema.current().type(key.removeprefix(PREFIX))

    def load(
        self, object_type: ObjectType, key: str, ids: Sequence[int], user: Any, *, joined: bool
    ) -> dict[int, list[list[Any]]]:
        """Return the other records of each, the oldest association first.

        Four queries, and more only where these records have thousands of others.
        """
        other_type = self._type(key)
        links: list[tuple[int, int, int]] = []
        for here, there in (("a", "b"), ("b", "a")):
            rows = Association.objects.live().filter(
                **{f"record_{here}__in": ids, f"type_{there}": other_type.pk}
            )
            links += rows.order_by().values_list("pk", f"record_{here}", f"record_{there}")
        links.sort()
        names: dict[int, str] = {}
        for batch in batches(sorted({other for _pk, _own, other in links})):
            visible = Record.objects.visible_to(user).filter(pk__in=batch)
            names.update(visible.values_list("pk", "display_name"))
        words: dict[tuple[int, int], list[labels.Word]] = {}
        if not joined and labels.words(object_type.pk, other_type.pk):
            for batch in batches([pk for pk, _own, _other in links]):
                words |= labels.both_ways(batch)
        found: dict[int, list[list[Any]]] = {}
        for _pk, own, other in links:
            if other not in names:
                continue
            cells: list[Any] = [names[other], other]
            if not joined:
                said = words.get((own, other), [])
                cells.append(exporting.SEVERAL.join(map(str, said)))
            found.setdefault(own, []).append(cells)
        return found


def register() -> None:
    """Offer associated records in exports."""
    exporting.sources.append(AssociatedRecords())
