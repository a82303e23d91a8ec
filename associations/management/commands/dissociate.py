from collections.abc import Sequence
from typing import ClassVar

from django.utils.translation import gettext_lazy as _

from associations import services
from associations.labels import Word
from associations.management.pairs import Known, PairCommand
from associations.models.association import Pair, canonical
from records.provenance import By


class Command(PairCommand):
    help = "Remove associations, or labels of them, as `associate` makes them; see docs/scripting.md."
    about_labels = "Take this label off; the association stays. Repeat it for several."
    summary = _("Associations removed")
    counts: ClassVar = {
        "removed": _("Removed"),
        "unlabelled": _("Label taken off"),
        "nothing": _("Not associated, or without the label"),
    }

    def do(self, lines: Sequence[Known], by: By) -> None:
        """Remove a batch: the labels of lines that name some, the associations of the others."""
        whole = {canonical(*pair) for _line, pair, chosen in lines if not chosen}
        words: dict[Pair, list[Word]] = {}
        for _line, pair, chosen in lines:
            if chosen and canonical(*pair) not in whole:
                words.setdefault(pair, []).extend(chosen)
        removed = {row.pair for row in services.dissociate_pairs(whole, by=by).associations}
        unlabelled = {one.pair for one in services.unlabel_pairs(words, by=by)} if words else set()
        self.count("removed", len(removed))
        self.count("unlabelled", len(unlabelled))
        self.count("nothing", len(lines) - len(removed) - len(unlabelled))
