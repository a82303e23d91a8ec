"""Messages are read whatever they are like, and nothing of them is lost or dangerous."""

import base64
import doctest
import random
import time
from datetime import UTC, datetime
from email.message import Message as Part

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from crm.mail import contents, headers
from crm.mail.headers import Address
from crm.mail.parsing import Attachment, parse
from tests.crm.mail.messages import FORWARDED, GMAIL, PLAIN, large, message
from tests.examples import examples


def test_the_examples_in_the_code_hold():
    assert doctest.testmod(headers).failed == 0


def test_a_plain_message_is_read():
    read = parse(PLAIN)

    assert read.message_id == "offer-1@example.com"
    assert read.in_reply_to == "first@example.com"
    assert read.references == ("root@example.com", "first@example.com")
    assert read.root == "root@example.com"
    assert read.sender == Address("ada@example.com", "Lovelace, Ada")
    assert read.to == (
        Address("grace@kith.example", "Grace Hopper"),
        Address("charles@example.com", "Charles"),
    )
    assert [one.email for one in read.cc] == ["x@example.com", "y@example.com"]
    assert read.subject == "Größe und Preis"
    assert read.date == datetime(2024, 3, 5, 8, 30, tzinfo=UTC)
    assert read.text == "Dear Grace,\n\n2 < 3, and the price is 10€.\nAda"
    assert read.html == "<p>Dear Grace,</p>\n\n<p>2 &lt; 3, and the price is 10€.<br>Ada</p>"
    assert read.headers.startswith("Received: from mx")
    assert "quoted-printable" in read.headers
    assert not (read.is_automatic)
    assert not (read.is_cut)
    assert not (read.attachments)
    assert not (read.forwarded)
    assert read.is_message


def test_html_keeps_its_lines_and_loses_what_is_dangerous():
    read = parse(GMAIL)

    assert " ".join(read.html.split()) == "One<br>Two <b>bold</b><br> Price 10"
    assert read.text == "One\nTwo"


def test_attachments_are_named_with_kind_and_without_folders():
    read = parse(GMAIL).attachments

    assert read == (Attachment("Angebot 1.pdf", "application/pdf"), Attachment("notes.txt", "text/plain"))
    assert [one.file().read() for one in read] == [b"%PDF-1.4\n%hello", b"not the body"]


@pytest.mark.parametrize(
    ("headers", "name"),
    [
        ("Content-Type: image/png", "image.png"),
        ("Content-Type: image/jpeg; name=Foto", "Foto.jpeg"),
        ("Content-Type: application/x-odd", "application/x-odd"),
        (f"Content-Type: application/pdf; name={'a' * 300}.pdf", "a" * 251 + ".pdf"),
    ],
)
def test_a_file_without_an_ending_or_with_a_long_name_is_called_by_its_kind(headers, name):
    part = f"--b\n{headers}\nContent-Disposition: attachment\n\nx\n--b--\n"

    (read,) = parse(f"Content-Type: multipart/mixed; boundary=b\n\n{part}".encode()).attachments
    assert read.name == name


@pytest.mark.parametrize("length", [0, 1, 2, 3, 4, 100, 1000])
def test_files_are_decoded_piece_by_piece_as_a_whole(length, monkeypatch):
    monkeypatch.setattr(contents, "PIECE", 7)
    data = bytes(number % 251 for number in range(length))
    coded = base64.encodebytes(data).decode()
    part = Part()
    part["Content-Transfer-Encoding"] = "BASE64"

    for text in (coded, coded.replace("\n", "\r\n"), coded.rstrip("=\n"), f" *{coded}\n-- \nA footer"):
        part.set_payload(text)
        with contents.decoded(part, "a.bin") as file:
            whole = length % 3 == 0 and "footer" in text  # nothing says where it ends
            assert file.read()[:length] == data
            assert whole or file.size == length


