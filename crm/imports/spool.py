"""The rows of a file, read once and kept beside it in a form in which any of them is found at once.

That is what lets an import go on in the middle of a large file without reading all that comes before. It is
a convenience only: where it is gone, such as on another machine, it is made again from the file.
"""

import json
import os
import tempfile
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import IO

from .reading import Exact, Row, Table
from .report import Problem

EVERY = 1_000  # rows, of which the index keeps the place of the first
KEPT_OPEN = 8  # in a process
KEPT = 2 * 24 * 3600  # seconds, of what nobody removed
FOOTER = 20  # bytes that say where the index begins


class Spool:
    """The rows of one table. `read_on` fills it; `batch` gives them by their number, problems among them.

    With a `path` it is left there once it is complete, for other processes to find.
    """

    def __init__(self, open_table: Callable[[], Table], path: Path | None = None) -> None:
        self.path, self.lock = path, threading.Lock()
        self.items = self.problems = 0  # read: all, and those that cannot be taken
        self.offsets: list[int] = []
        self.end = 0
        self.is_complete = self.is_broken = False
        self.source: Iterator[Row | Problem] | None = None
        self.file: IO[bytes]
        if path is None or not self._load(path):
            table = open_table()
            self.header, self.source = table.header, table.rows()
            # Nameless until it is complete: a process that is killed leaves nothing behind.
            self.file = tempfile.TemporaryFile(dir=path.parent if path else None)  # noqa: SIM115
        self.columns = list(dict.fromkeys(self.header))  # of which a row has cells: each name once

    def read_on(self, most: int) -> None:
        """Read up to so many further rows. Raises ImportRefused where the file breaks off."""
        with self.lock:
            if self.source is None:
                return
            try:
                self._read_on(self.source, most)
            except BaseException:
                self.is_broken = True  # it ends here, and nobody may take that for the end of the file
                raise

    def _read_on(self, source: Iterator[Row | Problem], most: int) -> None:
        lines: list[str] = []
        before = self.items
        self.file.seek(self.end)
        for item in islice(source, most):
            if self.items % EVERY == 0:
                self._write(lines)
                self.offsets.append(self.end)
                lines = []
            if isinstance(item, Problem):
                self.problems += 1
                lines.append(json.dumps([item.line, item.cells, item.message], ensure_ascii=False))
            else:
                cells = list(item.cells.values())
                exact = [place for place, cell in enumerate(cells) if type(cell) is Exact]
                lines.append(json.dumps([item.line, cells, exact], ensure_ascii=False))
            self.items += 1
        self._write(lines)
        if self.items - before < most:
            self._complete()

    def _write(self, lines: list[str]) -> None:
        if lines:
            self.end += self.file.write(("\n".join(lines) + "\n").encode())

    def _complete(self) -> None:
        self.source, self.is_complete = None, True
        self.file.flush()
        if self.path is None:
            return
        index = {
            "header": self.header,
            "items": self.items,
            "problems": self.problems,
            "offsets": self.offsets,
        }
        # Under its name in one go, so that whoever finds it finds all of it.
        descriptor, temporary = tempfile.mkstemp(dir=self.path.parent)
        with os.fdopen(descriptor, "wb") as file:
            self.file.seek(0)
            while piece := self.file.read(1 << 20):
                file.write(piece)
            file.write(json.dumps(index).encode() + b"\n" + str(self.end).rjust(FOOTER).encode())
        os.replace(temporary, self.path)

    def _load(self, path: Path) -> bool:
        """Take what another process has left; return whether there was something that can be taken."""
        try:
            file = path.open("rb")
            file.seek(-FOOTER, os.SEEK_END)
            self.end = int(file.read(FOOTER))
            file.seek(self.end)
            index = json.loads(file.readline())
            self.header, self.items, self.problems = index["header"], index["items"], index["problems"]
            self.offsets = index["offsets"]
        except (OSError, ValueError, KeyError, TypeError):
            return False
        self.file, self.is_complete = file, True
        return True

    def batch(self, start: int, size: int) -> list[Row | Problem]:
        """Return up to `size` rows from the one of this number on, counted from 0."""
        size = min(size, self.items - start)
        if size <= 0:
            return []
        with self.lock:
            self.file.seek(self.offsets[start // EVERY])
            return [self._item(line) for line in islice(self.file, start % EVERY, start % EVERY + size)]

    def _item(self, text: bytes) -> Row | Problem:
        line, cells, about = json.loads(text)
        if isinstance(about, str):
            return Problem(line, about, cells=cells)
        for place in about:
            cells[place] = Exact(cells[place])
        return Row(line, dict(zip(self.columns, cells, strict=True)))

    def close(self) -> None:
        """Let it go; what is left under its path stays."""
        self.source = None
        self.file.close()


_open: OrderedDict[tuple[str, str], Spool] = OrderedDict()
_lock = threading.Lock()


def spooled(run: str, file: str, open_table: Callable[[], Table]) -> Spool:
    """Return the spool of a file of an import: that of this process, one that lies there, or a new one."""
    with _lock:
        known = _open.get((run, file))
        if known and not known.is_broken:
            _open.move_to_end((run, file))
            return known
    spool = Spool(open_table, _path(run, file))
    with _lock:
        _open[run, file] = spool
        while len(_open) > KEPT_OPEN:
            _key, oldest = _open.popitem(last=False)
            oldest.close()
    return spool


def forget(run: str) -> None:
    """Remove the spools of an import."""
    with _lock:
        for key in [key for key in _open if key[0] == run]:
            _open.pop(key).close()
    for path in folder().glob(f"{run}-*"):
        path.unlink(missing_ok=True)


def folder() -> Path:
    """Return the folder for spools, which nobody else can read; without what lies there for too long."""
    path = Path(tempfile.gettempdir()) / f"kith-imports-{os.getuid()}"
    path.mkdir(mode=0o700, exist_ok=True)
    found = path.lstat()
    if path.is_symlink() or found.st_uid != os.getuid() or found.st_mode & 0o077:
        return Path(tempfile.mkdtemp())  # somebody else has made it: one of our own, for this process
    return path


def _path(run: str, file: str) -> Path:
    here = folder()
    for path in here.iterdir():
        try:
            if path.stat().st_mtime < time.time() - KEPT:
                path.unlink()
        except OSError:  # another process was faster
            continue
    return here / f"{run}-{file.encode().hex()}"
