"""Rich text: what is kept of markup, what is found of it, how it is shown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from records import search
from records.models import CustomRecord
from records.property_kinds import clean_text
from records.property_kinds.rich_text import plain_text, sanitise
from records.services import update_record
from tests.factories import by

from .examples import few
from .kinds import added, filtered, thing

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("<p>Tea <strong>and</strong> <em>cake</em></p>", "<p>Tea <strong>and</strong> <em>cake</em></p>"),
        ("<h2>a</h2><ul><li><p>b</p></li></ul>", "<h2>a</h2><ul><li><p>b</p></li></ul>"),
        ("Tea\n\ncake\nfor 2 < 3", "<p>Tea</p>\n\n<p>cake<br>for 2 &lt; 3</p>"),
        ("<p onclick=x() style='color:red' class=x id=y>a</p>", "<p>a</p>"),
        ("<script>x()</script><p>a</p><style>p{}</style>", "<p>a</p>"),
        ("<p>a<img src=x onerror=x()></p>", "<p>a</p>"),
        (
            '<a href="https://example.com/?a=1&amp;b=2" target=_blank>a</a>',
            '<a href="https://example.com/?a=1&amp;b=2" rel="noopener noreferrer">a</a>',
        ),
        ('<a href="javascript:x()">a</a>', '<a rel="noopener noreferrer">a</a>'),
        ('<a href="JAVA\tSCRIPT:x()">a</a>', '<a rel="noopener noreferrer">a</a>'),
        ('<a href="data:text/html,x">a</a>', '<a rel="noopener noreferrer">a</a>'),
        ('<a href="//evil.example/">a</a>', '<a rel="noopener noreferrer">a</a>'),
        ("<p>unclosed <b>tags", "<p>unclosed <b>tags</b></p>"),
        ("<p></p>", ""),
        ("<p> <br></p>&nbsp;", ""),
        ("<!-- x -->", ""),
        ("  ", ""),
        ("<p>half a letter \ud83d</p>", "<p>half a letter ?</p>"),
    ],
)
def test_only_what_is_harmless_is_kept(typed, kept):
    assert sanitise(typed) == kept


@few
@given(st.text(st.sampled_from("<>/abp =\"'&;#x!-\n "), max_size=60))
def test_what_was_made_safe_stays_as_it_is(typed):
    once = sanitise(typed)

    assert sanitise(once) == once


@few
@given(st.text(max_size=60))
def test_plain_text_comes_back_word_for_word(typed):
    typed = typed.encode(errors="replace").decode().replace("\x00", "").replace("<", "").replace("&", "")

    shown = plain_text(sanitise(typed)).split()
    assert shown == typed.split()


def test_a_form_keeps_safe_markup_and_counts_its_text():
    described = added("html", rules={"min_length": 3, "max_length": 5})

    assert clean_text(described, "<p><strong>three</strong></p>") == "<p><strong>three</strong></p>"
    for typed, message in (("<p>ab</p>", "at least 3"), ("<p>sixsix</p>", "at most 5")):
        with pytest.raises(Exception, match=message):
            clean_text(described, typed)


def test_search_finds_its_words_and_not_its_tags():
    described = added("html", searchable=True)
    record = thing(described.object_type, value="<p>Strong <strong>t</strong>ea</p><p>cake</p>")

    def found(text):
        return list(search.matching(CustomRecord.objects.all(), text, described.object_type))

    assert record.search_text == "thing\nstrong tea cake"
    assert found("tea cake") == [record]
    assert found("<strong>") == []


def test_a_record_shows_markup_and_a_list_a_line_of_text():
    described = added("html")
    record = thing(described.object_type, value="<p>Tea &amp; <b>cake</b></p><p>" + "more " * 100 + "</p>")

    assert described.kind.html(described, record).startswith(
        '<div class="rich-text"><p>Tea &amp; <b>cake</b></p>'
    )
    cell = described.kind.cell(described, record)
    assert cell.startswith("Tea &amp; cake more more")
    assert len(cell) < 180


def test_what_was_stored_around_the_forms_is_made_safe_where_it_is_shown_and_when_it_is_saved():
    described = added("html")
    record = thing(described.object_type)
    evil = "<p>a</p><script>alert(1)</script><img src=x onerror=alert(1)>"
    CustomRecord.objects.filter(pk=record.pk).update(properties={"title": "Thing", "value": evil})
    record.refresh_from_db()

    assert described.kind.html(described, record) == '<div class="rich-text"><p>a</p></div>'
    assert described.kind.form_field(described).prepare_value(evil) == "<p>a</p>"
    assert update_record(record, {"title": "Other"}, by=by()).properties["value"] == "<p>a</p>"


def test_a_list_is_filtered_by_whether_there_is_any():
    described = added("html")
    some, none = thing(described.object_type, value="<p>a</p>"), thing(described.object_type, value="<p></p>")

    assert filtered(described, "known", 1) == {some.pk}
    assert filtered(described, "empty", 1) == {none.pk}
    assert [one.name for one in described.kind.operators] == ["known", "empty"]
