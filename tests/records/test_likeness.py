"""What two records of a type share, and what that says."""

from decimal import Decimal

import pytest

from records import schema
from records.likeness import Telling, judge, mailbox, name_words, phone_number, site, verdict
from records.models import Company, Contact, Deal
from tests.factories import first_stage

pytestmark = pytest.mark.django_db


def likeness(model, one: dict, other: dict):
    """Return how two unsaved records with these values are alike."""
    telling = Telling(schema.current().type(model.object_type_name))
    traits = []
    for values in (one, other):
        record = model(**values)
        record.derive()
        traits.append(telling.of(record))
    assert judge(*traits) == judge(*reversed(traits))
    return judge(*traits)


def people(one: str, other: str, **same):
    """Return how two contacts with these names are alike, first and last name parted by a slash."""
    values = [dict(zip(("firstname", "lastname"), name.split("/"), strict=True)) for name in (one, other)]
    return likeness(Contact, *({**names, **same} for names in values))


def companies(one: str, other: str):
    return likeness(Company, {"name": one}, {"name": other})


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Jon/Smith", "John/Smith"),
        ("Jhon/Smith", "John/Smith"),
        ("John/Smith", "Smith/John"),
        ("JOHN/SMITH", "John/Smith"),
        ("Łukasz/Muñoz", "Lukasz/Munoz"),
        ("Anna/Müller", "Anna/Mueller"),
        ("John F./Kennedy", "John/Kennedy"),
        ("John Fitzgerald/Kennedy", "John/Kennedy"),
        ("Jean-Luc/Picard", "Jean Luc/Picard"),
        ("Conan/O'Brien", "Conan/OBrien"),
    ],
)
def test_names_of_people_that_are_nearly_the_same(one, other):
    assert people(one, other).signs == ("name",)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Anna/Smith", "Maria/Smith"),
        ("Mario/Rossi", "Maria/Rossi"),
        ("Jan/Kowalski", "Jan/Kowalska"),
        ("Paul/Martin", "Paula/Martin"),
        ("Hana/Svensson", "Rania/Svensson"),
        ("John/Smith", "Joan/Smythe"),
        ("Anna/", "Anna/"),
        ("/", "/"),
        ("J/Smith", "John/Smith"),
    ],
)
def test_names_of_people_that_tell_nothing(one, other):
    assert people(one, other) is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Acme Ltd", "ACME Limited"),
        ("Müller & Söhne GmbH & Co. KG", "Muller Sohne"),
        ("Żubr Sp. z o.o.", "Zubr"),
        ("The Beatles", "Beatles Inc."),
        ("Face Book", "Facebook"),
        ("Initech", "Intech"),
        ("Northwind Traders", "Northwind Tarders"),
        ("Telefónica, S.A.", "Telefonica"),
        ("株式会社トヨタ", "株式会社トヨタ"),
    ],
)
def test_names_of_companies_that_are_nearly_the_same(one, other):
    assert companies(one, other).signs == ("name",)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Store 12", "Store 13"),
        ("Bank", "Bank of America"),
        ("Acme Foods", "Acme Tools"),
        ("Oak Media", "Oak Medical"),
        ("Raven Freight", "Wren Freight"),
        ("IBM", "IBN"),
        ("Ltd", "Inc"),
        ("?!", "–"),
    ],
)
def test_names_of_companies_that_tell_nothing(one, other):
    assert companies(one, other) is None


def test_one_mailbox_is_a_sign_however_it_is_written():
    ada = {"firstname": "Ada", "lastname": "King"}

    found = likeness(
        Contact, {**ada, "email": "ada.king@gmail.com"}, {**ada, "email": "adaking+crm@googlemail.com"}
    )

    assert found == (100, ("email", "name"))
    assert likeness(Contact, {"email": "ada@a.example"}, {"email": "ada@b.example"}) is None
    assert likeness(Contact, {"email": "a.da@a.example"}, {"email": "ada@a.example"}) is None


