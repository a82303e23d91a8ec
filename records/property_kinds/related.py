"""One of the rows that the installation keeps: pipelines and their stages, users."""

from collections.abc import Callable
from typing import Any

import django_filters as filters
from django import forms
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db.models import BigIntegerField, Expression, Q, QuerySet
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from records import formulas, schema
from records.json_values import JSONNumber
from records.models.property import Property

from .base import Operator, PropertyKind
from .choices import ChoiceKind


class RelatedKind(ChoiceKind):
    """One of a list of rows that the data model keeps in memory."""

    in_json = False
    blank = None

    def get(self, record: Any, prop: Property) -> Any:
        return self.rows(prop).get(getattr(record, f"{prop.column}_id"))

    def rows(self, prop: Property) -> dict[int, Any]:
        """Return the rows to choose from, by id."""
        raise AssertionError("given by each subclass")

    def row(self, prop: Property, pk: int) -> Any:
        """Return the row of an id that a form let through."""
        return self.rows(prop)[pk]

    def choices(self, prop: Property) -> list[Any]:
        return [(str(pk), str(row)) for pk, row in self.rows(prop).items()]

    def offered(self, prop: Property) -> list[Any]:
        """Return the choices that a form offers; filters have them all."""
        return self.choices(prop)

    def names(self, prop: Property) -> dict[str, list[str]]:
        # Those who have left can still be filtered by, but are no longer chosen.
        offered = ((pk, row) for pk, row in self.rows(prop).items() if getattr(row, "is_active", True))
        return {str(pk): self.names_of(row) for pk, row in offered}

    def names_of(self, row: Any) -> list[str]:
        """Return what a file may call a row, the last of them as a reader knows it."""
        return [row.name, str(row)]

    def make_field(self, prop: Property, options: dict[str, Any]) -> forms.Field:
        blank = [] if options["required"] else [("", "—")]
        return forms.TypedChoiceField(
            choices=[*blank, *self.offered(prop)],
            coerce=lambda pk: self.row(prop, int(pk)),
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

    def clean_default(self, prop: Property) -> Any:
        if prop.default is not None:
            raise ValidationError(_("A new record starts in the first stage of its pipeline."))
        return None


class StageKind(PipelineKind):
    """The stage that a record has reached. Setting it sets the pipeline, which follows from it."""

    formula_family = formulas.STAGE

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

    def names_of(self, row: Any) -> list[str]:
        pipeline = row.pipeline
        return [f"{pipeline.name}/{row.name}", f"{pipeline}/{row}", row.name, str(row)]

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
        return format_html('<span class="badge tint--{}">{}</span>', stage.tint, stage)

    def set(self, record: Any, prop: Property, value: Any) -> None:
        super().set(record, prop, value)
        for other in prop.object_type.properties.values():
            if other.field_type == Property.FieldType.PIPELINE:
                setattr(record, other.column, value.pipeline)


class UserKind(RelatedKind):
    """A user of this installation."""

    formula_family = ""
    in_json = True
    # The name stands in another table, where no index on the JSON reaches: a list would be sorted whole.
    sortable_in_json = False
    sort_lookup = "{column}__username"

    def fitted(self, prop: Property, value: Any) -> Any:
        """Return the user that a value is synced with."""
        return value

    def get(self, record: Any, prop: Property) -> Any:
        if prop.column:
            return getattr(record, prop.column)
        return PropertyKind.get(self, record, prop)

    def to_json(self, value: Any) -> Any:
        return value.pk

    def from_json(self, stored: Any) -> Any:
        if not isinstance(stored, int):
            raise TypeError(stored)
        return self.everyone().get(stored) or self.deleted(stored)

    def initial(self, record: Any, prop: Property) -> Any:
        return super().initial(record, prop) if prop.column else record.properties.get(prop.name)

    def expression(self, prop: Property) -> Expression:
        return JSONNumber(prop.name, BigIntegerField())

    def default(self, prop: Property) -> Any:
        user = super().default(prop)
        return user if user and user.is_active else None

    def plain(self, stored: Any) -> Any:
        user = self.everyone().get(stored)
        return user.get_username() if user else stored

    def form_value(self, plain: Any) -> Any:
        named = (pk for pk, user in self.everyone().items() if user.get_username() == plain)
        return super().form_value(next(named, plain))

    def rows(self, prop: Property) -> dict[int, Any]:
        return self.everyone()

    def row(self, prop: Property, pk: int) -> Any:
        return self.from_json(pk)

    def names_of(self, row: Any) -> list[str]:
        return [row.username, row.email, str(row)]

    def offered(self, prop: Property) -> list[Any]:
        return [(str(pk), str(user)) for pk, user in self.rows(prop).items() if user.is_active]

    @staticmethod
    def everyone() -> dict[int, Any]:
        """Return all users by id, those who have left too; one query for a request."""

        def look_up() -> dict[int, Any]:
            return {user.pk: user for user in get_user_model().objects.order_by("username")}

        return schema.remembered("users", look_up)

    @staticmethod
    def deleted(pk: int) -> Any:
        """Return what stands for a user who was deleted and whose id a record still has."""
        return get_user_model()(pk=pk, username=_("Deleted user"), is_active=False)
