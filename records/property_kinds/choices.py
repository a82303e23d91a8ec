"""One of a list: dropdowns, pipelines and their stages, users."""

from collections.abc import Callable
from typing import Any

import django_filters as filters
from django import forms
from django.contrib.auth import get_user_model
from django.db.models import Q, QuerySet
from django.utils.html import format_html
from django.utils.translation import gettext_lazy

from records.models.property import Property

from .base import Operator, PropertyKind

STAGE_BADGES = {"open": "info", "won": "success", "lost": "danger", "closed": "neutral"}


class ChoiceKind(PropertyKind):
    """One of a list of values."""

    def choices(self, prop: Property) -> list[Any]:
        """Return value and label of each choice, grouped where there are groups."""
        return prop.choices

    def make_field(self, prop: Property, options: dict[str, Any]) -> forms.Field:
        return forms.ChoiceField(choices=[("", "—"), *self.choices(prop)], **options)

    def display(self, value: Any, prop: Property, record: Any) -> str:
        return dict(prop.choices).get(value, value or "")

    def comparisons(self) -> list[Operator]:
        def among(exclude: bool) -> Callable[[Property], filters.Filter]:
            def build(prop: Property) -> filters.Filter:
                return filters.MultipleChoiceFilter(
                    field_name=prop.lookup, choices=self.choices(prop), exclude=exclude, distinct=False
                )

            return build

        return [
            Operator("in", gettext_lazy("is any of"), among(False), many=True),
            Operator("nin", gettext_lazy("is none of"), among(True), many=True),
        ]

    def filter_text(self, prop: Property, values: list[str]) -> str:
        labels: dict[str, str] = {}
        for value, label in self.choices(prop):
            labels.update(label if isinstance(label, list) else {str(value): label})
        return ", ".join(str(labels.get(value, value)) for value in values)


class RelatedKind(ChoiceKind):
    """One of a list of rows that the data model keeps in memory."""

    in_json = False
    blank = None

    def get(self, record: Any, prop: Property) -> Any:
        return self.rows(prop).get(getattr(record, f"{prop.column}_id"))

    def rows(self, prop: Property) -> dict[int, Any]:
        """Return the rows to choose from, by id."""
        raise AssertionError("given by each subclass")

    def choices(self, prop: Property) -> list[Any]:
        return [(str(pk), str(row)) for pk, row in self.rows(prop).items()]

    def offered(self, prop: Property) -> list[Any]:
        """Return the choices that a form offers; filters have them all."""
        return self.choices(prop)

    def make_field(self, prop: Property, options: dict[str, Any]) -> forms.Field:
        rows = self.rows(prop)
        blank = [] if options["required"] else [("", "—")]
        return forms.TypedChoiceField(
            choices=[*blank, *self.offered(prop)],
            coerce=lambda pk: rows[int(pk)],
            empty_value=None,
            **options,
        )

    def initial(self, record: Any, prop: Property) -> Any:
        return getattr(record, f"{prop.column}_id")

    def normalise(self, record: Any, prop: Property) -> None:
        pass

    def display(self, value: Any, prop: Property, record: Any) -> str:
        return "" if value is None else str(value)

    def is_blank(self, prop: Property) -> Q | None:
        return Q(**{f"{prop.lookup}__isnull": True})


class PipelineKind(RelatedKind):
    """The pipeline that a record is in."""

    sort_lookup = "{column}__position"

    def rows(self, prop: Property) -> dict[int, Any]:
        return {pipeline.pk: pipeline for pipeline in prop.object_type.pipelines}

    def is_blank(self, prop: Property) -> Q | None:
        return None

    def presence(self) -> list[Operator]:
        return []


class StageKind(PipelineKind):
    """The stage that a record has reached. Setting it sets the pipeline, which follows from it."""

    def rows(self, prop: Property) -> dict[int, Any]:
        return prop.object_type.stages

    def choices(self, prop: Property) -> list[Any]:
        pipelines = prop.object_type.pipelines
        if len(pipelines) == 1:
            return super().choices(prop)
        return [
            (str(pipeline), [(str(stage.pk), str(stage)) for stage in pipeline.stage_list])
            for pipeline in pipelines
        ]

    def presence(self) -> list[Operator]:
        def stands(*outcomes: str) -> Callable[[Property], filters.Filter]:
            def build(prop: Property) -> filters.Filter:
                stages = [pk for pk, stage in self.rows(prop).items() if stage.outcome in outcomes]

                def apply(queryset: QuerySet, name: str, value: str) -> QuerySet:
                    return queryset.filter(**{f"{prop.column}__in": stages})

                return filters.CharFilter(method=apply)

            return build

        return [
            Operator("open", gettext_lazy("is open"), stands("open"), wants_value=False),
            Operator("done", gettext_lazy("is closed"), stands("won", "lost", "closed"), wants_value=False),
            Operator("won", gettext_lazy("is won"), stands("won"), wants_value=False),
            Operator("lost", gettext_lazy("is lost"), stands("lost"), wants_value=False),
        ]

    def html(self, prop: Property, record: Any) -> str:
        stage = self.get(record, prop)
        if stage is None:
            return ""
        return format_html('<span class="badge badge--{}">{}</span>', STAGE_BADGES[stage.outcome], stage)

    def set(self, record: Any, prop: Property, value: Any) -> None:
        super().set(record, prop, value)
        for other in prop.object_type.properties.values():
            if other.field_type == Property.FieldType.PIPELINE:
                setattr(record, other.column, value.pipeline)


class UserKind(RelatedKind):
    """A user of this installation."""

    sort_lookup = "{column}__username"

    def get(self, record: Any, prop: Property) -> Any:
        return getattr(record, prop.column)

    def rows(self, prop: Property) -> dict[int, Any]:
        return {user.pk: user for user in get_user_model().objects.order_by("username")}

    def offered(self, prop: Property) -> list[Any]:
        return [(str(pk), str(user)) for pk, user in self.rows(prop).items() if user.is_active]
