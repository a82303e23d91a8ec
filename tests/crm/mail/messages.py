"""Messages as programs write them."""

import base64
from email.message import EmailMessage
from email.utils import format_datetime

from django.utils import timezone

PLAIN = b"""\
Received: from mx.example.com by mail.example.com; Tue, 05 Mar 2024 08:30:07 +0000
Message-ID: <offer-1@example.com>
Date: Tue, 5 Mar 2024 09:30:00 +0100
From: "Lovelace, Ada" <Ada@Example.com>
To: Grace Hopper <grace@kith.example>, Charles <charles@example.com>
Cc: team: x@example.com, y@example.com;
Subject: =?utf-8?q?Gr=C3=B6=C3=9Fe?= =?utf-8?q?_und_Preis?=
In-Reply-To: <first@example.com>
References: <root@example.com>
 <first@example.com>
MIME-Version: 1.0
Content-Type: text/plain; charset="utf-8"
Content-Transfer-Encoding: quoted-printable

Dear Grace,

2 < 3, and the price is 10=E2=82=AC.
Ada
""".replace(b"\n", b"\r\n")

GMAIL = b"""\
Message-ID: <gmail-1@mail.gmail.com>
Date: Tue, 5 Mar 2024 09:30:00 +0100
From: Ada <ada@example.com>
To: grace@kith.example
Subject: Lines
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="outer"

--outer
Content-Type: multipart/alternative; boundary="inner"

--inner
Content-Type: text/plain; charset="UTF-8"

One
Two

--inner
Content-Type: text/html; charset="UTF-8"

<html><head><title>Not to be read</title><style>p{color:red}</style></head><body>
<div dir="ltr">One</div><div onclick="x()">Two <b>bold</b><script>alert(1)</script></div>
<table><tr><td>Price</td><td>10</td></tr></table><img src=x onerror=alert(1)></body></html>

--inner--
--outer
Content-Type: application/pdf; name="=?utf-8?b?QW5nZWJvdCAxLnBkZg==?="
Content-Disposition: attachment; filename*=utf-8''Angebot%201.pdf
Content-Transfer-Encoding: base64

JVBERi0xLjQKJWhlbGxv
--outer
Content-Type: text/plain; name="notes.txt"
Content-Disposition: inline; filename="../../etc/notes.txt"

not the body
--outer--
""".replace(b"\n", b"\r\n")

FORWARDED = b"""\
Message-ID: <fwd-1@kith.example>
Date: Tue, 5 Mar 2024 10:00:00 +0000
From: Grace <grace@kith.example>
To: log@kith.example
Subject: Fwd: Hello
Content-Type: text/plain; charset=utf-8

See below.

---------- Forwarded message ---------
From: Ada Lovelace <ada@example.com>
Date: Mon, 4 Mar 2024 at 10:00
Subject: Hello
To: <grace@kith.example>

Hello Grace
"""


def message(
    sender: str = "Ada Lovelace <ada@example.com>",
    to: str = "grace@kith.example",
    *,
    message_id: str = "m1@example.com",
    subject: str = "Offer",
    body: str = "Hello",
    headers: dict[str, str] | None = None,
    attachment: bytes = b"",
) -> bytes:
    """Return a message as a well-behaved program would send it."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, to, subject
    mail["Date"] = format_datetime(timezone.now())
    if message_id:
        mail["Message-ID"] = f"<{message_id}>"
    for name, value in (headers or {}).items():
        mail[name] = value
    mail.set_content(body)
    if attachment:
        mail.add_attachment(attachment, maintype="application", subtype="zip", filename="a.zip")
    return mail.as_bytes()


def large(megabytes: int) -> bytes:
    """Return a message with an attachment, of about this size in all, without building it from parts."""
    line = base64.b64encode(bytes(57)) + b"\r\n"
    head = GMAIL.split(b"JVBERi")[0].replace(b"gmail-1", b"large-1")
    return head + line * (megabytes * 1024 * 1024 // len(line)) + b"--outer--\r\n"
