"""Which records a rule is for: its conditions, its views and its value, in a query or two for thousands."""

from collections.abc import Sequence
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from records import schema
from records.filters import Filters
from records.lists import RecordList
from records.models import Record, SavedView
from records.named_filters import left_out

from . import values
from .models import Rule


def all_of(rule: Rule, user: Any) -> Any:
    """Return the records that a rule is for as they are now, whatever triggers it, as `user` sees them.

    Of a property that holds several values, whether it has those that the rule waits for is judged by
    `records_of` only.
    """
    rows = rule.kind.model.objects.visible_to(user).of_type(rule.kind)
    for view in _views(rule):
        rows = rows.filter(pk__in=in_view(view, user).order_by().values("pk"))
    if rule.conditions:
        filters = Filters(rule.kind, rule.query, user)
        rows = filters.apply(rows, is_narrowed=False)
    prop = rule.prop
    if (
        rule.trigger == Rule.Trigger.CHANGED
        and rule.trigger_value is not None
        and prop
        and not prop.kind.many
    ):
        wanted = values.restored(prop, rule.trigger_value)
        rows = rows.with_values([prop]).filter(**{prop.lookup: wanted})
    return rows


def records_of(rule: Rule, ids: Sequence[int], user: Any, *, in_trigger_view: bool = True) -> list[Record]:
    """Return the records of these ids that a rule is for as they are now, oldest first.

    Views first: what they leave of the ids is a query each. With `in_trigger_view` false the view that the
    rule waits at has been asked already.
    """
    wanted = list(ids)
    for view in _views(rule, trigger=in_trigger_view):
        found = in_view(view, user).filter(pk__in=wanted).order_by()
        wanted = list(found.values_list("pk", flat=True)) if wanted else []
    if not wanted:
        return []
    rows = rule.kind.model.objects.visible_to(user).of_type(rule.kind).filter(pk__in=wanted)
    if rule.conditions:
        rows = Filters(rule.kind, rule.query, user).apply(rows, is_narrowed=True)
    records = list(rows.select_related("owner").order_by("pk"))
    if rule.trigger == Rule.Trigger.CHANGED and rule.trigger_value is not None and rule.prop:
        records = [one for one in records if values.is_value(rule.prop, one, rule.trigger_value)]
    return records


def in_view(view: SavedView, user: Any) -> Any:
    """Return the records that a saved view shows to a user."""
    kind = schema.current().type_by_id(view.object_type_id)
    query = view.parameters
    query.pop("view", None)  # a board shows the same records
    return RecordList(kind, query, user).rows.of_type(kind)


def _views(rule: Rule, *, trigger: bool = True) -> list[SavedView]:
    found = []
    if trigger and rule.trigger == Rule.Trigger.VIEW and rule.view:
        found.append(rule.view)
    if rule.condition_view and rule.condition_view not in found:
        found.append(rule.condition_view)
    return found


def problems(rule: Rule) -> list[str]:
    """Say why a rule cannot be asked for its records: views and properties that have gone."""
    found = []
    pairs: list[tuple[Any, str]] = [(rule.condition_view, rule.condition_view_name)]
    if rule.trigger == Rule.Trigger.VIEW:
        pairs.insert(0, (rule.view, rule.view_name))
        if rule.view is None and not rule.view_name:
            found.append(_("It waits at no saved view."))
    for view, name in pairs:
        if view is None and name:
            found.append(_("The saved view “%(name)s” has been deleted.") % {"name": name})
        elif view is not None:
            found += _view_problems(rule, view)
    if rule.trigger == Rule.Trigger.CHANGED:
        if rule.prop is None:
            text = _("The property “%(name)s” does not exist (any more).")
            found.append(text % {"name": rule.trigger_property})
        elif rule.trigger_value is not None:
            try:
                values.restored(rule.prop, rule.trigger_value)
            except Exception:
                text = _("%(property)s does not take the value that the rule waits for.")
                found.append(text % {"property": rule.prop.title})
    found += _query_problems(rule, rule.query)
    return found


def _view_problems(rule: Rule, view: SavedView) -> list[str]:
    if rule.run_as and view.pk not in _open_to(rule.run_as):
        text = _("%(user)s may not open the saved view “%(name)s”.")
        return [text % {"user": rule.run_as, "name": view}]
    return _query_problems(rule, view.parameters)


def _open_to(user: Any) -> set[int]:
    """Return the ids of the saved views that a user may open; one query for a request."""

    def look_up() -> set[int]:
        return set(SavedView.objects.visible_to(user).values_list("pk", flat=True))

    return schema.remembered(f"views open to {user.pk}", look_up)


def _query_problems(rule: Rule, query: QueryDict) -> list[str]:
    unknown = left_out(rule.kind, query)
    if unknown:
        return [_("There is nothing to filter by: %(names)s.") % {"names": ", ".join(unknown)}]
    filters = Filters(rule.kind, query, rule.run_as)
    if filters.problem:
        return [filters.problem]
    return [f"{one.text}: {error}" for one in filters.active for error in one.errors]
