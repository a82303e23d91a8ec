"""Which rules are running, one within the other: what they write knows whence it came."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar

BY_DOMAIN = 0  # stands among the ids of rules for companies by e-mail domain
_chain: ContextVar[tuple[int, ...]] = ContextVar("chain of rules", default=())


@contextmanager
def chained(rules: Sequence[int]) -> Iterator[None]:
    """Say that what is written now is written by these rules, the latest last."""
    token = _chain.set(tuple(rules))
    try:
        yield
    finally:
        _chain.reset(token)


def current() -> tuple[int, ...]:
    """Return the ids of the rules that are running, the latest last."""
    return _chain.get()


_did: ContextVar[list[int] | None] = ContextVar("what rules did", default=None)


@contextmanager
def watched() -> Iterator[list[int]]:
    """Give a list that gets the id of each run which did something within."""
    did: list[int] = []
    token = _did.set(did)
    try:
        yield did
    finally:
        _did.reset(token)


def note(run_id: int) -> None:
    """Say that a run did something."""
    did = _did.get()
    if did is not None:
        did.append(run_id)
