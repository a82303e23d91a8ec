"""The kinds of jobs there are: each registers itself when its app is ready."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from records.models import Change

if TYPE_CHECKING:
    from records.models import Job

    from .running import Run


class JobRefused(Exception):
    """A job cannot go on, for the reason given, which its page shows."""


class JobKind:
    """What the jobs of one kind do. An instance is made for every step and keeps nothing."""

    name: ClassVar[str]  # stored with each job: never changes
    label: ClassVar[Any]
    change_kind: ClassVar[Change.Kind | None] = Change.Kind.BULK  # None: writes nothing that history keeps
    counts: ClassVar[Mapping[str, Any]] = {}  # the words for what it counts
    icon: ClassVar[str] = "queue-list"
    # False for what only reads and takes long, such as an export: its step runs outside of a transaction,
    # calls `run.beat()` every few seconds, and is begun again as a whole where it breaks off.
    atomic: ClassVar[bool] = True

    def step(self, run: "Run") -> bool:
        """Do the next piece, in the transaction that is under way; return whether that was the last one.

        It takes a few seconds at most, and reads where it begins from `run` alone. What it writes elsewhere
        than in the database must bear being done twice. Raises JobRefused where the job cannot go on.
        """
        raise NotImplementedError

    def ended(self, job: "Job") -> None:
        """Clean up after a job of this kind that has come to an end, in the transaction that says so."""

    def links(self, job: "Job") -> list[tuple[str, str]]:
        """Return what the page of a job leads to once it is done: labels and addresses."""
        return []


_kinds: dict[str, type[JobKind]] = {}
K = TypeVar("K", bound=type[JobKind])


def register(kind: K) -> K:
    """Make a kind known by its name; to be used as a decorator."""
    known = _kinds.setdefault(kind.name, kind)
    if known is not kind:
        raise ValueError(f"two kinds of jobs are called {kind.name}")
    return kind


def kind_of(job: "Job") -> type[JobKind]:
    """Return the kind of a job; JobKind itself for one that this version does not know any more."""
    return _kinds.get(job.kind, JobKind)
