"""Headers of messages, as they come: folded, encoded, in the wrong charset or plainly wrong."""

import codecs
import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from email.header import decode_header
from email.utils import getaddresses, parsedate_to_datetime
from typing import NamedTuple

LONGEST = 64 * 1024  # characters of a header that are looked at
MOST = 1_000  # addresses of a header
NAME_LENGTH = 200
ADDRESS_LENGTH = 254  # characters (RFC 5321, 4.5.3.1)
# All but tabs and line breaks: no database and no page has a use for them. Halves of letters neither.
UNWANTED = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
ADDRESS = re.compile(r"[^\s<>,;:\"()\[\]@\\]{1,128}@[^\s<>,;:\"()@\\]{1,253}")
ENCODED_GAP = re.compile(r"(\?=)\s+(=\?)")  # between encoded words, where it means nothing
EARLIEST = datetime(1971, 1, 1, tzinfo=UTC)  # what says to be older has a broken clock
# Not meant for text, or slow beyond measure.
NO_CHARSETS = {"idna", "punycode", "undefined", "unicode-escape", "raw-unicode-escape"}
# What is announced, and a larger set that what comes is often in; nothing is announced by "ASCII".
LARGER = {"gb2312": "gb18030", "gbk": "gb18030", "euc-kr": "cp949"}
LARGER |= {"iso8859-1": "cp1252", "iso8859-9": "cp1254", "ascii": ""}


class Address(NamedTuple):
    """An e-mail address, in lower case, and the name beside it."""

    email: str
    name: str = ""


def clean(text: str) -> str:
    """Return text that every database can hold.

    >>> clean("Tea\\x00 at \\ud800four")
    'Tea at four'
    """
    return UNWANTED.sub("", text)


def decode(data: bytes, charset: str | None = None) -> str:
    """Return bytes as text, in the charset that is said, or else the one that they seem to be in.

    >>> decode("Größe".encode("latin-1"), "x-unknown")
    'Größe'
    """
    said = _known_charset(charset or "")
    for candidate, errors in ((said, "strict"), ("utf-8", "strict"), (said, "replace")):
        try:
            if candidate:
                return clean(data.decode(candidate, errors))
        except ValueError:  # not in it
            continue
    return clean(data.decode("cp1252", "replace"))


def _known_charset(name: str) -> str:
    """Return the name of the charset to read with, "" where there is no such."""
    try:
        known = codecs.lookup(name.strip("'\" ")).name.replace("_", "-")
    except (LookupError, ValueError):
        return ""
    if known in NO_CHARSETS or not codecs.lookup(known)._is_text_encoding:  # type: ignore[attr-defined]
        return ""
    return LARGER.get(known, known)


def text(raw: str) -> str:
    """Return the text of a raw header on one line, its encoded words decoded.

    >>> text("=?utf-8?q?Zo=C3=AB?= =?utf-8?q?_Smith?=")
    'Zoë Smith'
    """
    raw = ENCODED_GAP.sub(r"\1\2", " ".join(_as_text(raw[:LONGEST]).split()))
    try:
        parts = decode_header(raw)
        words = [part if isinstance(part, str) else decode(part, charset) for part, charset in parts]
    except Exception:  # whatever the library makes of nonsense
        words = [raw]
    return " ".join(clean("".join(words)).split())


def addresses(raws: Iterable[str]) -> tuple[Address, ...]:
    """Return the addresses of raw headers, groups taken apart, each once.

    >>> addresses(['"Lovelace, Ada" <Ada@Example.com>, Team: x@example.com;'])
    (Address(email='ada@example.com', name='Lovelace, Ada'), Address(email='x@example.com', name=''))
    """
    found: dict[str, Address] = {}
    for raw in raws:
        line = " ".join(_as_text(raw[:LONGEST]).split())
        for name, email in _pairs(line):
            email = clean(email).strip().lower()
            if len(email) <= ADDRESS_LENGTH and ADDRESS.fullmatch(email) and email not in found:
                found[email] = Address(email, text(name)[:NAME_LENGTH].strip(" '\""))
    return tuple(found.values())[:MOST]


def _pairs(line: str) -> list[tuple[str, str]]:
    """Return names and addresses; where the line breaks the rules, what looks like addresses."""
    try:
        pairs = getaddresses([line])
    except Exception:  # such as comments nested a thousand deep
        pairs = []
    if any("@" in email for _name, email in pairs):
        return pairs
    return [("", email) for email in ADDRESS.findall(line)]


def date(raw: str) -> datetime | None:
    """Return the moment that a raw header says; None where it says none that can be.

    >>> date("Tue, 5 Mar 2024 09:30:00 +0100").isoformat()
    '2024-03-05T08:30:00+00:00'
    """
    try:
        moment = parsedate_to_datetime(_as_text(raw[:200]))
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except Exception:  # the library raises whatever comes up
        return None
    return moment if EARLIEST < moment < datetime.now(UTC) + timedelta(days=2) else None


def ids(raw: str) -> list[str]:
    """Return the message ids of a raw header, without their brackets.

    >>> ids("<a@example.com> <b@example.com>")
    ['a@example.com', 'b@example.com']
    """
    raw = clean(_as_text(raw[:LONGEST]))
    found = re.findall(r"<\s*([^<>\s]+)\s*>", raw)
    return found or [word for word in raw.replace("<", " ").replace(">", " ").split() if "@" in word][:1]


def _as_text(raw: str) -> str:
    """Return a raw header, whose bytes beyond ASCII the library gives as surrogates, as text."""
    try:
        return decode(raw.encode("ascii", "surrogateescape"))
    except UnicodeEncodeError:  # it is text already
        return clean(raw)
