"""The forms of pipelines and their stages."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from records.definition import Definition
from records.models import Stage

from .common import LABEL_LENGTH, SettingsForm, free_name, label_field, lines_field


def stage_definitions(text: str) -> Definition:
    """Return stages, named one a line, as a definition."""
    stages: Definition = {}
    for label in filter(None, (line.strip() for line in text.splitlines())):
        stages[free_name(label, set(stages), "stage")] = {"label": label}
    return stages


def clean_stages(text: str) -> str:
    """Refuse stages whose names are too long. Raises ValidationError."""
    if any(len(line.strip()) > LABEL_LENGTH for line in text.splitlines()):
        raise ValidationError(_("A stage's name has at most %(count)s letters.") % {"count": LABEL_LENGTH})
    return text


class NewPipelineForm(SettingsForm):
    """Creates a pipeline with its stages."""

    label = label_field(gettext_lazy("Name"))
    stages = lines_field(
        gettext_lazy("Stages"),
        gettext_lazy("One a line, in order."),
        initial=gettext_lazy("New\nIn progress\nDone"),
    )

    def clean_stages(self) -> str:
        """Refuse stages whose names are too long."""
        return clean_stages(self.cleaned_data["stages"])

    @property
    def definition(self) -> Definition:
        """What the form was told, as a definition of one pipeline."""
        return {
            "label": self.cleaned_data["label"],
            "stages": stage_definitions(self.cleaned_data["stages"]),
        }


class PipelineForm(SettingsForm):
    """Renames a pipeline."""

    label = label_field(gettext_lazy("Name"))

    @property
    def definition(self) -> Definition:
        """What the form was told, as a definition of one pipeline."""
        return {"label": self.cleaned_data["label"]}


class ColourSelect(forms.RadioSelect):
    """Shows colours to choose from, each with its name."""

    template_name = "records/settings/colour_select.html"


class StageForm(SettingsForm):
    """Creates or changes a stage."""

    label = label_field(gettext_lazy("Name"))
    outcome = forms.ChoiceField(
        label=gettext_lazy("What it means"),
        choices=[
            ("open", gettext_lazy("Open")),
            ("won", gettext_lazy("Closed: won")),
            ("lost", gettext_lazy("Closed: lost")),
            ("closed", gettext_lazy("Closed, neither won nor lost")),
        ],
        initial="open",
        required=False,
    )
    probability = forms.DecimalField(
        label=gettext_lazy("Probability"),
        max_digits=3,
        decimal_places=2,
        required=False,
        help_text=gettext_lazy("From 0 to 1: how likely it is that what stands here is won."),
        widget=forms.NumberInput(attrs={"min": "0", "max": "1", "step": "0.01"}),
    )
    colour = forms.ChoiceField(
        label=gettext_lazy("Colour"),
        choices=[("", gettext_lazy("By what it means")), *Stage.Colour.choices],
        required=False,
        widget=ColourSelect,
    )

    def __init__(self, data: Any = None, *, stage: Stage | None = None) -> None:
        initial = (
            {key: getattr(stage, key) for key in ("label", "outcome", "probability", "colour")}
            if stage
            else {}
        )
        super().__init__(data, initial=initial)

    @property
    def definition(self) -> Definition:
        """What the form was told, as a definition of one stage."""
        given = self.cleaned_data
        # How likely it is to win what is closed follows.
        settled = {"won": 1, "lost": 0, "closed": None}
        outcome = given["outcome"] or "open"
        return {
            "label": given["label"],
            "closed": outcome != "open",
            "probability": settled.get(outcome, given["probability"]),
            "colour": given["colour"],
        }


class TargetForm(SettingsForm):
    """Asks where the records of what is deleted go."""

    def __init__(self, stages: list[Stage], count: int, data: Any = None) -> None:
        super().__init__(data)
        self.targets = {str(one.pk): one for one in stages}
        if count:
            text = ngettext("Move its %(count)s record to", "Move its %(count)s records to", count)
            self.fields["target"] = forms.ChoiceField(
                label=text % {"count": count},
                choices=[("", "—"), *((pk, f"{one.pipeline} – {one}") for pk, one in self.targets.items())],
            )

    @property
    def target(self) -> Stage | None:
        """The stage to which the records go."""
        return self.targets.get(self.cleaned_data.get("target", ""))
