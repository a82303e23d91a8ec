"""The list of an object type: everything in its address, and nothing in it can break the page."""

import re
from html import escape
from urllib.parse import urlencode

import pytest

from records.models import Company, Contact, Deal, Record
from records.provenance import Origin
from records.services import archive_records
from tests.factories import CompanyFactory, ContactFactory, DealFactory, TicketFactory, by

pytestmark = pytest.mark.django_db

CONTACTS, COMPANIES, DEALS = "/records/contacts/", "/records/companies/", "/records/deals/"
HTMX = {"HX-Request": "true", "HX-Target": "list"}
LONG = "x" * 10_000
WEIRD = [
    LONG,
    "👩‍🚀🚀",
    "שָׁלוֹם",
    "\x00",
    "a\x00b",
    "<script>alert(1)</script>",
    "%",
    "'",
    '"',
    "9" * 40,
    "-1",
    "{}",
]


def rows(response) -> list[int]:
    """Return the ids of the rows that a page shows, in order."""
    return [int(pk) for pk in re.findall(r'type="checkbox" name="selected" value="(\d+)"', response.text)]


def headings(response) -> list[str]:
    """Return the headings of the table's columns."""
    found = re.findall(r"<th .*?</th>", response.text, re.DOTALL)
    return [text for one in found if (text := re.sub(r"<.*?>|\s+", " ", one, flags=re.DOTALL).strip())]


# --- What is shown ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "factory", [ContactFactory, CompanyFactory, DealFactory, TicketFactory], ids=lambda one: one.__name__
)
def test_a_list_shows_the_live_records_of_its_type_by_name(signed_in, factory):
    record, archived = factory(), factory()
    archive_records([archived.pk], by=by())
    url = f"/records/{record.kind.name}/"

    response = signed_in.get(url)

    assert response.status_code == 200
    assert rows(response) == [record.pk]
    assert f"<h1>{record.kind.plural_label}</h1>" in response.text
    assert record.get_absolute_url() in response.text


def test_htmx_gets_the_list_alone(signed_in):
    ContactFactory()

    response = signed_in.get(CONTACTS, headers=HTMX)

    assert response.text.lstrip().startswith('<div id="list"')
    assert "<html" not in response.text


def test_a_list_needs_a_signed_in_user(client):
    assert client.get(CONTACTS)["Location"].startswith("/accounts/login/")


def test_an_unknown_type_is_not_found(signed_in):
    for address in ("", "new/", "duplicates/", "1/"):
        assert signed_in.get(f"/records/unicorns/{address}").status_code == 404


def test_an_empty_list_offers_to_create_the_first(signed_in):
    response = signed_in.get(CONTACTS)

    assert "No contacts yet" in response.text
    assert "0 records" in response.text


def test_a_search_without_a_match_says_so_and_how_to_clear_it(signed_in):
    ContactFactory()

    response = signed_in.get(CONTACTS, {"q": "nobody"})

    assert "Nothing found" in response.text
    assert "Clear search and filters" in response.text
    assert "No contacts yet" not in response.text


def test_a_search_finds_by_name_and_email(signed_in):
    ada, bob = ContactFactory(firstname="Ada", email="countess@example.com"), ContactFactory(firstname="Bob")

    assert rows(signed_in.get(CONTACTS, {"q": "ADA"})) == [ada.pk]
    assert rows(signed_in.get(CONTACTS, {"q": "countess"})) == [ada.pk]
    assert rows(signed_in.get(CONTACTS, {"q": ""})) == [ada.pk, bob.pk]


def test_filters_of_the_address_narrow_the_list_and_are_chips(signed_in):
    paris, _london = CompanyFactory(city="Paris"), CompanyFactory(city="London")

    response = signed_in.get(COMPANIES, {"city__is": "paris", "name__known": "1"})

    assert rows(response) == [paris.pk]
    assert "City is paris" in response.text
    assert "Name has a value" in response.text


def test_a_bad_filter_value_is_said_on_its_chip_and_finds_nothing(signed_in):
    CompanyFactory()

    response = signed_in.get(COMPANIES, {"numberofemployees__gt": "many", "q": "comp"})

    assert response.status_code == 422
    assert rows(response) == []
    assert "Number of employees &gt; many" in response.text
    assert "Enter a whole number." in response.text
    assert 'name="numberofemployees__gt" value="many"' in response.text  # kept through the next search


