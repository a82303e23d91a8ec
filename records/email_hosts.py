"""What stands behind the @ of an e-mail address, as queries and an index write it.

Without parameters: an index on an expression serves a query only where both say the same.
"""

from typing import Any

from django.db.models import Func, TextField


class EmailHost(Func):
    """The host of a column's e-mail address; addresses are stored in small letters."""

    template = "SUBSTR(%(expressions)s, INSTR(%(expressions)s, '@') + 1)"
    arity = 1
    output_field = TextField()

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """Return PostgreSQL's SQL."""
        return self.as_sql(compiler, connection, template="SPLIT_PART(%(expressions)s, '@', 2)", **context)
