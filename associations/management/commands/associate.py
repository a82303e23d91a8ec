from collections.abc import Sequence
from typing import ClassVar

from django.utils.translation import gettext_lazy as _

from associations import services
from associations.labels import Word
from associations.management.pairs import Known, PairCommand
from associations.models.association import Pair, canonical
from associations.outcomes import Status
from associations.pair_files import Line
from records.provenance import By


class Command(PairCommand):
    help = "Associate records, given as arguments, in a CSV file or on standard input; see docs/scripting.md."
    about_labels = "What the other record is to the first one; repeat it for several."
    summary = _("Records associated")
    counts: ClassVar = {
        Status.ASSOCIATED: _("Associated"),
        Status.LABELLED: _("Labelled"),
        Status.ALREADY: _("Already associated"),
    }

    def do(self, lines: Sequence[Known], by: By) -> None:
        """Associate a batch; of lines with one pair the first counts, and the others find it done."""
        of_pair: dict[Pair, list[Line]] = {}
        words: dict[Pair, list[Word]] = {}
        for line, pair, chosen in lines:
            of_pair.setdefault(canonical(*pair), []).append(line)
            if chosen:
                words.setdefault(pair, []).extend(chosen)
        report = services.associate_pairs(of_pair, by=by, words=words, skip_refused=True)
        for outcome in report.outcomes:
            same = of_pair[outcome.pair]
            if outcome.status == Status.REFUSED:
                for line in same:
                    self.tell(line, outcome.message)
            else:
                self.count(outcome.status)
                self.count(Status.ALREADY, len(same) - 1)
