"""Cells of files that are no texts."""


class Exact(str):
    """A cell that is no text in its file but a number, a date or a truth value.

    It stands here with a decimal point, in ISO 8601, as true or false, whatever the mapping says about the
    file's texts.
    """

    __slots__ = ()
