"""What a message says: from its bytes, whatever they are, to plain data. Nothing here raises.

The standard library takes messages apart; headers and charsets are read here (`headers`), because its own
ways to do so raise on what comes in practice.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from email import policy
from email.message import Message as Part
from email.parser import BytesParser
from hashlib import sha256
from typing import Any

from django.core.files import File
from django.utils.html import linebreaks

from records import file_types
from records.models.activities import SUBJECT_LENGTH
from records.models.attachment import NAME_LENGTH
from records.property_kinds.rich_text import LONGEST, plain_text, sanitise

from . import contents, headers
from .headers import Address, clean

ID_LENGTH = 250  # characters; longer ones stand as their hash, because an index has to hold them
READ = 500_000  # characters of a body that are looked at
PARTS = 200  # of a message; one of more is read no further than its beginning
BEGINNING = 256 * 1024  # bytes
HEADERS = 30_000  # characters that are kept
CUT = " […]"
PART = re.compile(rb"boundary=|message/rfc822", re.I)
# What names a message that has no id of its own; the way that it took is not among them.
IDENTIFYING = ("from", "to", "cc", "date", "subject")
# https://www.rfc-editor.org/rfc/rfc3834 and what programs did before it.
BULK = {"bulk", "junk", "auto_reply"}
AUTOMATIC_HEADERS = ("x-autoreply", "x-autorespond", "x-auto-reply")
LINE_END = re.compile(r"</(?:div|tr|table|center|section|article|header|footer|h1|h4|h5|h6|dt|dd)\s*>", re.I)
CELL_END = re.compile(r"</t[dh]\s*>", re.I)
BLANK_LINES = re.compile(r"(?:<br>\s*){3,}")
FORWARDED_FROM = re.compile(r"^[> \t]*\*?From:\*?[ \t]*(?P<sender>.+@.+)$", re.M)


@dataclass(frozen=True)
class Attachment:
    """A file that came with a message, or a picture within its text."""

    name: str
    content_type: str
    part: Part = field(default_factory=Part, repr=False, compare=False)

    def file(self) -> File:
        """Return what it holds; decoded only now, piece by piece, since it may be large."""
        return contents.decoded(self.part, self.name)


@dataclass(frozen=True)
class Message:
    """An e-mail message as plain data; all its text can be stored as it is."""

    message_id: str
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    sender: Address | None = None
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    bcc: tuple[Address, ...] = ()
    subject: str = ""
    date: datetime | None = None
    text: str = ""
    html: str = ""  # safe
    headers: str = ""
    attachments: tuple[Attachment, ...] = ()
    loops: frozenset[str] = frozenset()  # who has sent it on, as they wrote into it
    hops: int = 0  # servers that it has been through
    is_automatic: bool = False  # sent by a program: a reply in absence, a bounce, a circular
    is_cut: bool = False  # longer than can be kept
    is_whole: bool = True  # read to its end; else its files are not
    is_message: bool = True  # whether it has what every message has
    forwarded: "Message | None" = field(default=None, repr=False)  # the message that came within

    @property
    def recipients(self) -> tuple[Address, ...]:
        """All that it is addressed to, each once."""
        return tuple({one.email: one for one in (*self.to, *self.cc, *self.bcc)}.values())

    @property
    def root(self) -> str:
        """The message that its conversation began with, as far as it says."""
        return next(iter((*self.references, self.in_reply_to)), "") or self.message_id


def parse(data: bytes, *, whole: bool = True, look_within: bool = True) -> Message:
    """Return what a message says and, with `look_within`, the first message that came within it.

    Not `whole` are bytes that are only its beginning.
    """
    if sum(1 for _one in PART.finditer(data)) > PARTS:
        whole, data = False, data[:BEGINNING]  # each part within another makes every line dearer
    parser = BytesParser(policy=policy.compat32)
    try:
        return _message(parser.parsebytes(data), data, whole, look_within)
    except Exception:  # such as parts nested deeper than the library can follow
        return _message(parser.parsebytes(data[:BEGINNING], headersonly=True), data, False, look_within)


def known_by(message_id: str) -> str:
    """Return what a message is known by: its id, or a hash of one that is too long for an index."""
    if len(message_id.encode(errors="replace")) <= ID_LENGTH:
        return message_id
    return f"{sha256(message_id.encode(errors='replace')).hexdigest()}@long.invalid"


def _message(part: Part, data: bytes, whole: bool, look_within: bool) -> Message:
    raw = _raw_headers(part)
    body = _Body(part, look_within)
    html, html_cut = _html(body)
    text = "\n\n".join(body.texts) or plain_text(html)
    references = [known_by(one) for one in headers.ids(_first(raw, "references"))]
    replied = [known_by(one) for one in headers.ids(_first(raw, "in-reply-to"))]
    own = [known_by(one) for one in headers.ids(_first(raw, "message-id"))]
    senders = headers.addresses(raw.get("from", [])) or headers.addresses(raw.get("sender", []))
    return Message(
        message_id=own[0] if own else _made_id(raw, data),
        in_reply_to=replied[0] if replied else "",
        references=tuple(references[:1] + references[1:][-50:]),
        sender=senders[0] if senders else None,
        to=headers.addresses(raw.get("to", [])),
        cc=headers.addresses(raw.get("cc", [])),
        bcc=headers.addresses(raw.get("bcc", [])),
        subject=headers.text(_first(raw, "subject"))[:SUBJECT_LENGTH],
        date=headers.date(_first(raw, "date")) or _received(raw),
        text=_cut(text.strip(), LONGEST),
        html=html,
        headers=_cut(_header_text(data), HEADERS),
        attachments=tuple(body.attachments),
        loops=frozenset(headers.text(one).lower() for one in raw.get("x-loop", [])),
        hops=len(raw.get("received", [])),
        is_automatic=_is_automatic(raw, part),
        is_cut=not whole or html_cut or body.is_cut or len(text.strip()) > LONGEST,
        is_whole=whole,
        is_message=bool(senders) and any(name in raw for name in ("to", "date", "subject", "message-id")),
        forwarded=body.within or _forwarded_inline(text),
    )


# --- Headers ----------------------------------------------------------------------------------------


def _raw_headers(part: Part) -> dict[str, list[str]]:
    raw: dict[str, list[str]] = {}
    for name, value in part.raw_items():
        raw.setdefault(name.lower(), []).append(str(value))
    return raw


def _first(raw: dict[str, list[str]], name: str) -> str:
    return raw.get(name, [""])[0]


def _made_id(raw: dict[str, list[str]], data: bytes) -> str:
    """Return an id for a message that has none: the same one, whichever way the message came."""
    named = [f"{name}:{' '.join(value.split())}" for name in IDENTIFYING for value in raw.get(name, [])]
    digest = sha256("\n".join(named).encode(errors="surrogatepass"))
    digest.update(re.sub(rb"\r\n?", b"\n", _split(data)[1]).strip())
    return f"{digest.hexdigest()}@without-id.invalid"


def _split(data: bytes) -> tuple[bytes, bytes]:
    """Return the bytes of the headers and those of the body."""
    end = re.search(rb"\r?\n\r?\n", data)
    return (data[: end.start()], data[end.end() :]) if end else (data, b"")


def _header_text(data: bytes) -> str:
    return headers.decode(_split(data[: 4 * HEADERS])[0]).replace("\r", "").strip()


def _received(raw: dict[str, list[str]]) -> datetime | None:
    """Return when the last server took the message."""
    return headers.date(_first(raw, "received").rpartition(";")[2])


def _is_automatic(raw: dict[str, list[str]], part: Part) -> bool:
    submitted = headers.text(_first(raw, "auto-submitted")).lower()
    precedence = headers.text(_first(raw, "precedence")).lower()
    return (
        (bool(submitted) and not submitted.startswith("no"))
        or precedence in BULK
        or any(name in raw for name in AUTOMATIC_HEADERS)
        or _first(raw, "return-path").strip() == "<>"
        or _content_type(part) == "multipart/report"
    )


# --- Body -------------------------------------------------------------------------------------------


class _Body:
    """Collects the text, the HTML and the attachments of a message."""

    def __init__(self, part: Part, look_within: bool) -> None:
        self.look_within = look_within
        self.texts: list[str] = []
        self.htmls: list[str] = []
        self.attachments: list[Attachment] = []
        self.within: Message | None = None
        self.is_cut = False
        for leaf in _leaves(part):
            self._add(leaf)

    def _add(self, part: Part) -> None:
        kind, name = _content_type(part), _file_name(part)
        disposition = headers.text(_raw(part, "content-disposition")).lower()
        if kind in ("text/plain", "text/html") and not name and not disposition.startswith("attachment"):
            (self.htmls if kind == "text/html" else self.texts).append(self._text(part))
            return
        if kind == "message/rfc822" and self.look_within and self.within is None and _parts(part):
            self.within = parse(contents.as_bytes(part), look_within=False)
            name = name or self.within.subject
        self.attachments.append(Attachment(_name(name, kind), kind, part))

    def _text(self, part: Part) -> str:
        data = contents.payload(part)
        self.is_cut = self.is_cut or len(data) > READ
        charset = re.search(r"charset\s*=\s*[\"']?([^\s;\"']+)", _raw(part, "content-type"), re.I)
        text = headers.decode(data[:READ], charset[1] if charset else None)
        return text.replace("\r\n", "\n").replace("\r", "\n")


def _leaves(part: Part) -> Iterator[Part]:
    """Yield the parts that have no parts, as they come; messages within are one of them."""
    if not _content_type(part).startswith("multipart/"):
        yield part
        return
    for one in _parts(part):
        yield from _leaves(one)


def _parts(part: Part) -> list[Part]:
    payload: Any = part.get_payload()
    return payload if isinstance(payload, list) else []


def _raw(part: Part, name: str) -> str:
    return next((str(value) for key, value in part.raw_items() if key.lower() == name), "")


def _content_type(part: Part) -> str:
    kind = clean(part.get_content_type())[:100]
    # What says to have parts and has none is text, as is a multipart whose boundary was never found.
    if kind.startswith("multipart/") and not part.is_multipart():
        return "text/plain"
    return kind


def _file_name(part: Part) -> str:
    try:
        name = part.get_filename() or ""
    except Exception:  # RFC 2231 gone wrong
        name = ""
    return re.split(r"[/\\]", headers.text(name))[-1].strip()


def _name(name: str, kind: str) -> str:
    """Return what a file is called: with an ending, from its kind if need be, and no longer than is kept."""
    ending = file_types.ending(name)
    usual = "" if ending else next((one for one, told in file_types.BY_ENDING.items() if told == kind), "")
    if not usual:
        return (
            f"{name[: NAME_LENGTH - len(ending) - 1]}.{ending}" if len(name) > NAME_LENGTH else name or kind
        )
    return f"{(name or kind.partition('/')[0])[: NAME_LENGTH - len(usual) - 1].rstrip('.')}.{usual}"


def _html(body: _Body) -> tuple[str, bool]:
    """Return the safe HTML of a body, made of its text where it has none, and whether it was cut."""
    if body.htmls:
        markup = "\n".join(map(_without_head, body.htmls))[:READ]
        markup = CELL_END.sub(" ", LINE_END.sub("<br>", markup))
        # Begins with a tag, lest it be taken for plain text.
        safe = BLANK_LINES.sub("<br><br>", sanitise(f"<p></p>{markup}").removeprefix("<p></p>")).strip()
        safe = safe.removesuffix("<br>").removesuffix("<br>")
        if safe:
            return _fitting(safe)
    return _fitting(sanitise(linebreaks("\n\n".join(body.texts)[:READ].strip(), autoescape=True)))


def _without_head(markup: str) -> str:
    """Return HTML without its head, whose title would be read as text."""
    lower = markup.lower()
    start = lower.find("<head")
    end = lower.find("</head>", start)
    return markup[:start] + markup[end:] if 0 <= start < end else markup


def _fitting(safe: str) -> tuple[str, bool]:
    """Return as much of safe HTML as can be kept, its tags closed, and whether something is missing."""
    kept = LONGEST
    cut = safe
    while len(cut) > LONGEST:
        kept = kept * 9 // 10
        begun = safe[:kept]
        if begun.rfind("<") > begun.rfind(">"):  # within a tag
            begun = begun[: begun.rfind("<")]
        cut = sanitise(begun + CUT)
    return cut, cut is not safe


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - len(CUT)] + CUT


def _forwarded_inline(text: str) -> Message | None:
    """Return what can be read of a message that somebody forwarded as text: who it is from."""
    found = FORWARDED_FROM.search(text[:READ])
    senders = headers.addresses([found["sender"]]) if found else ()
    return Message(message_id="", sender=senders[0]) if senders else None
