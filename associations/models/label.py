from django.db import models
from django.utils.translation import gettext_lazy as _

from records.models import ObjectType, Record

from .association import Association

LABELS_PER_PAIR = 50  # that users define, of two object types; HubSpot's limit


class AssociationLabel(models.Model):
    """A word for what records of two object types (or of one) can be to each other.

    A single label is the same word both ways ("Colleague"). A paired one has two: `label` is what the record
    at its `to` end is called on the page of the one at its `from` end ("Manager"), `inverse_label` what that
    one is called on the other's page ("Employee"). HubSpot makes a type id for each direction.
    """

    from_type = models.ForeignKey(ObjectType, models.CASCADE, related_name="+", verbose_name=_("object type"))
    to_type = models.ForeignKey(
        ObjectType, models.CASCADE, related_name="+", verbose_name=_("other object type")
    )
    name = models.SlugField(_("internal name"), max_length=100)
    label = models.CharField(_("label"), max_length=100)
    inverse_label = models.CharField(
        _("label the other way"), max_length=100, blank=True, help_text=_("Empty where both are the same.")
    )
    # The label that Kith itself defines: at most one such company per record of `from_type`; setting
    # another moves it. Nobody renames or archives it.
    is_primary = models.BooleanField(_("primary"), default=False, editable=False)
    position = models.PositiveIntegerField(_("position"), default=0)
    archived_at = models.DateTimeField(_("archived"), null=True, blank=True, editable=False)

    class Meta:
        ordering = ("position", "id")
        verbose_name = _("association label")
        verbose_name_plural = _("association labels")
        constraints = (
            models.UniqueConstraint(
                fields=("from_type", "to_type", "name"), name="associations_label_unique_name"
            ),
        )

    def __str__(self) -> str:
        return f"{self.label} / {self.inverse_label}" if self.is_paired else self.label

    @property
    def is_paired(self) -> bool:
        """Whether the two ends are called differently."""
        return bool(self.inverse_label)

    @property
    def is_directed(self) -> bool:
        """Whether the two ends can be told apart: paired, or between two types."""
        return self.is_paired or self.from_type_id != self.to_type_id

    def word(self, *, inverse: bool) -> str:
        """Return what the other record is called on the page of the one at the `from` (or `to`) end."""
        return (self.inverse_label or self.label) if inverse else self.label


class Labelling(models.Model):
    """A label that an association carries, and which record stands at which of its ends.

    The two records are those of the association, here again so that "the deals where Ada is the decision
    maker" come from one index range. Of a single label between records of one type the ends mean nothing;
    the smaller id is `from` then. Write through `associations.services` only.
    """

    association = models.ForeignKey(Association, models.CASCADE, related_name="labellings")
    label = models.ForeignKey(AssociationLabel, models.PROTECT, related_name="labellings")
    from_record = models.ForeignKey(Record, models.CASCADE, related_name="+", db_index=False)
    to_record = models.ForeignKey(Record, models.CASCADE, related_name="+", db_index=False)
    is_primary = models.BooleanField(default=False, editable=False)

    class Meta:
        ordering = ("association", "label__position", "label", "id")
        verbose_name = _("label of an association")
        verbose_name_plural = _("labels of associations")
        constraints = (
            models.UniqueConstraint(
                fields=("association", "label", "from_record"), name="associations_labelling_unique"
            ),
            # The database's own word that a record has at most one primary company.
            models.UniqueConstraint(
                fields=("from_record",),
                condition=models.Q(is_primary=True),
                name="associations_labelling_one_primary",
            ),
        )
        indexes = (
            models.Index(fields=("from_record", "label", "association"), name="associations_labelled_from"),
            models.Index(fields=("to_record", "label", "association"), name="associations_labelled_to"),
        )

    def __str__(self) -> str:
        return f"{self.association}: {self.label}"

    def word_for(self, record_id: int) -> str:
        """Return what the other record is called on the page of the one with this id."""
        return self.label.word(inverse=record_id != self.from_record_id)
