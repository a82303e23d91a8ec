"""How many examples hypothesis tries: few in each run of the suite, more where EXAMPLES says so."""

import os


def examples(number: int) -> int:
    """Return how many examples to try: `number`, times what the environment's EXAMPLES says."""
    return number * int(os.environ.get("EXAMPLES", "1"))