@pytest.mark.parametrize(
    ("charset", "data", "text"),
    [
        ("iso-8859-1", "Größe “x”".encode("cp1252"), "Größe “x”"),
        ("x-unknown", "Größe".encode("cp1252"), "Größe"),
        ("x-unknown", "Größe".encode(), "Größe"),
        ("utf-8", "Größe".encode("cp1252"), "Gr��e"),
        ("gb2312", "朱镕基".encode("gb18030"), "朱镕基"),
        ("koi8-r", "Привет".encode("koi8-r"), "Привет"),
        ("iso-2022-jp", "こんにちは".encode("iso-2022-jp"), "こんにちは"),
        ("hex", b"41", "41"),
        ("punycode", b"a-b", "a-b"),
        ("us-ascii", "é".encode(), "é"),
        ('"utf-8"; format=flowed', "é".encode(), "é"),
    ],
)
def test_charsets_are_read_as_announced_or_as_they_seem(charset, data, text):
    head = f"From: a@example.com\nSubject: x\nContent-Type: text/plain; charset={charset}\n\n".encode()

    assert parse(head + data).text == text


def test_headers_beyond_ascii_without_encoding_are_read():
    read = parse("From: Zoë <zoe@example.com>\nSubject: Größe\nTo: x@example.com\n\nx".encode())
    assert (read.sender, read.subject) == (Address("zoe@example.com", "Zoë"), "Größe")

    read = parse("From: Zoë <zoe@example.com>\nSubject: Größe\n\nx".encode("latin-1"))
    assert (read.sender, read.subject) == (Address("zoe@example.com", "Zoë"), "Größe")


@pytest.mark.parametrize(
    ("header", "emails"),
    [
        ("undisclosed-recipients:;", []),
        ("a@example.com; b@example.com", ["a@example.com", "b@example.com"]),
        ("Ada Lovelace, <ada@example.com>", ["ada@example.com"]),
        ('"a@b.example" <real@example.com>', ["real@example.com"]),
        ("<ada@example.com", ["ada@example.com"]),
        ("@example.com, ada@, nobody", []),
        ("ADA@EXAMPLE.COM, ada@example.com", ["ada@example.com"]),
        ("(" * 5000 + "ada@example.com", ["ada@example.com"]),
        (f"{'a' * 300}@example.com", []),
    ],
)
def test_addresses_are_found_in_headers_that_break_the_rules(header, emails):
    read = parse(f"From: a@example.com\nTo: {header}\n\nx".encode())

    assert [one.email for one in read.to] == emails


@pytest.mark.parametrize(
    "date", ["", "yesterday", "Tue, 99 Foo 2024", "Mon, 1 Jan 1850 00:00:00 -1200", "9" * 999]
)
def test_an_impossible_date_is_replaced_by_when_it_was_received(date):
    received = b"Received: by mx; Tue, 05 Mar 2024 08:30:07 +0000\nFrom: a@example.com\n"

    assert parse(received + f"Date: {date}\n\nx".encode()).date == datetime(2024, 3, 5, 8, 30, 7, tzinfo=UTC)
    assert parse(f"From: a@example.com\nDate: {date}\n\nx".encode()).date is None


def test_a_message_without_id_has_the_same_one_on_every_way_it_takes():
    plain = message(message_id="")
    travelled = b"Received: by mx.example.com\r\nDelivered-To: a@example.com\r\n" + plain.replace(
        b"\n", b"\r\n"
    )

    assert parse(plain).message_id == parse(travelled).message_id
    assert parse(plain).message_id != parse(message(message_id="", body="Other")).message_id


def test_an_id_too_long_for_an_index_is_known_by_the_same_hash_in_replies():
    long = "x" * 800 + "@example.com"
    first = parse(f"From: a@example.com\nMessage-ID: <{long}>\n\nx".encode())
    answer = parse(f"From: a@example.com\nIn-Reply-To: <{long}>\n\nx".encode())

    assert first.message_id == answer.in_reply_to == answer.root
    assert len(first.message_id) < 250


@pytest.mark.parametrize(
    "header",
    [
        "Auto-Submitted: auto-replied",
        "Precedence: bulk",
        "X-Autoreply: yes",
        "Return-Path: <>",
        "Content-Type: multipart/report; boundary=x",
    ],
)
def test_what_a_program_sends_is_told(header):
    body = b"\n\n--x\n\nGone\n--x--\n" if "boundary" in header else b"\n\nGone\n"

    assert parse(f"From: a@example.com\n{header}".encode() + body).is_automatic
    assert not parse(b"From: a@example.com\nAuto-Submitted: no\nPrecedence: list\n\nHere\n").is_automatic


