"""What became of records that were associated or labelled, in words for the person who did it."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from records.models import Record

from .labels import all_labels
from .outcomes import Labelled, Report, Successor


def became(report: Report, created: Record | None = None) -> list[str]:
    """Say what became of pairs, and of a record created for one of them. One query at most."""
    texts = []
    associated = len(report.associated) - (1 if created else 0)
    if associated:
        said = ngettext("%(count)s record associated.", "%(count)s records associated.", associated)
        texts.append(said % {"count": associated})
    if created:
        texts.append(_("%(name)s created and associated.") % {"name": created})
    if labelled := len(report.labelled):
        said = ngettext("%(count)s record labelled.", "%(count)s records labelled.", labelled)
        texts.append(said % {"count": labelled})
    if not texts:
        texts.append(_("Nothing to do: they are associated already."))
    return [*texts, *moved(report)]


def moved(report: Report) -> list[str]:
    """Say which companies are primary now in the place of others. One query where there are any."""
    primary = {pk for pk, label in all_labels().items() if label.is_primary}
    now = {
        one.from_id: one for outcome in report.outcomes for one in outcome.added if one.label_id in primary
    }
    before = [one for outcome in report.outcomes for one in outcome.moved if one.from_id in now]
    if len(before) > 1:
        said = ngettext(
            "%(count)s record has another primary company now.",
            "%(count)s records have another primary company now.",
            len(before),
        )
        return [said % {"count": len(before)}]
    return [_moved(now[one.from_id], one) for one in before]


def _moved(now: Labelled, before: Labelled) -> str:
    names = Record.objects.in_bulk([now.from_id, now.to_id, before.to_id])
    return _("%(now)s is now the primary company of %(name)s; %(before)s was.") % {
        "now": names[now.to_id],
        "name": names[now.from_id],
        "before": names[before.to_id],
    }


def without_primary(lost: Successor) -> str:
    """Say that a record has no primary company any more, and which could be the next one."""
    names = {"name": lost.holder, "was": lost.was, "next": lost.next}
    if lost.next:
        return _("%(name)s has no primary company now; %(next)s would be next.") % names
    return _("%(name)s has no primary company now.") % names
