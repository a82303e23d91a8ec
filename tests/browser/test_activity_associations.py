"""What an activity is associated with: a seller's e-mail, a reply to a complaint, second thoughts."""

import pytest
from playwright.sync_api import Page, expect

from associations import services
from associations.models import Association
from records.models import EmailMessage
from tests.factories import CompanyFactory, ContactFactory, DealFactory, TicketFactory, by

from .test_timeline import field, open_editor, save


def people(*names):
    return [
        ContactFactory(firstname=name, lastname="Stone", email=f"{name.lower()}@acme.example")
        for name in names
    ]


def box(page: Page, record):
    """Return the box of a record in the list."""
    return page.locator(f"#other-{record.pk}")


def says(page: Page, text: str) -> None:
    """Wait until the list says that so many records are associated."""
    expect(page.locator("#others-count")).to_have_text(text)


def stands_once_on(page: Page, records) -> None:
    """See that the only activity stands once on the timeline of each record."""
    for record in records:
        page.goto(f"{record.get_absolute_url()}?tab=activities")
        expect(page.locator("#timeline .activity--emails")).to_have_count(1)
        expect(page.locator("#timeline .activity--emails")).to_contain_text("About the offer")


def about(email) -> set[int]:
    return {row.other_end(email.pk) for row in Association.objects.of(email.pk)}


@pytest.fixture
def acme(grace):
    return CompanyFactory(name="Acme")


def test_an_email_to_three_contacts_stands_once_on_each_timeline(desktop, acme):
    _ada, ben, _cleo = staff = people("Ada", "Ben", "Cleo")
    deal = DealFactory(dealname="Acme – 40 seats")
    services.associate(deal, [acme.pk, staff[0].pk], by=by())
    services.associate(acme, [one.pk for one in staff], by=by())
    desktop.goto(deal.get_absolute_url())

    editor = open_editor(desktop, "emails")
    says(desktop, "Associated with 3 records")
    field(editor, "hs_email_subject").fill("About the offer")
    field(editor, "hs_email_to_email").fill("Ada <ada@acme.example>, ben@acme.example")
    field(editor, "hs_email_cc_email").fill("cleo@acme.example")
    field(editor, "hs_email_subject").focus()
    says(desktop, "Associated with 5 records")
    editor.locator("#others > summary").click()
    for one in staff:
        expect(box(desktop, one)).to_be_checked()
    box(desktop, ben).uncheck()
    says(desktop, "Associated with 4 records")
    box(desktop, ben).check()
    says(desktop, "Associated with 5 records")
    save(editor)

    expect(desktop.locator(".activity__associations")).to_have_text("5 associations")
    stands_once_on(desktop, [deal, acme, *staff])


def test_a_reply_stands_on_the_ticket_both_contacts_and_the_deal_that_was_added(desktop, acme):
    ada, ben = people("Ada", "Ben")
    deal = DealFactory(dealname="Acme – 40 seats")
    ticket = TicketFactory(subject="Labels do not print")
    services.associate(deal, [ada.pk, ben.pk], by=by())
    services.associate(ticket, [ada.pk, ben.pk, deal.pk], by=by())
    desktop.goto(ticket.get_absolute_url())

    editor = open_editor(desktop, "emails")
    field(editor, "hs_email_subject").fill("About the offer")
    editor.locator("#others > summary").click()
    editor.locator("#others-q").fill("40 seats")
    expect(editor.locator("#others-found .option")).to_have_count(1)
    desktop.keyboard.press("Enter")
    expect(box(desktop, deal)).to_be_focused()
    desktop.keyboard.press("Space")
    says(desktop, "Associated with 4 records")
    expect(box(desktop, deal)).to_be_focused()
    editor.locator("#others-q").fill("")
    expect(editor.locator("#others-found")).to_have_count(0)
    expect(box(desktop, deal)).to_be_checked()
    save(editor)

    expect(desktop.locator(".activity__associations")).to_have_text("4 associations")
    stands_once_on(desktop, [ticket, ada, ben, deal])


def test_associations_are_changed_on_the_timeline_and_brought_back(desktop, acme):
    ada, ben = people("Ada", "Ben")
    services.associate(acme, [ada.pk, ben.pk], by=by())
    desktop.goto(ada.get_absolute_url())
    editor = open_editor(desktop, "emails")
    field(editor, "hs_email_subject").fill("About the offer")
    save(editor)
    link = desktop.locator(".activity__associations")
    expect(link).to_have_text("2 associations")
    email = EmailMessage.objects.get()

    link.click()
    dialog = desktop.locator("#activity-associated")
    box(desktop, acme).uncheck()
    box(desktop, ada).uncheck()
    dialog.locator(".sheet__foot .button--primary").click()
    expect(dialog.get_by_role("alert")).to_contain_text("Tick at least one record")
    box(desktop, ada).check()
    dialog.locator("#others-q").fill("ben")
    box(desktop, ben).check()
    says(desktop, "Associated with 2 records")
    dialog.locator(".sheet__foot .button--primary").click()
    expect(desktop.locator(".toast", has_text="Associations of the email changed.")).to_be_visible()
    expect(link).to_have_text("2 associations")
    assert about(email) == {ada.pk, ben.pk}

    desktop.locator(".toast", has_text="Associations").get_by_role("button", name="Undo").click()
    expect(desktop.locator(".toast", has_text="Associations")).to_have_count(0)
    stands_once_on(desktop, [acme, ada])
    assert about(email) == {ada.pk, acme.pk}


def test_a_draft_that_comes_back_brings_who_takes_part(desktop, acme):
    people("Ada", "Ben")
    desktop.goto(acme.get_absolute_url())
    editor = open_editor(desktop, "emails")
    says(desktop, "Associated with 1 record")
    field(editor, "hs_email_to_email").fill("ada@acme.example, ben@acme.example")
    field(editor, "hs_email_subject").fill("About the offer")
    says(desktop, "Associated with 3 records")
    desktop.reload()

    editor = open_editor(desktop, "emails")

    expect(field(editor, "hs_email_subject")).to_have_value("About the offer")
    says(desktop, "Associated with 3 records")


def test_a_phone_shows_the_list(phone, acme):
    ada, ben = people("Ada", "Ben")
    deal = DealFactory(dealname="A deal with a name that is far too long for a narrow phone to show it whole")
    services.associate(deal, [acme.pk, ada.pk, ben.pk], by=by())
    phone.goto(f"{deal.get_absolute_url()}?tab=activities")
    editor = open_editor(phone, "notes")
    editor.locator("#others > summary").click()

    expect(box(phone, ada)).to_be_checked()
    assert phone.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