# --- The filter editor ------------------------------------------------------------------------------


def edit(**typed) -> dict[str, object]:
    return {f"filter-{name}": value for name, value in typed.items()}


def test_adding_a_filter_opens_its_editor_and_applying_puts_it_into_the_address(signed_in):
    opened = signed_in.get(DEALS, {"edit_filter": "amount", "sort": "-amount"})
    assert opened.status_code == 200
    assert 'name="filter-operator"' in opened.text

    typed = edit(operator="between", value="1,000", value2="2,500.50")
    applied = signed_in.get(DEALS, {"edit_filter": "amount", "sort": "-amount", **typed})

    assert applied.status_code == 302
    assert applied["Location"] == DEALS + "?" + urlencode(
        {"sort": "-amount", "amount__between": "1000,2500.50"}
    )


def test_an_operator_without_a_value_needs_none(signed_in):
    applied = signed_in.get(CONTACTS, {"edit_filter": "email", **edit(operator="empty", value="")})

    assert applied["Location"] == f"{CONTACTS}?email__empty=1"


def test_several_options_are_one_filter(signed_in):
    typed = edit(operator="in", value=["lead", "customer"])

    applied = signed_in.get(CONTACTS, {"edit_filter": "lifecyclestage", **typed})

    assert applied["Location"] == f"{CONTACTS}?lifecyclestage__in=lead&lifecyclestage__in=customer"


@pytest.mark.parametrize(
    ("name", "typed", "message"),
    [
        ("amount", edit(operator="gt", value="lots"), "Enter a number."),
        ("amount", edit(operator="gt", value=""), "Enter a value."),
        ("amount", edit(operator="between", value="1"), "Enter both values."),
        ("amount", edit(operator="between", value="1", value2="lots"), "Enter a number."),
        ("amount", edit(operator="nonsense", value="1"), "Select a valid choice."),
        ("amount", edit(operator="gt", value="9" * 40), "no more than"),
        ("closedate", edit(operator="on", value="soon"), "Enter a valid date."),
        ("dealtype", edit(operator="in", value="x"), "Select a valid choice."),
        ("dealtype", edit(operator="in"), "Enter a value."),
        ("dealname", edit(operator="contains", value=LONG), "at most 200 characters"),
        ("dealname", edit(operator="contains", value="a\x00b"), "Null characters are not allowed."),
    ],
)
def test_a_bad_value_in_the_editor_is_refused_beside_it_and_kept(signed_in, name, typed, message):
    deal = DealFactory()

    response = signed_in.get(DEALS, {"edit_filter": name, **typed})

    assert response.status_code == 422
    assert response.text.count('class="field__error"') == 1
    assert message in response.text
    assert rows(response) == [deal.pk]
    if name != "dealtype" and typed["filter-value"]:
        assert f'value="{typed["filter-value"]}"' in response.text


# --- Columns, order, pages --------------------------------------------------------------------------


def test_the_columns_are_those_that_the_address_names(signed_in):
    ContactFactory(city="Paris")

    response = signed_in.get(CONTACTS, {"columns": ["city", "email", "city", "nonsense"]})

    assert headings(response) == ["Name", "City", "Email"]
    assert "Paris" in response.text


def test_no_column_at_all_leaves_the_name(signed_in):
    ContactFactory()

    assert headings(signed_in.get(CONTACTS, {"columns": ""})) == ["Name"]


def test_the_usual_columns_have_the_associated_company_beside_the_email(signed_in):
    ContactFactory()

    assert headings(signed_in.get(CONTACTS))[:3] == ["Name", "Email", "Associated companies"]


@pytest.mark.parametrize("sort", ["city", "-city"])
def test_a_list_is_sorted_by_the_column_that_the_address_names(signed_in, sort):
    second, first, blank = (CompanyFactory(city=city).pk for city in ("b", "a", ""))
    expected = [first, second, blank] if sort == "city" else [second, first, blank]

    response = signed_in.get(COMPANIES, {"sort": sort})

    assert rows(response) == expected
    assert f'aria-sort="{"ascending" if sort == "city" else "descending"}"' in response.text


