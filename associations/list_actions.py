"""What associations add to the actions of lists: associating chosen records with one, and removing that."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from records import list_actions, schema
from records.list_actions import ActionForm, Effect, ListAction
from records.models import ObjectType, Record
from records.provenance import By
from records.search import ranked_by_type
from records.services import batches
from records.text import without_nul

from . import services
from .label_forms import Choice, choices, chosen_words, posted_keys
from .labels import Word, words
from .models import Association
from .outcomes import Report
from .type_pairs import may_be_associated, partners

FOUND = 8  # of each object type, by a search


@dataclass(frozen=True)
class Option:
    """A record to choose, and the labels that go with it."""

    record: Record
    choices: list[Choice]
    is_chosen: bool


class OtherForm(ActionForm):
    """Chooses, by a search over all types, the record that is to be associated and what it is called."""

    searches = True  # rather than being checked, where somebody types and presses Enter
    other = forms.IntegerField(
        min_value=1, max_value=2**63 - 1, error_messages={"required": gettext_lazy("Choose a record.")}
    )

    def __init__(
        self, object_type: ObjectType, data: QueryDict, user: Any, *, check: bool, gives_labels: bool
    ) -> None:
        super().__init__(data if check else None)
        self.object_type, self.said, self.user = object_type, data, user
        self.text = without_nul(data.get("q", "").strip()[:200])
        self.gives_labels = gives_labels

    @property
    def _visible(self) -> Any:
        return Record.objects.visible_to(self.user).with_details()

    @cached_property
    def chosen(self) -> Record | None:
        """The record that is ticked. One query at most."""
        text = self.said.get("other", "")
        if not (text.isascii() and text.isdigit() and len(text) < 19):
            return None
        return self._visible.filter(pk=int(text)).first()

    def clean(self) -> dict[str, Any]:
        """Find the record and the labels."""
        cleaned = super().clean() or {}
        if "other" not in cleaned:
            return cleaned
        if self.chosen is None:
            raise ValidationError(_("This record does not exist, or has been archived."))
        kind = self.chosen.kind
        if self.gives_labels and not may_be_associated(self.object_type.pk, kind.pk):
            names = {"one": self.object_type.plural_label.lower(), "other": kind.plural_label.lower()}
            raise ValidationError(_("The settings do not let %(one)s be associated with %(other)s.") % names)
        keys = posted_keys(self.said).get(str(self.chosen.pk), [])
        cleaned["words"] = chosen_words(keys, self.object_type.pk, kind.pk) if self.gives_labels else []
        return cleaned

    @property
    def params(self) -> dict[str, Any]:
        return {
            "other": self.cleaned_data["other"],
            "labels": [one.key for one in self.cleaned_data["words"]],
        }

    @property
    def message(self) -> str:
        """Why it was refused."""
        return (
            " ".join(str(text) for texts in self.errors.values() for text in texts) if self.is_bound else ""
        )

    @cached_property
    def picked(self) -> Option | None:
        """The record that is ticked, which stays in sight."""
        return self._option(self.chosen) if self.chosen else None

    @cached_property
    def groups(self) -> list[tuple[ObjectType, list[Option]]]:
        """What the search found, by type. Two queries at most."""
        kinds = partners(self.object_type) if self.gives_labels else list_of_types(self.object_type)
        records = self._visible
        if self.chosen:
            records = records.exclude(pk=self.chosen.pk)
        found = ranked_by_type(records, kinds, self.text, FOUND)
        return [(kind, [self._option(one) for one in of_kind]) for kind, of_kind in found]

    def _option(self, record: Record) -> Option:
        offered = words(self.object_type.pk, record.object_type_id) if self.gives_labels else []
        keys = posted_keys(self.said).get(str(record.pk), [])
        return Option(record, choices(offered, keys), record == self.chosen)


def list_of_types(object_type: ObjectType) -> list[ObjectType]:
    """Return the types that records of a type may be associated with: forbidden since, associations stay."""
    return [kind for kind in schema.current().types if not (kind.is_activity and object_type.is_activity)]


@dataclass(frozen=True)
class Other:
    """The record that an action is about, and the labels, from what a form or a job says."""

    record: Record
    words: list[Word]

    @classmethod
    def of(cls, object_type: ObjectType, params: dict[str, Any]) -> "Other":
        """Find them. Raises ValidationError."""
        record = Record.objects.live().filter(pk=params["other"]).first()
        if record is None:
            raise ValidationError(_("This record does not exist, or has been archived."))
        return cls(record, chosen_words(params["labels"], object_type.pk, record.object_type_id))

    @property
    def name(self) -> str:
        """The record and its labels for a reader."""
        if not self.words:
            return str(self.record)
        return _("%(name)s (%(labels)s)") % {
            "name": self.record,
            "labels": ", ".join(map(str, self.words)),
        }


class Associate(ListAction):
    """Associates records with one, and puts labels on."""

    name = "associate"
    label = gettext_lazy("Associate with …")
    verb = gettext_lazy("Associate")
    icon = "link"
    place = 10
    template = "associations/_list_action.html"

    def form(self, object_type: ObjectType, data: QueryDict, user: Any, *, check: bool) -> ActionForm:
        return OtherForm(object_type, data, user, check=check, gives_labels=True)

    def asked(self, object_type: ObjectType, params: dict[str, Any], number: int) -> str:
        text = ngettext(
            "This record will be associated with %(name)s:",
            "These %(count)s records will be associated with %(name)s:",
            number,
        )
        return text % {"count": number, "name": Other.of(object_type, params).name}

    def said(self, object_type: ObjectType, params: dict[str, Any], number: int) -> str:
        text = ngettext(
            "%(count)s record associated with %(name)s", "%(count)s records associated with %(name)s", number
        )
        return text % {"count": number, "name": Other.of(object_type, params).name}

    def trial(self, object_type: ObjectType, ids: Sequence[int], params: dict[str, Any], by: By) -> Effect:
        other = Other.of(object_type, params)
        pairs = [(pk, other.record.pk) for pk in ids]
        report = services.preview_pairs(pairs, words=dict.fromkeys(pairs, other.words))
        return _effect(report, other.record.pk)

    def act(self, object_type: ObjectType, ids: Sequence[int], params: dict[str, Any], by: By) -> Effect:
        other = Other.of(object_type, params)
        pairs = [(pk, other.record.pk) for pk in ids]
        report = services.associate_pairs(
            pairs, by=by, skip_refused=True, words=dict.fromkeys(pairs, other.words)
        )
        return _effect(report, other.record.pk)


def _effect(report: Report, other_id: int) -> Effect:
    def end(pair: tuple[int, int]) -> int:
        return pair[0] if pair[1] == other_id else pair[1]

    effect = Effect(
        changed=[end(one.pair) for one in (*report.associated, *report.labelled)],
        unchanged=len(report.already),
        refused={end(one.pair): one.message for one in report.refused},
    )
    if moved := sum(len(one.moved) for one in report.outcomes):
        text = ngettext(
            "%(count)s other association loses a label to them.",
            "%(count)s other associations lose a label to them.",
            moved,
        )
        effect.notes.append(text % {"count": moved})
    return effect


class Dissociate(ListAction):
    """Removes the associations of records with one."""

    name = "dissociate"
    label = gettext_lazy("Remove association with …")
    verb = gettext_lazy("Remove")
    icon = "link-slash"
    place = 20
    is_danger = True
    template = "associations/_list_action.html"

    def form(self, object_type: ObjectType, data: QueryDict, user: Any, *, check: bool) -> ActionForm:
        return OtherForm(object_type, data, user, check=check, gives_labels=False)

    def asked(self, object_type: ObjectType, params: dict[str, Any], number: int) -> str:
        text = ngettext(
            "This record will no longer be associated with %(name)s. It stays, and so does %(name)s:",
            "These %(count)s records will no longer be associated with %(name)s. They stay, and so does "
            "%(name)s:",
            number,
        )
        return text % {"count": number, "name": Other.of(object_type, params).name}

    def said(self, object_type: ObjectType, params: dict[str, Any], number: int) -> str:
        text = ngettext(
            "%(count)s association with %(name)s removed",
            "%(count)s associations with %(name)s removed",
            number,
        )
        return text % {"count": number, "name": Other.of(object_type, params).name}

    def trial(self, object_type: ObjectType, ids: Sequence[int], params: dict[str, Any], by: By) -> Effect:
        there: set[int] = set()
        for batch in batches(ids):
            there.update(Association.objects.associated_among(params["other"], batch))
        return Effect([pk for pk in ids if pk in there], unchanged=len(ids) - len(there))

    def act(self, object_type: ObjectType, ids: Sequence[int], params: dict[str, Any], by: By) -> Effect:
        other = Other.of(object_type, params).record
        removed = services.dissociate(other, ids, by=by).associations
        gone = [row.other_end(other.pk) for row in removed]
        return Effect(gone, unchanged=len(ids) - len(gone))


def register() -> None:
    """Offer the actions."""
    list_actions.actions += [Associate(), Dissociate()]
