"""Jobs that do something to the associations of very many records with one other."""

from collections.abc import Iterable
from typing import ClassVar

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from records.jobs import JobKind, JobRefused, Run, register, start
from records.models import Job, Record
from records.provenance import By

from . import labels
from .with_one import Deed, Wish, carry_out


class _WithOne(JobKind):
    """One step is one batch of the records, judged as it stands then."""

    deed: ClassVar[Deed]
    icon = "link"

    def step(self, run: Run) -> bool:
        """Take the next records."""
        ids = run.next_batch()
        if ids is None:
            return True
        wish = self._wish(run)
        seen = set(Record.objects.visible_to(run.user).filter(pk__in=ids).values_list("pk", flat=True))
        for pk in ids:
            if pk not in seen:
                run.count("refused")
                run.error(_("There is no such record, or it has been archived."), record_id=pk)
        result = carry_out(wish, [pk for pk in ids if pk in seen], by=run.by)
        for name, number in result.counts.items():
            if number:
                run.count(name, number)
        for outcome in result.report.refused:
            a, b = outcome.pair
            run.error(outcome.message, record_id=a if b == wish.one else b)
        run.done(len(ids))
        return False

    def _wish(self, run: Run) -> Wish:
        """Return what was asked for, as far as it can still be had."""
        one = Record.objects.visible_to(run.user).filter(pk=run.params["one"]).first()
        if one is None:
            raise JobRefused(_("The record to associate with has been archived."))
        words = []
        for key in run.params["words"]:
            word = labels.word(key, run.params["from_type"], one.object_type_id)
            if word is None:
                raise JobRefused(_("A label that you chose does not exist, or has been archived."))
            words.append(word)
        return Wish(self.deed, one.pk, tuple(words))


@register
class AssociateWithOne(_WithOne):
    """Associates records with one."""

    name = "associate-with-one"
    label = gettext_lazy("Associate records")
    deed = Deed.ASSOCIATE
    counts: ClassVar = {
        "associated": gettext_lazy("Associated"),
        "labelled": gettext_lazy("Labelled"),
        "already": gettext_lazy("Already associated"),
        "refused": gettext_lazy("Refused"),
    }


@register
class DissociateFromOne(_WithOne):
    """Removes associations of records with one."""

    name = "dissociate-from-one"
    label = gettext_lazy("Remove associations")
    deed = Deed.DISSOCIATE
    icon = "link-slash"
    counts: ClassVar = {
        "removed": gettext_lazy("Removed"),
        "not_associated": gettext_lazy("Not associated"),
        "refused": gettext_lazy("Refused"),
    }


@register
class LabelWithOne(_WithOne):
    """Sets the labels of associations of records with one."""

    name = "label-with-one"
    label = gettext_lazy("Set labels")
    deed = Deed.LABEL
    icon = "tag"
    counts: ClassVar = {
        "changed": gettext_lazy("Changed"),
        "unchanged": gettext_lazy("Carried these labels already"),
        "not_associated": gettext_lazy("Not associated"),
        "refused": gettext_lazy("Refused"),
    }


KINDS: dict[Deed, type[_WithOne]] = {
    kind.deed: kind for kind in (AssociateWithOne, DissociateFromOne, LabelWithOne)
}


def start_job(wish: Wish, ids: Iterable[int], from_type: int | None, *, by: By, summary: str) -> Job:
    """Begin a job that does this to records of these ids; those of `from_type`, where there are labels."""
    params = {"one": wish.one, "words": [word.key for word in wish.words], "from_type": from_type}
    return start(KINDS[wish.deed], by=by, params=params, summary=summary, ids=ids)