@pytest.mark.parametrize(
    "sort", ["nonsense", "--name", "associated-companies", "", "id", "owner__password", "description"]
)
def test_an_unknown_order_is_that_by_name(signed_in, sort):
    second, first = CompanyFactory(name="b"), CompanyFactory(name="A")

    assert rows(signed_in.get(COMPANIES, {"sort": sort})) == [first.pk, second.pk]


def test_page_by_page_there_and_back(signed_in):
    ids = [CompanyFactory(name=f"{number:03}").pk for number in range(60)]

    def follow(response, rel: str):
        (address,) = re.findall(rf'rel="{rel}" href="(.*?)"', response.text)
        return signed_in.get(COMPANIES + address.replace("&amp;", "&"))

    first = signed_in.get(COMPANIES, {"sort": "name", "per_page": 25})
    second = follow(first, "next")
    third = follow(second, "next")

    assert [rows(page) for page in (first, second, third)] == [ids[:25], ids[25:50], ids[50:]]
    assert 'rel="next"' not in third.text
    assert 'rel="prev"' not in first.text
    assert rows(follow(third, "prev")) == ids[25:50]
    assert rows(follow(second, "prev")) == ids[:25]
    assert rows(signed_in.get(COMPANIES, {"last": "1"})) == ids[-25:]
    assert "60 records" in first.text


@pytest.mark.parametrize(("asked", "shown"), [("50", 50), ("100", 60), ("", 25), ("0", 25), ("-5", 25)])
def test_the_page_size_is_one_of_those_offered(signed_in, asked, shown):
    CompanyFactory.create_batch(60)

    assert len(rows(signed_in.get(COMPANIES, {"per_page": asked}))) == shown


def test_a_page_whose_rows_went_meanwhile_leads_to_the_last_that_there_is(signed_in):
    companies = [CompanyFactory(name=f"{number:03}").pk for number in range(52)]
    address = COMPANIES
    for _page in range(2):
        (following,) = re.findall(r'rel="next" href="(.*?)"', signed_in.get(address).text)
        address = COMPANIES + following.replace("&amp;", "&")
    assert rows(signed_in.get(address)) == companies[50:]
    archive_records(companies[50:], by=by())

    response = signed_in.get(address)

    assert rows(response) == companies[25:50]
    assert 'rel="prev"' in response.text
    assert "No companies yet" not in response.text


def test_a_large_list_is_counted_only_when_asked(signed_in, monkeypatch):
    monkeypatch.setattr("records.lists.COUNTED", 5)
    CompanyFactory.create_batch(7)

    assert "More than 10,000 records" in signed_in.get(COMPANIES).text
    assert "7 records" in signed_in.get(COMPANIES, {"count": "exact"}).text


# --- Selection --------------------------------------------------------------------------------------


def test_ticked_records_are_archived_and_undo_brings_them_back(signed_in, user):
    first, second, other = ContactFactory.create_batch(3)
    address = f"{CONTACTS}archive/"

    page = signed_in.post(
        address, {"selected": [first.pk, second.pk], "back": "q=example&sort=-name"}, follow=True
    )

    assert page.redirect_chain == [(f"{CONTACTS}?q=example&sort=-name", 302)]
    assert "2 records archived." in page.text
    assert rows(page) == [other.pk]
    first.refresh_from_db()
    assert (first.archived_at is not None, first.updated_by) == (True, user)

    assert f'name="selected" value="{first.pk}"' in page.text
    back = signed_in.post(f"{CONTACTS}restore/", {"selected": [first.pk, second.pk]}, follow=True)
    assert "2 records restored." in back.text
    assert Contact.objects.live().count() == 3


def test_restoring_one_leads_to_it(signed_in):
    contact = ContactFactory()
    archive_records([contact.pk], by=by())

    response = signed_in.post(f"{CONTACTS}restore/", {"selected": contact.pk})

    assert response["Location"] == contact.get_absolute_url()


