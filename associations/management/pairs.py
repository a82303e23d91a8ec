"""What the commands `associate` and `dissociate` share: they read pairs, find records, count and stop."""

import sys
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, ClassVar, NamedTuple

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, transaction
from django.utils.translation import gettext as _

from associations import labels
from associations.labels import Word
from associations.models.association import Pair
from associations.pair_files import Line, PairFile, Unreadable, batches, from_arguments
from records import schema
from records.history import forget_if_empty, recorded
from records.models import Change, ObjectType
from records.provenance import By, Origin
from records.references import BadReference, Finder
from records.transactions import unit_of_work

BATCH = 2_000  # lines of a batch
LARGEST_BATCH = 10_000
LEFT_OUT = 3  # exit status where some lines were left out and the others done
DELIMITER_NAMES = {"tab": "\t", "comma": ",", "semicolon": ";"}


class Stopped(Exception):
    """There was a problem, and nothing is to be written."""


class Known(NamedTuple):
    """A line whose records and labels there are: the pair in its order, and what its labels mean."""

    line: Line
    pair: Pair
    words: tuple[Word, ...]


class PairCommand(BaseCommand):
    """Does something to each pair of records that it is given, in batches, as one change."""

    counts: ClassVar[dict[str, Any]]  # the words for what it counts, in the order in which they are told
    about_labels: ClassVar[str]
    summary: ClassVar[Any]  # of the change, for pairs from a file

    def do(self, lines: Sequence[Known], by: By) -> None:
        """Do a batch in the transaction under way; `count` what came of it, `tell` of what is refused."""
        raise NotImplementedError

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "records",
            nargs="*",
            metavar="RECORD",
            help="Such as contacts:123 companies:acme.com: the first one with each of the others. "
            "A - reads pairs from standard input.",
        )
        parser.add_argument(
            "--file", metavar="CSV", help="Pairs: record, other[, label]; - is standard input."
        )
        parser.add_argument("--label", action="append", default=[], metavar="LABEL", help=self.about_labels)
        parser.add_argument(
            "--delimiter", default="", help="Such as ; or tab; found out from the first line."
        )
        parser.add_argument(
            "--on-refused",
            choices=["stop", "skip"],
            default="stop",
            help="One line that is wrong or refused and nothing is written (stop, the default), "
            "or all others are done (skip).",
        )
        parser.add_argument("--dry-run", action="store_true", help="Count what would happen; write nothing.")
        parser.add_argument("--batch", type=int, default=BATCH, metavar="LINES", help="Lines at a time.")
        parser.add_argument("--user", metavar="USERNAME", help="Who does it.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it, and print the counts. Problems go to standard error, one per line."""
        if not 0 < options["batch"] <= LARGEST_BATCH:
            raise CommandError(_("--batch takes 1 to %(most)s.") % {"most": LARGEST_BATCH})
        self.stops = options["on_refused"] == "stop"
        self.dry_run = options["dry_run"]
        self.counted: Counter[str] = Counter()
        self.problems = 0
        self.told: list[str] = []
        self.begun = False
        self.words: dict[tuple[str, int, int], Word | None] = {}
        broken = ""
        user = self._user(options["user"])
        self.finder = Finder(user)
        try:
            with schema.pinned(), self._lines(options) as (lines, by, summary):
                self._run(lines, By(user, by), summary, options["batch"])
        except Stopped:
            pass
        except Unreadable as error:
            broken = str(error)
        except DatabaseError as error:
            broken = _("The database broke off: %(reason)s") % {"reason": error}
        self._conclude(broken)

    # --- Reading ------------------------------------------------------------------------------------

    def _user(self, username: str | None) -> Any:
        if not username:
            return None
        user = get_user_model().objects.filter(username=username).first()
        if user is None:
            raise CommandError(_("There is no user “%(name)s”.") % {"name": username})
        return user

    @contextmanager
    def _lines(self, options: dict[str, Any]) -> Iterator[tuple[Iterable[Line], Origin, str]]:
        """Give the lines, where they come from, and what the change is called."""
        texts, name = options["records"], options["file"]
        given = tuple(label.strip() for label in options["label"])
        if texts == ["-"] and not name:
            texts, name = [], "-"
        if name and texts:
            raise CommandError(_("Give records or a file, not both."))
        if not name:
            if len(texts) < 2:
                raise CommandError(_("Give two records at least, or --file with a file of pairs."))
            yield from_arguments(texts, given), Origin.ADMIN, ""
            return
        delimiter = DELIMITER_NAMES.get(options["delimiter"], options["delimiter"])
        if len(delimiter) > 1:
            raise CommandError(_("A delimiter is one character, or “tab”."))
        with self._opened(name) as stream:
            lines = PairFile(stream, delimiter, given)
            if name != "-" and stream.seekable():  # one that breaks off in the middle writes nothing
                for _line in lines:
                    pass
                stream.seek(0)
            said = _("standard input") if name == "-" else Path(name).name
            yield lines, Origin.IMPORT, f"{self.summary} ({said})"

    @contextmanager
    def _opened(self, name: str) -> Iterator[IO[bytes]]:
        if name == "-":
            yield sys.stdin.buffer
            return
        try:
            with Path(name).open("rb") as stream:
                yield stream
        except OSError as error:
            said = _("%(file)s cannot be read: %(reason)s.")
            raise CommandError(said % {"file": name, "reason": error.strerror}) from error

    # --- Doing --------------------------------------------------------------------------------------

    def _run(self, lines: Iterable[Line], by: By, summary: str, size: int) -> None:
        """Do batch after batch: with stop, and in a dry run, in one transaction; else each in its own."""
        if not (self.stops or self.dry_run):
            try:
                for batch in batches(lines, size):
                    by = self._do_alone(batch, by, summary)
                    self._flush()
            finally:
                if by.change is not None:
                    forget_if_empty(by.change)
            return
        with transaction.atomic():
            author = recorded(by, Change.Kind.BULK, summary)
            for batch in batches(lines, size):
                self._do(batch, author)
                self._flush()
                if self.problems and self.stops and not self.dry_run:
                    raise Stopped
            forget_if_empty(author.change)
            if self.dry_run:
                transaction.set_rollback(True)

    @unit_of_work
    def _do_alone(self, batch: Sequence[Line], by: By, summary: str) -> By:
        """Do a batch in a transaction of its own; return `by` with the change, which the first one makes."""
        before = self.counted.copy(), self.problems
        try:
            with transaction.atomic():
                by = recorded(by, Change.Kind.BULK, summary)
                self._do(batch, by)
        except BaseException:
            (self.counted, self.problems), self.told = before, []
            raise
        return by

    def _do(self, batch: Sequence[Line], by: By) -> None:
        self.begun = True
        known = self._known(batch)
        if known:
            self.do(known, by)

    def _known(self, batch: Sequence[Line]) -> list[Known]:
        """Return the lines whose records and labels there are; tell of the others."""
        readable = []
        for line in batch:
            if line.problem:
                self.tell(line, line.problem)
            else:
                readable.append(line)
        found = self.finder.find(text for line in readable for text in (line.record, line.other))
        known = []
        for line in readable:
            one, other = found[line.record], found[line.other]
            if isinstance(one, BadReference) or isinstance(other, BadReference):
                wrong = [str(end) for end in (one, other) if isinstance(end, BadReference)]
                for place, problem in enumerate(dict.fromkeys(wrong)):
                    self.tell(line, problem, again=place > 0)
                continue
            words = []
            for text in line.labels:
                word = self._word(text, one.object_type, other.object_type)
                if word is None:
                    self.tell(line, self._no_label(text, one.object_type, other.object_type))
                    break
                words.append(word)
            else:
                known.append(Known(line, (one.pk, other.pk), tuple(words)))
        return known

    def _word(self, text: str, one: ObjectType, other: ObjectType) -> Word | None:
        """Return the word that a text means, as read on the page of the first record.

        One that is only said of the first, such as “Employee” of a contact, is understood as well.
        """
        key = (text, one.pk, other.pk)
        if key not in self.words:
            on_first = [(str(word), word) for word in labels.words(one.pk, other.pk)]
            on_other = [(str(word), word.reversed) for word in labels.words(other.pk, one.pk)]
            found = (word for said, word in on_first + on_other if said.casefold() == text.casefold())
            self.words[key] = next(found, None)
        return self.words[key]

    def _no_label(self, text: str, one: ObjectType, other: ObjectType) -> str:
        said = _("%(types)s have no label “%(label)s”; there are: %(labels)s.")
        offered = ", ".join(map(str, labels.words(one.pk, other.pk))) or "–"
        types = f"{one.plural_label} – {other.plural_label}"
        return said % {"types": types, "label": text, "labels": offered}

    # --- Telling ------------------------------------------------------------------------------------

    def count(self, name: str, number: int = 1) -> None:
        """Count what has become of lines."""
        self.counted[name] += number

    def tell(self, line: Line, problem: str, *, again: bool = False) -> None:
        """Say what is wrong with a line; `again` for a further problem of one that was told of."""
        self.problems += not again
        self.told.append(f"{line.place}: {problem}")

    def _flush(self) -> None:
        """Print what a batch told of; it may have been done twice, where it lost a deadlock."""
        for text in self.told:
            self.stderr.write(text)
        self.told = []

    def _conclude(self, broken: str) -> None:
        failed = self.problems or broken
        wrote = not self.dry_run and not (self.stops and failed) and (self.begun or not broken)
        if self.dry_run:
            self.stdout.write(_("Dry run: nothing was written."))
        if wrote or self.dry_run:
            for name, words in self.counts.items():
                if self.counted[name] or name == next(iter(self.counts)):
                    self.stdout.write(f"{words}: {self.counted[name]}")
            if self.problems:
                self.stdout.write(f"{_('Left out')}: {self.problems}")
        if broken:
            kept = _("What is counted above was done.") if wrote else _("Nothing was written.")
            raise CommandError(f"{broken} {kept}")
        if self.problems and self.stops:
            said = _("This stops at %(count)s problems: nothing was written.")
            raise CommandError(said % {"count": self.problems})
        if self.problems:
            raise CommandError(
                _("%(count)s lines were left out.") % {"count": self.problems}, returncode=LEFT_OUT
            )
