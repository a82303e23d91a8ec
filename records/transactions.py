"""Units of work that are run again where the database breaks a deadlock by ending one of them."""

import random
import time
from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from django.db import OperationalError, transaction

ATTEMPTS = 5
ENDED_FOR_ANOTHER = ("40001", "40P01")  # SQLSTATE: serialization failure, deadlock detected

P = ParamSpec("P")
T = TypeVar("T")


def unit_of_work(function: Callable[P, T]) -> Callable[P, T]:
    """Run a function that makes one transaction again, from its start, where it lost a deadlock.

    Within a transaction that is under way it runs once: that one as a whole would have to be run again.
    """

    @wraps(function)
    def run(*args: Any, **kwargs: Any) -> T:
        if transaction.get_connection().in_atomic_block:
            return function(*args, **kwargs)
        # What can be read only once has to be there for every attempt.
        args = tuple(list(one) if isinstance(one, Iterator) else one for one in args)
        for attempt in range(1, ATTEMPTS):
            try:
                return function(*args, **kwargs)
            except OperationalError as error:
                if getattr(error.__cause__, "sqlstate", None) not in ENDED_FOR_ANOTHER:
                    raise
                time.sleep(random.uniform(0, 0.05 * attempt))  # noqa: S311
        return function(*args, **kwargs)

    return run