def test_a_shared_phone_is_a_sign_unless_the_names_say_otherwise():
    phones = [{"phone": "+44 20 7946 0958"}, {"mobilephone": "(020) 7946-0958"}]

    def found(one, other):
        return likeness(Contact, {**phones[0], **one}, {**phones[1], **other})

    assert found(
        {"firstname": "Bob", "lastname": "Smith"}, {"firstname": "Robert", "lastname": "Smith"}
    ).signs
    assert found({"firstname": "Bob"}, {}).signs == ("phone",)
    assert found({"firstname": "Bob", "lastname": "Smith"}, {"firstname": "Eve", "lastname": "Adams"}) is None


def test_one_domain_is_a_sign_for_companies_and_none_for_colleagues():
    acme, rest = {"name": "Acme", "domain": "acme.example"}, {"name": "Widgets", "domain": "acme.example"}

    assert likeness(Company, acme, rest).signs == ("domain",)
    assert likeness(Company, {"domain": "acme.example"}, {"website": "https://www.acme.example/"}).signs
    pages = {"website": "https://facebook.com/acme"}, {"website": "https://facebook.com/widgets"}
    assert likeness(Company, *pages) is None
    assert (
        likeness(Company, {"name": "One", "domain": "gmail.com"}, {"name": "Two", "domain": "gmail.com"})
        is None
    )
    site = {"website": "https://acme.example"}
    assert likeness(Contact, {"firstname": "Ada", **site}, {"firstname": "Bob", **site}) is None


def test_one_employer_adds_to_the_score_and_makes_an_initial_tell():
    def at(host, first, other="Smith"):
        return {"firstname": first, "lastname": other, "email": f"{first}.{other}{len(host)}@{host}"}

    john, initial = at("acme.example", "John"), at("acme.example", "J")
    assert likeness(Contact, john, initial).signs == ("name",)
    assert likeness(Contact, john, at("other.example", "J")) is None
    assert likeness(Contact, at("gmail.com", "John"), at("gmail.com", "J")) is None
    same = likeness(Contact, john, {**john, "email": "js@acme.example"})
    assert same.score > likeness(Contact, john, at("other.example", "John")).score


def test_deals_of_one_name_are_alike_unless_an_amount_or_a_week_lies_between():
    stage = first_stage("deals")
    deal = {"dealname": "Acme: renewal", "pipeline": stage.pipeline, "dealstage": stage, "amount": 100}
    record = Deal(**deal)

    assert likeness(Deal, deal, {**deal, "amount": Decimal("100.00")}).signs == ("name",)
    assert likeness(Deal, deal, {**deal, "amount": None}).signs == ("name",)
    assert likeness(Deal, deal, {**deal, "amount": 250}) is None
    earlier = record.created_at.replace(year=record.created_at.year - 1)
    assert likeness(Deal, deal, {**deal, "created_at": earlier}) is None


def test_several_signs_weigh_more_than_one():
    acme = {"name": "Acme", "domain": "acme.example"}
    more = {**acme, "phone": "020 7946 0958"}

    assert likeness(Company, more, more).score > likeness(Company, acme, acme).score
    assert likeness(Company, acme, acme).signs == ("domain", "name")


def test_what_is_compared_is_brought_into_one_form():
    assert mailbox("Ada+News@Example.com") == "ada@example.com"
    assert mailbox("nobody") == ""
    assert phone_number("0048 601 234 567") == phone_number("601-234-567") != ""
    assert phone_number("020 7946 0958 ext. 12") != phone_number("020 7946 0958")
    assert phone_number("12 34") == phone_number("0000000000") == phone_number("ask her") == ""
    assert site("HTTP://www.Example.com/") == site("example.com") == "example.com"
    assert site("n/a") == site("http://[") == site("gmail.com") == ""
    assert name_words("A/S Norsk A/S", is_person=False) == ("a", "s", "norsk")


def test_each_score_has_words():
    assert len({verdict(score) for score in (100, 90, 80, 60)}) == 4
