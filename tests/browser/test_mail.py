"""E-mails are uploaded on a record's page, stand on its timeline, and do nothing there."""

from playwright.sync_api import expect

from records.models import EmailMessage
from tests.browser.test_accessibility import violations
from tests.crm.mail.messages import GMAIL, message
from tests.factories import ContactFactory


def file(name: str, data: bytes) -> dict:
    return {"name": name, "mimeType": "message/rfc822", "buffer": data}


def test_emails_are_uploaded_from_the_record_page_and_stand_on_its_timeline(desktop):
    page = desktop
    dialogs: list = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    ada = ContactFactory(firstname="Ada", lastname="Lovelace", email="ada@example.com")
    hostile = message(subject="<img src=x onerror=alert(1)>", body="<script>alert(2)</script>")

    page.goto(ada.get_absolute_url())
    page.get_by_text("Actions", exact=True).click()
    page.get_by_role("link", name="Upload an email (.eml)").click()
    assert violations(page) == []
    page.get_by_label("Files").set_input_files([file("offer.pdf", b"%PDF-1.4")])
    page.get_by_role("button", name="Upload").click()
    expect(page.get_by_text("“offer.pdf” is no email")).to_be_visible()
    assert violations(page) == []

    page.get_by_label("Files").set_input_files([file("a.eml", GMAIL), file("b.eml", hostile)])
    page.get_by_role("button", name="Upload").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Ada Lovelace")
    expect(page.get_by_text("2 emails logged.")).to_be_visible()
    page.goto(f"{ada.get_absolute_url()}?tab=activities")
    expect(page.get_by_text("Lines", exact=True)).to_be_visible()
    expect(page.get_by_text("<img src=x onerror=alert(1)>", exact=True)).to_be_visible()
    expect(page.get_by_text("<script>alert(2)</script>")).to_be_visible()
    assert dialogs == []
    assert EmailMessage.objects.count() == 2
