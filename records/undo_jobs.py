"""Undoing what a large change did, in the background."""

from django.db.models import OuterRef
from django.utils.translation import gettext_lazy as _

from . import told, undo
from .jobs import JobKind, JobRefused, Run, register, start
from .models import Change, Job
from .provenance import By

LARGE = 2_000  # things; taking back more takes longer than somebody waits for a page


def is_large(change: Change) -> bool:
    """Whether a change did so much that undoing it is a job. One query."""
    columns = {
        f"{source.name}_{place}": number
        for source in told.sources
        for place, number in enumerate(source.numbers(OuterRef("pk")))
    }
    if not columns:
        return False
    row = Change.objects.filter(pk=change.pk).order_by().annotate(**columns).values(*columns).get()
    return sum(number or 0 for number in row.values()) > LARGE


@register
class Undo(JobKind):
    """Undoes a change as one: one step, since half of an undo would be none."""

    name = "undo"
    label = _("Undo a change")
    change_kind = None  # an undo makes its own
    icon = "arrow-uturn-left"
    counts = {
        "dissociated": _("Associations removed"),
        "associated": _("Associations back"),
        "unlabelled": _("Labels taken off"),
        "labelled": _("Labels back"),
        "archived": _("Records archived"),
        "restored": _("Records restored"),
        "reverted": _("Records with their former values"),
        "detached": _("Files removed"),
        "attached": _("Files back"),
        "moved": _("Files moved back"),
    }

    def step(self, run: Run) -> bool:
        """Undo, and say what stays as it is."""
        change = Change.objects.filter(pk=run.params["change"]).first()
        if change is None:
            raise JobRefused(_("This change is not there any more."))
        try:
            report = undo.undo(change, by=By(run.user, run.by.origin))
        except undo.UndoRefused as error:
            raise JobRefused(str(error)) from error
        for name, number in report.done.items():
            if number:
                run.count(name, number)
                run.done(number)
        for what, why in report.left:
            run.error(f"{what}: {why}")
        run.job.error_count += report.left_count - len(report.left)
        run.job.change = report.change
        return True


def start_undo(change: Change, by: By) -> Job:
    """Begin to undo a change in the background."""
    return start(Undo, by=by, params={"change": change.pk}, summary=f"{Undo.label}: {change}")
