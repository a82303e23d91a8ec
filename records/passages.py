"""What was changed in a long text, as markup: what went is struck out, what came is underlined."""

import re
from collections.abc import Sequence
from difflib import SequenceMatcher

from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import Truncator

LONG = 80  # characters, from which on a text is shown by what was changed in it
AROUND = 8  # unchanged words that are shown on either side
COMPARED = 400  # words on either side that are compared one by one; of more, the whole went and came
SHOWN = 600  # characters of what went, or came, at one place
GAP = " … "


def shortened(text: str) -> str:
    """Return a text on one line, cut where it is long."""
    return Truncator(" ".join(text.split())).chars(2 * LONG)


def is_passage(*texts: str) -> bool:
    """Whether texts are too long for a sentence."""
    return any(len(text) > LONG or "\n" in text for text in texts)


def passage(was: str, now: str) -> SafeString:
    """Return what was changed from one text to another, with a few words around; fast for any length."""
    old, new = _words(was), _words(now)
    start = 0
    while start < min(len(old), len(new)) and old[start] == new[start]:
        start += 1
    end = 0
    while end < min(len(old), len(new)) - start and old[-1 - end] == new[-1 - end]:
        end += 1
    gone, came = old[start : len(old) - end], new[start : len(new) - end]
    if max(len(gone), len(came)) > COMPARED:
        middle = [_gone(gone), _came(came)]
    else:
        matcher = SequenceMatcher(None, gone, came, autojunk=False)
        middle = [
            part
            for tag, i1, i2, j1, j2 in matcher.get_opcodes()
            for part in ([_same(gone[i1:i2])] if tag == "equal" else [_gone(gone[i1:i2]), _came(came[j1:j2])])
        ]
    before, behind = old[:start], old[len(old) - end :]
    lead = escape(GAP if len(before) > AROUND else "") + escape("".join(before[-AROUND:]))
    tail = escape("".join(behind[:AROUND])) + escape(GAP if len(behind) > AROUND else "")
    return format_html("{}{}{}", lead, format_html_join("", "{}", ((part,) for part in middle)), tail)


def _words(text: str) -> list[str]:
    """Return a text in words, each with the white space behind it."""
    return re.findall(r"\S+\s*|\s+", text)


def _same(words: Sequence[str]) -> SafeString:
    if len(words) <= 2 * AROUND:
        return escape("".join(words))
    return escape("".join(words[:AROUND])) + escape(GAP) + escape("".join(words[-AROUND:]))


def _gone(words: Sequence[str]) -> SafeString:
    return format_html("<del>{}</del>", Truncator("".join(words)).chars(SHOWN)) if words else mark_safe("")


def _came(words: Sequence[str]) -> SafeString:
    return format_html("<ins>{}</ins>", Truncator("".join(words)).chars(SHOWN)) if words else mark_safe("")
