"""What administrators do to labels: define, rename, order, archive, delete.

Each function is one change of the data model, which every worker serves at once. A label belongs to two
object types, in whichever order they are given. Archived labels stay on the associations that carry them,
but leave every page and cannot be given; a restored one is back where it was.
"""

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Exists, IntegerField, Max, OuterRef, ProtectedError, Q, QuerySet, Subquery
from django.utils import timezone
from django.utils.translation import gettext as _

from records import data_model
from records.models import ObjectType
from records.settings_forms.common import free_name
from records.text import fold, without_nul
from records.transactions import unit_of_work

from .models import AssociationEvent, AssociationLabel, Labelling
from .models.label import LABELS_PER_PAIR
from .type_pairs import may_be_associated

MANY_USES = 10_000  # up to which uses are counted


def labels_between(one_id: int, other_id: int) -> QuerySet[AssociationLabel]:
    """Return the labels of two object types (by id), archived ones and the primary one too."""
    ways = Q(from_type=one_id, to_type=other_id) | Q(from_type=other_id, to_type=one_id)
    return AssociationLabel.objects.filter(ways)


def labels_in_use(label_ids: Iterable[int]) -> dict[int, int]:
    """Return how many associations carry each label, those of archived records too: one query.

    It counts up to MANY_USES and one more, so that it costs the same however many there are.
    """
    uses = Labelling.objects.filter(label=OuterRef("pk")).order_by().values("pk")[: MANY_USES + 1]
    rows = AssociationLabel.objects.filter(pk__in=list(label_ids)).order_by()
    return dict(rows.annotate(uses=_Counted(uses)).values_list("pk", "uses"))


class _Counted(Subquery):
    """How many rows a subquery has."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) AS counted)"
    output_field = IntegerField()


@unit_of_work
def create_label(
    from_type: ObjectType, to_type: ObjectType, label: str, inverse_label: str = "", name: str = ""
) -> AssociationLabel:
    """Create a label: what a record of `to_type` is called on the page of one of `from_type`.

    `inverse_label` is what that one is called on the other's page; empty, or the same word, makes a single
    label, whose word serves both ways. The internal name is made from the word where none is given. Raises
    ValidationError (by field) for words or a name that the two types have, for more than LABELS_PER_PAIR of
    them, and where the types may not be associated. After HubSpot's definitions of association labels.
    """
    with data_model.changing():
        siblings = labels_between(from_type.pk, to_type.pk)
        if not may_be_associated(from_type.pk, to_type.pk):
            types = {"one": from_type.plural_label, "other": to_type.plural_label}
            raise ValidationError(_("%(one)s and %(other)s may not be associated.") % types)
        _refuse_too_many(siblings)
        label, inverse_label = _words(label, inverse_label)
        taken = set(siblings.values_list("name", flat=True))
        row = AssociationLabel(
            from_type=from_type,
            to_type=to_type,
            name=name or free_name(label, taken, "label"),
            label=label,
            inverse_label=inverse_label,
            position=1 + (siblings.aggregate(last=Max("position"))["last"] or 0),
        )
        row.clean_fields()
        if row.name in taken:
            raise ValidationError({"name": _("Another label of these two has this name.")})
        _refuse_taken_words(row, siblings)
        row.save()
    return row


@unit_of_work
def update_label(row: AssociationLabel, label: str, inverse_label: str = "") -> AssociationLabel:
    """Give a label other words, as `create_label` takes them; return it.

    Between two types a single label may become a paired one and the other way round. Between records of one
    type only while nothing carries it, nor has carried it: its ends would mean something else. Raises
    ValidationError (by field).
    """
    with data_model.changing():
        row = _locked(row)
        was_directed = row.is_directed
        row.label, row.inverse_label = _words(label, inverse_label)
        row.clean_fields()
        _refuse_taken_words(row, labels_between(row.from_type_id, row.to_type_id))
        if row.is_directed != was_directed:
            if known_labels([row.pk]):
                text = _(
                    "“%(label)s” is in use, or in the history. One word both ways and two words cannot be"
                    " exchanged then: archive it and add another label."
                )
                raise ValidationError({"inverse_label": text % {"label": row.label}})
            row.limits.filter(inverse=True).delete()
        row.save()
    return row


def words_from(row: AssociationLabel, object_type: ObjectType) -> tuple[str, str]:
    """Return a label's words as `create_label` takes them, for who looks from the pages of `object_type`."""
    if row.from_type_id == object_type.pk:
        return row.label, row.inverse_label
    return row.word(inverse=True), row.label if row.is_paired else ""


