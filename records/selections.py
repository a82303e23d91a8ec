"""The records of a list that a form is about: ticked ones, or all that the list's address asks for."""

from functools import cached_property
from typing import Any

from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext as _

from .lists import RecordList, without_page_state
from .models import ObjectType, Record

NAMED = 10  # records that a page names


class Selection:
    """Records of one type that were chosen in its list.

    `data` is what the list's form sends: `selected` ids, or `all`; `back`, the query of the list's address;
    and, once somebody has seen them, `count`, how many they were.
    """

    def __init__(self, object_type: ObjectType, data: QueryDict, user: Any) -> None:
        """Find them. Raises ValidationError where there are none, or the list's filters do not work."""
        self.object_type = object_type
        self.back = data.get("back", "")
        query = without_page_state(QueryDict(self.back))
        query.pop("view", None)  # all of a list, however it is shown
        self.records = RecordList(object_type, query, user)
        self.is_all = bool(data.get("all"))
        if self.is_all:
            if not self.records.is_valid:
                raise ValidationError(_("The filters of the list are wrong: correct or remove them first."))
            if self.records.left_out:
                raise ValidationError(_("A filter of the list does not exist any more: remove it first."))
            # All are found anew from the address: the form names none of them.
            self.ids = self.records.ids()
        else:
            self.ids = self._among(_numbers(data), user)
        if not self.ids:
            raise ValidationError(_("No record was selected."))

    def _among(self, ids: list[int], user: Any) -> list[int]:
        """Return those of some ids that are live records of the type."""
        visible = Record.objects.visible_to(user).of_type(self.object_type)
        there = set(visible.filter(pk__in=ids).values_list("pk", flat=True))
        return [pk for pk in ids if pk in there]

    @property
    def count(self) -> int:
        """How many they are."""
        return len(self.ids)

    @property
    def address(self) -> str:
        """Where the list is, as it was shown."""
        return (
            f"{self.records.address}?{QueryDict(self.back).urlencode()}"
            if self.back
            else self.records.address
        )

    def has_changed(self, data: QueryDict) -> bool:
        """Whether they are more or fewer than somebody has seen."""
        return data.get("count", str(self.count)) != str(self.count)

    @cached_property
    def named(self) -> list[Record]:
        """The first of them. One query."""
        found = Record.objects.in_bulk(self.ids[:NAMED])
        return [found[pk] for pk in self.ids[:NAMED] if pk in found]

    @property
    def unnamed(self) -> int:
        """How many `named` leaves out."""
        return self.count - len(self.named)


def _numbers(data: QueryDict) -> list[int]:
    texts = data.getlist("selected")
    return list(
        dict.fromkeys(int(text) for text in texts if text.isascii() and text.isdigit() and len(text) < 19)
    )