def test_who_a_forwarded_message_is_from_is_read():
    assert parse(FORWARDED).forwarded.sender == Address("ada@example.com", "Ada Lovelace")

    head = b"From: g@kith.example\nTo: log@kith.example\nContent-Type: multipart/mixed; boundary=b\n\n"
    attached = parse(head + b"--b\nContent-Type: message/rfc822\n\n" + PLAIN + b"\n--b--\n")
    assert attached.forwarded.message_id == "offer-1@example.com"
    assert [one.name for one in attached.attachments] == ["Größe und Preis.eml"]
    assert attached.text == ""


def test_what_is_too_long_is_cut_and_says_so():
    for kind, body in (("plain", "& é" * 50_000), ("html", "<b><i>" * 40_000 + "é<p>" * 50_000)):
        read = parse(f"From: a@example.com\nContent-Type: text/{kind}\n\n{body}".encode())

        assert read.is_cut
        assert len(read.html) <= 65_536
        assert len(read.text) <= 65_536
        assert "[…]" in read.html


def test_nothing_that_a_database_refuses_is_left():
    read = parse(b"From: \0a@example.com\nSubject: a\0b =?utf-8?b?AO2ggA==?=\n\nx\0\x01y\xed\xa0\x80")

    assert not any(one in f"{read}" for one in ("\0", "\x01", "\ud800"))
    f"{read}".encode()


def test_a_file_that_is_no_message_is_told():
    assert not parse(b"%PDF-1.4\n\x00\xff").is_message
    assert not parse(b"").is_message


def test_nested_parts_beyond_measure_cost_little():
    deep = b"From: a@example.com\nSubject: x\n" + b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(3_000)
    )
    within = b"From: a@example.com\n" + b"Content-Type: message/rfc822\n\n" * 3_000
    start = time.monotonic()

    assert parse(deep + b"x\n" * 1_000_000).subject == "x"
    assert parse(within).is_cut
    assert time.monotonic() - start < 20


@pytest.mark.parametrize(
    "hostile", ["<", "(", "<head", "<!--", "@", "a@", "=?", '"', "[", ",", "<a@b>", "</div ", "&#"]
)
def test_repetition_costs_little_in_any_place(hostile):
    text = hostile * (300_000 // len(hostile))
    start = time.monotonic()
    parse(f"From: {text}\nTo: {text}\nSubject: {text}\nReferences: {text}\nDate: {text}\n\n{text}".encode())
    parse(f"From: a@example.com\nContent-Type: text/html\n\n{text}".encode())
    parse(f"From: a@example.com\nContent-Type: text/html; {text}; name*0={text}\n\n".encode())

    assert time.monotonic() - start < 30


def test_a_large_message_is_read_without_decoding_its_attachments():
    start = time.monotonic()
    read = parse(large(20))

    assert read.attachments[0].name == "Angebot 1.pdf"
    assert not read.is_cut
    with read.attachments[0].file() as file:
        assert file.size == 15_325_305
    assert time.monotonic() - start < 30


@settings(max_examples=examples(50), deadline=None)
@given(st.binary(max_size=600))
@example(b"Content-Type: multipart/mixed\n\n--\n")
@example(b"Content-Type: text/plain; charset*=x''\n\nx")
@example(b"Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n!!!!")
def test_no_bytes_raise(data):
    f"{parse(data)}".encode()


@settings(max_examples=examples(50), deadline=None)
@given(st.sampled_from([PLAIN, GMAIL, FORWARDED]), st.integers(), st.integers(1, 40))
def test_no_damaged_message_raises(whole, seed, times):
    chance = random.Random(seed)
    data = bytearray(whole)
    for _time in range(times):
        at = chance.randrange(len(data))
        what = chance.choice(["byte", "cut", "double", "line"])
        if what == "byte":
            data[at] = chance.randrange(256)
        elif what == "cut":
            del data[at : at + chance.randrange(1, 30)]
            data = data or bytearray(b"x")
        elif what == "double":
            data[at:at] = data[at : at + 80]
        else:
            data[at:at] = chance.choice(
                [b"\n", b"\r", b"--outer\r\n", b"Content-Type: message/rfc822\n", b"=?x?b?"]
            )
    read = parse(bytes(data))

    f"{read}".encode()
    assert "<script" not in read.html
    assert "<img" not in read.html