def test_an_undo_that_is_no_longer_possible_says_why(signed_in):
    contact = ContactFactory(firstname="Ada", lastname="L", email="ada@example.com")
    archive_records([contact.pk], by=by())
    ContactFactory(email="ada@example.com")

    page = signed_in.post(f"{CONTACTS}restore/", {"selected": contact.pk}, follow=True)

    assert page.status_code == 422
    assert "Ada L: email “ada@example.com” belongs to" in page.text
    assert Contact.objects.live().count() == 1


@pytest.mark.parametrize("selected", [[], *([one] for one in (*WEIRD, "1e3", "٣", str(2**63), "0"))])
@pytest.mark.parametrize("action", ["archive", "restore"])
def test_ids_of_no_record_do_no_harm(signed_in, selected, action):
    contact = ContactFactory()

    page = signed_in.post(f"{CONTACTS}{action}/", {"selected": selected, "back": "\x00&&=%"}, follow=True)

    said = {"archive": "No record was selected.", "restore": "There is nothing to restore."}
    assert said[action] in page.text
    assert list(Contact.objects.live()) == [contact]


@pytest.mark.parametrize("action", ["archive", "restore"])
def test_records_of_another_type_are_left_alone(signed_in, action):
    deal, archived = DealFactory(), DealFactory()
    archive_records([archived.pk], by=by())

    signed_in.post(f"{CONTACTS}{action}/", {"selected": [deal.pk, archived.pk]})

    assert list(Deal.objects.live()) == [deal]


@pytest.mark.parametrize("action", ["archive", "restore"])
def test_looking_at_an_address_changes_nothing(signed_in, action):
    contact = ContactFactory()

    assert signed_in.get(f"{CONTACTS}{action}/", {"selected": contact.pk}).status_code == 405


# --- Create -----------------------------------------------------------------------------------------


def new(**typed) -> dict[str, str]:
    return {f"new-{name}": value for name, value in typed.items()}


def test_a_record_is_created_with_its_author_and_origin(signed_in, user):
    assert 'name="new-firstname"' in signed_in.get(f"{CONTACTS}new/").text

    response = signed_in.post(f"{CONTACTS}new/", new(firstname="Ada", email="Ada@Example.com"), follow=True)

    contact = Contact.objects.get()
    assert (contact.firstname, contact.email) == ("Ada", "ada@example.com")
    assert (contact.created_by, contact.updated_by, contact.origin) == (user, user, Origin.LIST)
    assert response.redirect_chain == [(contact.get_absolute_url(), 302)]
    assert "Ada created." in response.text


def test_in_the_side_panel_creating_leads_to_the_record(signed_in):
    response = signed_in.post(f"{COMPANIES}new/", new(name="Acme"), headers={"HX-Request": "true"})

    assert response["HX-Redirect"] == Company.objects.get().get_absolute_url()


def test_a_deal_is_created_at_the_stage_chosen_first(signed_in):
    form = signed_in.get(f"{DEALS}new/").text
    (chosen,) = re.findall(r'<option value="(\d+)" selected>Appointment scheduled', form)

    signed_in.post(f"{DEALS}new/", new(dealname="Big", dealstage=chosen, amount="1,000.50"))

    deal = Deal.objects.get()
    assert (str(deal.dealstage), str(deal.pipeline), str(deal.amount)) == (
        "Appointment scheduled",
        "Sales pipeline",
        "1000.50",
    )


@pytest.mark.parametrize(
    ("url", "typed", "message"),
    [
        (CONTACTS, new(), "Fill in at least one of: first name, last name, email."),
        (CONTACTS, new(firstname=LONG), "at most 100 characters"),
        (CONTACTS, new(firstname="a\x00b"), "Null characters are not allowed."),
        (CONTACTS, new(firstname="Ada", email="nonsense"), "Enter a valid email address."),
        (CONTACTS, new(firstname="Ada", hubspot_owner_id="9" * 40), "Select a valid choice."),
        (COMPANIES, new(domain="acme.example"), "This field is required."),
        (COMPANIES, new(name="Acme", domain="what//ever"), "Enter a domain name such as example.com."),
        (COMPANIES, new(name="Acme", annualrevenue="1e400"), "no more than"),
        (DEALS, new(dealname="Big"), "This field is required."),
    ],
)
@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}], ids=["page", "panel"])
def test_a_refused_form_comes_back_with_its_message_and_what_was_typed(
    signed_in, url, typed, message, headers
):
    response = signed_in.post(f"{url}new/", typed, headers=headers)

    assert response.status_code == 422
    assert message in response.text
    assert not Record.objects.exists()
    for name, value in typed.items():
        assert name == "new-hubspot_owner_id" or f'value="{value}"' in response.text