def update_label_from(
    row: AssociationLabel, object_type: ObjectType, label: str, inverse_label: str = ""
) -> AssociationLabel:
    """Give a label other words, in the order in which `words_from` returns them.

    Raises ValidationError as `update_label` does, with the fields in that order too.
    """
    if row.from_type_id == object_type.pk:
        return update_label(row, label, inverse_label)
    label, inverse_label = _words(label, inverse_label)
    if not label:
        blank = AssociationLabel._meta.get_field("label").error_messages["blank"]
        raise ValidationError({"label": blank})
    try:
        return update_label(row, inverse_label or label, label)
    except ValidationError as error:
        if not inverse_label or not hasattr(error, "error_dict"):
            raise
        other = {"label": "inverse_label", "inverse_label": "label"}
        raise ValidationError({other.get(name, name): of for name, of in error.error_dict.items()}) from error


def move_label(row: AssociationLabel, *, up: bool) -> None:
    """Let a label change places with the one before or behind it among the live ones of its types."""
    siblings = labels_between(row.from_type_id, row.to_type_id)
    data_model.move(row, siblings.filter(archived_at=None, is_primary=False), up=up)


@unit_of_work
def archive_label(row: AssociationLabel) -> None:
    """Take a label off every page. Associations keep it, its limits rest, its words are free.

    Raises ValidationError.
    """
    with data_model.changing():
        row = _locked(row)
        row.archived_at = row.archived_at or timezone.now()
        row.save()


@unit_of_work
def restore_label(row: AssociationLabel) -> None:
    """Bring an archived label back with its limits, to the associations that carry it.

    Raises ValidationError where its words have been taken or the types have as many labels as they may.
    """
    with data_model.changing():
        row = _locked(row)
        if row.archived_at is None:
            return
        siblings = labels_between(row.from_type_id, row.to_type_id)
        _refuse_too_many(siblings)
        _refuse_taken_words(row, siblings)
        row.archived_at = None
        row.position = 1 + (siblings.aggregate(last=Max("position"))["last"] or 0)
        row.save()


@unit_of_work
def delete_label(row: AssociationLabel) -> None:
    """Delete a label with its limits. Raises ValidationError while an association or history names it."""
    try:
        with data_model.changing():
            _locked(row).delete()
    except ProtectedError as error:
        text = _("“%(label)s” is in use, or in the history: it can only be archived.")
        raise ValidationError(text % {"label": row}) from error


def _locked(row: AssociationLabel) -> AssociationLabel:
    """Return a label as it is now, to be changed."""
    found = AssociationLabel.objects.select_for_update().filter(pk=row.pk).first()
    if found is None:
        raise ValidationError(_("This label has been deleted meanwhile."))
    if found.is_primary:
        raise ValidationError(_("“Primary” belongs to Kith: it cannot be changed."))
    return found


def known_labels(label_ids: Iterable[int]) -> set[int]:
    """Return which labels associations carry or history names, and so cannot be deleted: one query."""
    carried = Exists(Labelling.objects.filter(label=OuterRef("pk")))
    told = Exists(AssociationEvent.objects.filter(label=OuterRef("pk")))
    rows = AssociationLabel.objects.filter(carried | told, pk__in=list(label_ids)).order_by()
    return set(rows.values_list("pk", flat=True))


# --- Words ------------------------------------------------------------------------------------------


def _words(label: Any, inverse_label: Any) -> tuple[str, str]:
    """Return words as they are stored: tidy, and the second one only where it differs from the first."""
    label, inverse = (" ".join(without_nul(str(one)).split()) for one in (label, inverse_label))
    return label, "" if fold(inverse) == fold(label) else inverse


def _refuse_too_many(siblings: QuerySet[AssociationLabel]) -> None:
    if siblings.filter(archived_at=None, is_primary=False).count() >= LABELS_PER_PAIR:
        text = _("Two object types can have %(number)s labels. Archive one that is not needed any more.")
        raise ValidationError(text % {"number": LABELS_PER_PAIR})


def _refuse_taken_words(row: AssociationLabel, siblings: QuerySet[AssociationLabel]) -> None:
    """Refuse words that a live label has: on one page two labels could not be told apart."""
    reserved = {fold(word) for word in ("Primary", _("Primary"))}
    taken = {(side, word) for side, _inverse in _ways(row) for word in reserved}
    for other in siblings.filter(archived_at=None).exclude(pk=row.pk):
        taken |= {(side, fold(other.word(inverse=inverse))) for side, inverse in _ways(other)}
    problems = {
        "inverse_label" if inverse and row.is_paired else "label": _("Another label has this word.")
        for side, inverse in _ways(row)
        if (side, fold(row.word(inverse=inverse))) in taken
    }
    if problems:
        raise ValidationError(problems)


def _ways(row: AssociationLabel) -> list[tuple[int, bool]]:
    """Return on the pages of which object type (by id) each of a label's words stands."""
    return [(row.from_type_id, False), (row.to_type_id, True)]
