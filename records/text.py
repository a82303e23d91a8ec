"""Text made comparable: what search and sorting look at instead of what was typed."""

import unicodedata

# Letters that Unicode does not take apart into a base letter and a mark.
_LETTERS = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe", "ð": "d"})


def fold(text: str) -> str:
    """Return `text` without case, accents and surplus white space, for search and sorting.

    >>> fold("  Łukasz   MUÑOZ ")
    'lukasz munoz'
    """
    # Taken apart before and after: some signs hold a capital, such as ℌ, and some letters fold to several.
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    bare = "".join(char for char in decomposed if not unicodedata.combining(char))
    return " ".join(unicodedata.normalize("NFC", bare).translate(_LETTERS).split())


def without_nul(text: str) -> str:
    """Return `text` without NUL characters, which PostgreSQL cannot take even in a search."""
    return text.replace("\x00", "")