def test_a_taken_email_is_refused_beside_its_field_and_the_holder_is_linked(signed_in):
    holder = ContactFactory(email="ada@example.com")

    response = signed_in.post(f"{CONTACTS}new/", new(firstname="Bob", email="ADA@example.com"))

    assert response.status_code == 422
    assert "Another contact already has email" in response.text
    assert holder.get_absolute_url() in response.text
    assert 'value="Bob"' in response.text


@pytest.mark.parametrize("name", ["👩‍🚀🚀", "שָׁלוֹם עולם", "محمد", "<b>Ada</b>", "Ada & Bob", "O'Brien"])
def test_names_in_any_script_are_kept_and_shown_as_typed(signed_in, name):
    signed_in.post(f"{CONTACTS}new/", new(firstname=name))

    assert Contact.objects.get().firstname == name
    assert str(Contact.objects.get()) == name
    assert escape(name) in signed_in.get(CONTACTS).text


def test_possible_duplicates_are_shown_while_typing(signed_in):
    ada = ContactFactory(firstname="Ada", lastname="Lovelace", email="ada@example.com")
    acme = CompanyFactory(name="Acme Tea", domain="acme.example")
    archived = CompanyFactory(name="Acme Milk", domain="acme.example")
    archive_records([archived.pk], by=by())

    def duplicates(url: str, **typed) -> list[str]:
        text = signed_in.get(f"{url}duplicates/", new(**typed)).text
        return re.findall(r'<a href="(/records/.*?)"', text)

    assert duplicates(CONTACTS, email="ADA@example.com") == [ada.get_absolute_url()]
    assert duplicates(CONTACTS, firstname="ada", lastname="LOVE") == [ada.get_absolute_url()]
    assert duplicates(COMPANIES, domain="https://www.acme.example/shop") == [acme.get_absolute_url()]
    assert duplicates(COMPANIES, name="acme") == [acme.get_absolute_url()]
    assert duplicates(COMPANIES, name="ac") == duplicates(CONTACTS) == []


# --- Anything in the address ------------------------------------------------------------------------

PARAMETERS = [
    "q",
    "sort",
    "columns",
    "per_page",
    "last",
    "count",
    "edit_filter",
    "associated_with",
    "firstname__contains",
    "email__known",
    "lifecyclestage__in",
    "hubspot_owner_id__in",
    "createdate__on",
    "createdate__between",
    "nonsense",
    "firstname__nonsense",
    "__",
]


@pytest.mark.parametrize("name", PARAMETERS)
def test_whatever_stands_in_the_address_the_list_answers(signed_in, name):
    ContactFactory()
    for value in WEIRD:
        response = signed_in.get(CONTACTS, {name: [value, value], f"{name}[]": value})
        assert response.status_code in (200, 422)


@pytest.mark.parametrize("name", ["email", "firstname", "domain", "name"])
@pytest.mark.parametrize("value", WEIRD)
def test_whatever_is_typed_duplicates_are_answered(signed_in, name, value):
    for url in (CONTACTS, COMPANIES):
        assert signed_in.get(f"{url}duplicates/", new(**{name: value})).status_code == 200


@pytest.mark.parametrize("value", WEIRD)
def test_whatever_is_typed_into_every_field_is_taken_or_refused(signed_in, value):
    for url in (CONTACTS, COMPANIES, DEALS, "/records/tickets/"):
        names = re.findall(r'name="(new-\w+)"', signed_in.get(f"{url}new/").text)
        response = signed_in.post(f"{url}new/", {name: [value, value] for name in names})
        assert response.status_code in (302, 422)


def test_the_linked_name_is_a_column_whatever_others_are_chosen(signed_in):
    acme = CompanyFactory(name="Acme")

    text = signed_in.get("/records/companies/?columns=name&columns=city").text

    assert f'href="{acme.get_absolute_url()}"' in text
    assert text.count(">Acme<") == 1
