from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from .object_type import ObjectType

RANK_GAP = 2**20  # between two new cards of a board: twenty halvings of one place
TINTS = {"open": "blue", "won": "green", "lost": "red", "closed": "grey"}  # of a stage without a colour


class RankField(models.BigIntegerField):
    """A record's place among the cards of its stage; new ones come on top, where the smallest is."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **{"editable": False, **options})

    def pre_save(self, model_instance: Any, add: bool) -> int:
        """Return the place, made from the record's id where it has none yet."""
        if getattr(model_instance, self.attname) is None:
            setattr(model_instance, self.attname, -model_instance.pk * RANK_GAP)
        return getattr(model_instance, self.attname)


class Pipeline(models.Model):
    """An ordered set of stages through which records of a type move."""

    object_type = models.ForeignKey(ObjectType, models.CASCADE, related_name="pipeline_rows")
    name = models.CharField(_("name"), max_length=60, help_text=_("The id that the API knows it by."))
    label = models.CharField(_("label"), max_length=100)
    position = models.PositiveIntegerField(_("position"), default=0)

    # Filled in by records.schema.
    stage_list: "list[Stage]"

    class Meta:
        ordering = ("object_type", "position", "id")
        verbose_name = _("pipeline")
        verbose_name_plural = _("pipelines")
        constraints = (
            models.UniqueConstraint(fields=("object_type", "name"), name="records_pipeline_name_unique"),
        )

    def __str__(self) -> str:
        return gettext(self.label)


class Stage(models.Model):
    """A step of a pipeline."""

    class Colour(models.TextChoices):
        """What a stage is drawn in, by name; each theme has its own tint of it."""

        GREY = "grey", _("Grey")
        BLUE = "blue", _("Blue")
        TEAL = "teal", _("Teal")
        GREEN = "green", _("Green")
        AMBER = "amber", _("Amber")
        RED = "red", _("Red")
        PINK = "pink", _("Pink")
        PURPLE = "purple", _("Purple")

    pipeline = models.ForeignKey(Pipeline, models.CASCADE, related_name="stages")
    name = models.CharField(_("name"), max_length=60, help_text=_("The id that the API knows it by."))
    label = models.CharField(_("label"), max_length=100)
    position = models.PositiveIntegerField(_("position"), default=0)
    probability = models.DecimalField(
        _("probability"), max_digits=3, decimal_places=2, null=True, blank=True, help_text=_("From 0 to 1.")
    )
    is_closed = models.BooleanField(_("closed"), default=False)
    colour = models.CharField(
        _("colour"),
        max_length=10,
        choices=Colour.choices,
        blank=True,
        help_text=_("None: by what the stage means (open, won, lost)."),
    )

    class Meta:
        ordering = ("pipeline", "position", "id")
        verbose_name = _("stage")
        verbose_name_plural = _("stages")
        constraints = (
            models.UniqueConstraint(fields=("pipeline", "name"), name="records_stage_name_unique"),
        )

    def __str__(self) -> str:
        return gettext(self.label)

    def clean(self) -> None:
        """Refuse a probability that is none. Raises ValidationError by field."""
        if self.probability is not None and not 0 <= self.probability <= 1:
            raise ValidationError({"probability": gettext("Enter a probability from 0 to 1.")})

    @property
    def outcome(self) -> str:
        """`won`, `lost`, `closed` or `open`: what it means for a record to stand here."""
        if not self.is_closed:
            return "open"
        if self.probability is None:
            return "closed"
        return "won" if self.probability > 0 else "lost"

    @property
    def tint(self) -> str:
        """The colour that it is drawn in: its own, else that of what it means."""
        return self.colour or TINTS[self.outcome]
