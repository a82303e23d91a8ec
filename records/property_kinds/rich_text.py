"""Rich text: a little HTML, made safe before it is stored and once more before it is shown."""

import re
from html.parser import HTMLParser
from typing import Any

import nh3
from django import forms
from django.utils.html import escape, format_html, linebreaks
from django.utils.safestring import mark_safe
from django.utils.text import Truncator

from records.models.property import Property

from .base import Operator
from .text import WrittenKind
from .widgets import RichTextArea

BLOCKS = {"p", "br", "h2", "h3", "blockquote", "hr", "ul", "ol", "li", "pre"}
INLINE = {"strong", "b", "em", "i", "u", "s", "code", "a"}
LONGEST = 65_536  # characters, markup and all
SHOWN = 160  # characters where there is room for a line or two
MARKUP = re.compile(r"<[!/?a-z]|&\w+;|&#", re.IGNORECASE)
CLEANER = nh3.Cleaner(
    tags=BLOCKS | INLINE,
    attributes={"a": {"href"}},
    url_schemes={"http", "https", "mailto", "tel"},
    url_relative="deny",
)


def sanitise(text: str) -> str:
    """Return markup that can do nothing, of any text; "" where nothing is left to read.

    Text without markup, such as of a cell or of a form without script, becomes paragraphs.

    >>> sanitise('<p onclick="x()">Hello <b>you</b><script>x()</script></p>')
    '<p>Hello <b>you</b></p>'
    >>> sanitise("Tea < coffee")
    '<p>Tea &lt; coffee</p>'
    """
    text = text.encode(errors="replace").decode()  # halves of letters cannot be stored
    markup = text if MARKUP.search(text) else linebreaks(text.strip(), autoescape=True)
    safe = CLEANER.clean(markup).strip()
    if not plain_text(safe):
        return ""
    return safe if "<" in safe else f"<p>{safe}</p>"


def plain_text(markup: str) -> str:
    """Return the text of markup, a line for each of its blocks.

    >>> plain_text("<p>Tea &amp; <strong>cake</strong></p><ul><li>at four</li></ul>").splitlines()
    ['Tea & cake', 'at four']
    """
    parser = _Text(convert_charrefs=True)
    parser.feed(markup)
    parser.close()
    lines = (" ".join(line.split()) for line in "".join(parser.parts).split("\n"))
    return "\n".join(filter(None, lines))


class _Text(HTMLParser):
    """Collects text, with a line break around each block."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.parts: list[str] = []

    def handle_data(self, data: str) -> None:
        """Keep a piece of text."""
        self.parts.append(data)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        """Begin a line."""
        if tag in BLOCKS:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        """End a line."""
        self.handle_starttag(tag, None)


class RichTextField(forms.CharField):
    """Takes markup, or plain text, and gives safe markup."""

    widget = RichTextArea

    def to_python(self, value: Any) -> str:
        return sanitise(super().to_python(value) or "")

    def prepare_value(self, value: Any) -> Any:
        """Show nothing to the editor that is not safe, also of a form that was refused."""
        return sanitise(value) if isinstance(value, str) and MARKUP.search(value) else value


class RichTextKind(WrittenKind):
    """Text with headings, lists, emphasis and links; as plain text wherever there is little room."""

    can_be_unique = False
    sortable = False  # as text of several lines; and its order would be that of its tags
    understood_rules = ("min_length", "max_length")

    def normalise(self, record: Any, prop: Property) -> None:
        self.store(record, prop, sanitise(self.get(record, prop)))

    def measured(self, value: Any) -> str:
        return plain_text(value)

    def make_field(self, prop: Property, options: dict[str, Any]) -> forms.Field:
        return RichTextField(max_length=LONGEST, **options)

    def display(self, value: Any, prop: Property, record: Any) -> str:
        return plain_text(value)

    def html(self, prop: Property, record: Any) -> str:
        safe = sanitise(self.get(record, prop))
        return format_html('<div class="rich-text">{}</div>', mark_safe(safe)) if safe else ""  # noqa: S308

    def cell(self, prop: Property, record: Any) -> str:
        return escape(Truncator(" ".join(prop.display(record).split())).chars(SHOWN))

    def comparisons(self) -> list[Operator]:
        """None: the database would find the names of tags, and miss words with a tag within."""
        return []
