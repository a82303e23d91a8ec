"""What a rule says, and what is wrong with it, so that it does not run."""

from django.utils.translation import gettext as _

from records.named_filters import named_filters

from . import values
from .actions import ACTIONS
from .conditions import problems as condition_problems
from .models import Rule


def problems(rule: Rule) -> list[str]:
    """Say why a rule does not run; nothing where it does. A few queries where it has views."""
    if rule.kind.archived_at:
        return [_("The object type has been archived.")]
    found = []
    if rule.run_as is None:
        found.append(_("The user as whom it ran has been deleted."))
    elif not rule.run_as.is_active:
        found.append(_("%(user)s, as whom it runs, has been deactivated.") % {"user": rule.run_as})
    if not rule.actions:
        found.append(_("It does nothing: add an action."))
    found += condition_problems(rule)
    for one in rule.actions:
        action = ACTIONS.get(one.get("action", ""))
        text = action.problem(rule.kind, one) if action else _("One of its actions is not known here.")
        if text:
            found.append(text)
    return found


def when(rule: Rule) -> str:
    """Say when a rule runs."""
    type_name = rule.kind.singular_label.lower()
    if rule.trigger == Rule.Trigger.CREATED:
        return _("When a %(type)s is created") % {"type": type_name}
    if rule.trigger == Rule.Trigger.VIEW:
        told = {"type": type_name, "view": rule.view or rule.view_name}
        return _("When a %(type)s enters the view “%(view)s”") % told
    told = {"type": type_name, "property": rule.prop.title if rule.prop else rule.trigger_property}
    if rule.trigger_value is None or rule.prop is None:
        return _("When a %(type)s's %(property)s is set or changes") % told
    told["value"] = values.shown(rule.prop, rule.trigger_value)
    return _("When a %(type)s's %(property)s becomes “%(value)s”") % told


def only_if(rule: Rule) -> list[str]:
    """Say what has to hold besides."""
    told = [one.text for one in named_filters(rule.kind, rule.query)] if rule.conditions else []
    if rule.condition_view_id or rule.condition_view_name:
        name = rule.condition_view or rule.condition_view_name
        told.append(_("it is in the view “%(view)s”") % {"view": name})
    return told


def then(rule: Rule) -> list[str]:
    """Say what it does, in order."""
    return [
        ACTIONS[one["action"]].sentence(rule.kind, one)
        for one in rule.actions
        if one.get("action") in ACTIONS
    ]
