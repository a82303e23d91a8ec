"""What the tests that try many examples share."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction
from hypothesis import HealthCheck, settings

from tests.examples import examples

few = settings(
    max_examples=examples(6),
    deadline=None,  # the first query of a connection takes longer than all that follow
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@contextmanager
def undone() -> Iterator[None]:
    """Take back what is written inside, so that each example starts with an empty database."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
