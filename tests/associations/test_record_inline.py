"""The associations of a record on its own page in Django's admin."""

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext

from associations import services
from associations.admin import inlines
from associations.labels import words
from associations.models import Association, AssociationEvent
from records import definition, schema
from records import services as record_services
from records.models import Change, Contact
from records.services import archive_records
from tests.factories import (
    CompanyFactory,
    ContactFactory,
    DealFactory,
    TicketFactory,
    by,
    make_label,
    make_limit,
)
from tests.records.test_definition import VIEWINGS

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada():
    return ContactFactory(firstname="Ada", lastname="L")


def url(record) -> str:
    return f"/admin/records/{type(record)._meta.model_name}/{record.pk}/change/"


def key(one, other, text: str) -> str:
    """Return the key of a label by its word, as it reads on the page of `one`."""
    found = [word.key for word in words(one.object_type_id, other.object_type_id) if str(word) == text]
    return found[0]


def labelled(one, other) -> None:
    """Associate two records with every label that they can have."""
    offered = words(one.object_type_id, other.object_type_id)
    services.associate(one, [other.pk], by=by(), words={other.pk: offered})


def rows(response) -> list:
    """Return the forms of the associations that a record's page shows."""
    (inline,) = response.context["inline_admin_formsets"]
    return list(inline.formset.initial_forms)


def seen(response) -> dict[str, list[str]]:
    """Return the labels that a record's page shows, by the name of the other record."""
    return {str(form.seen): [str(word) for word in form.words_carried] for form in rows(response)}


def page(client, record) -> dict:
    """Return what a record's page would send as it stands, with one row for a further association."""
    response = client.get(url(record))
    form = response.context["adminform"].form
    values = {name: form[name].value() for name in form.fields}
    data = {name: "" if value is None else value for name, value in values.items()}
    shown = rows(response)
    for place, row in enumerate(shown):
        data[f"associations-{place}-association"] = row.row.pk
        for name in (f"associations-{place}-labels", f"initial-associations-{place}-labels"):
            data[name] = [word.key for word in row.words_carried]
    return {
        **data,
        "associations-TOTAL_FORMS": len(shown) + 1,
        "associations-INITIAL_FORMS": len(shown),
    }


def adding(data: dict, other, *labels: str) -> dict:
    """Complete what a page sends by a further association."""
    place = data["associations-INITIAL_FORMS"]
    return {**data, f"associations-{place}-other": other.pk, f"associations-{place}-labels": list(labels)}


def problems(response) -> str:
    """Return what the refused rows say."""
    assert response.status_code == 200
    (inline,) = response.context["inline_admin_formsets"]
    return str(inline.formset.errors)


@pytest.fixture
def staff(client, django_user_model):
    """Return a function that signs in a staff user with some permissions."""

    def sign_in(*codenames: str):
        user = django_user_model.objects.create_user("staff", is_staff=True)
        user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
        client.force_login(user)
        return client

    return sign_in


# --- What is shown --------------------------------------------------------------------------------


def test_both_records_show_the_association_with_its_label_from_their_side(admin_client, ada):
    boss = ContactFactory(firstname="Boss", lastname="B")
    make_label("contacts", "contacts", "Manager", "Employee")
    data = adding(page(admin_client, ada), boss, key(ada, boss, "Manager"))

    assert admin_client.post(url(ada), data).status_code == 302

    assert seen(admin_client.get(url(ada))) == {"Boss B": ["Manager"]}
    assert seen(admin_client.get(url(boss))) == {"Ada L": ["Employee"]}
    assert f'href="{url(boss)}"' in admin_client.get(url(ada)).text


@pytest.mark.parametrize("factory", [ContactFactory, CompanyFactory, DealFactory, TicketFactory])
def test_every_kind_of_record_shows_its_associations(admin_client, factory):
    record, deal = factory(), DealFactory(dealname="Engine")
    services.associate(record, [deal.pk], by=by())

    assert list(seen(admin_client.get(url(record)))) == ["Engine"]


def test_a_record_of_a_custom_type_shows_and_gets_associations(admin_client, ada):
    definition.apply(VIEWINGS)
    kind = schema.current().type("viewings")
    elm = record_services.create_record(kind, {"title": "Elm Street 5"}, by=by())
    data = adding(page(admin_client, ada), elm)

    admin_client.post(url(ada), data)

    assert list(seen(admin_client.get(url(ada)))) == ["Elm Street 5"]
    assert list(seen(admin_client.get(url(elm)))) == ["Ada L"]


def test_a_hub_shows_the_newest_and_leads_to_all(admin_client, ada, monkeypatch):
    monkeypatch.setattr(inlines, "NEWEST", 2)
    deals = [DealFactory(dealname=name) for name in ("One", "Two", "Three")]
    for deal in deals:
        services.associate(ada, [deal.pk], by=by())

    response = admin_client.get(url(ada))

    assert list(seen(response)) == ["Three", "Two"]
    link = f"/admin/associations/association/?record={ada.pk}"
    assert f'href="{link}"' in response.text
    assert len(admin_client.get(link).context["cl"].result_list) == 3


def test_archived_records_are_left_out(admin_client, ada):
    deal = DealFactory()
    services.associate(ada, [deal.pk], by=by())
    archive_records([deal.pk], by=by())

    response = admin_client.get(url(ada))

    assert seen(response) == {}
    assert "Nothing is associated with this record." in response.text


def test_a_record_that_is_not_there_yet_has_none(admin_client):
    assert "inline_admin_formsets" in (response := admin_client.get("/admin/records/contact/add/")).context
    assert response.context["inline_admin_formsets"] == []


def test_the_page_takes_as_many_queries_for_many_as_for_few(admin_client, ada):
    make_label("contacts", "deals", "Sponsor")

    def grow(number: int) -> None:
        for deal in DealFactory.create_batch(number):
            labelled(ada, deal)

    def queries(send, status: int) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert send().status_code == status
        return len(captured)

    def both() -> tuple[int, int]:
        admin_client.get(url(ada))
        data = page(admin_client, ada)
        return (
            queries(lambda: admin_client.get(url(ada)), 200),
            queries(lambda: admin_client.post(url(ada), data), 302),
        )

    grow(3)
    both()
    few = both()
    grow(20)
    assert few == both()
    assert few[0] <= 9


# --- Adding, labelling, removing ------------------------------------------------------------------


def test_all_that_is_saved_at_once_is_one_change(admin_client, ada):
    make_label("contacts", "deals", "Sponsor")
    make_label("contacts", "deals", "Payer")
    gone, kept, new = (DealFactory(dealname=name) for name in ("Gone", "Kept", "New"))
    for deal in (gone, kept):
        services.associate(ada, [deal.pk], by=by())
    data = adding(page(admin_client, ada), new, key(ada, new, "Payer"))
    data |= {"firstname": "Augusta", "associations-1-DELETE": "on"}
    data["associations-0-labels"] = [key(ada, kept, "Sponsor")]
    before = Change.objects.latest("pk").pk

    response = admin_client.post(url(ada), data, follow=True)

    assert seen(admin_client.get(url(ada))) == {"New": ["Payer"], "Kept": ["Sponsor"]}
    (change,) = Change.objects.filter(pk__gt=before)
    assert (str(change.actor), change.origin) == ("admin", "admin")
    assert sorted(event.action for event in change.association_events.all()) == [
        "added",
        "labelled",
        "labelled",
        "removed",
    ]
    assert Contact.objects.get().firstname == "Augusta"
    assert f"/history/{change.pk}/undo/" in response.text

    admin_client.post(f"/history/{change.pk}/undo/")

    assert seen(admin_client.get(url(ada))) == {"Gone": [], "Kept": []}
    assert Contact.objects.get().firstname == "Ada"


def test_saving_a_page_as_it_is_changes_nothing(admin_client, ada):
    make_label("contacts", "deals", "Sponsor")
    deal = DealFactory()
    labelled(ada, deal)
    changes = Change.objects.count()

    assert admin_client.post(url(ada), page(admin_client, ada)).status_code == 302

    assert Change.objects.count() == changes


def test_a_company_makes_room_for_another_in_one_save(admin_client, ada):
    acme, beta = CompanyFactory(name="Acme"), CompanyFactory(name="Beta")
    services.associate(ada, [acme.pk], by=by())
    data = adding(page(admin_client, ada), beta)

    refused = admin_client.post(url(ada), {**data, "firstname": "Augusta"})
    assert "Ada L already has a company, Acme." in problems(refused)
    assert "Beta · Company" in refused.text  # what was chosen stays
    assert Contact.objects.get().firstname == "Ada"

    admin_client.post(url(ada), {**data, "associations-0-DELETE": "on"})
    assert seen(admin_client.get(url(ada))) == {"Beta": ["Primary"]}


def test_a_label_beyond_its_limit_is_refused_in_its_row(admin_client):
    deal, (one, two) = DealFactory(dealname="Engine"), ContactFactory.create_batch(2)
    boss = make_label("deals", "contacts", "Boss")
    make_limit("deals", "contacts", 1, boss)
    for contact in (two, one):
        services.associate(deal, [contact.pk], by=by())
    data = page(admin_client, deal)
    admin_client.post(url(deal), {**data, "associations-0-labels": [str(boss.pk)]})

    both = {**page(admin_client, deal), "associations-1-labels": [str(boss.pk)], "dealname": "Other"}
    response = admin_client.post(url(deal), both)

    assert "Engine already has a “Boss”" in problems(response)
    assert [bool(form.errors) for form in rows(response)] == [False, True]
    assert sorted(map(len, seen(admin_client.get(url(deal))).values())) == [0, 1]


@pytest.mark.parametrize(
    ("other", "text"),
    [
        ("itself", "cannot be associated with itself"),
        ("archived", "has been archived"),
        ("x", "no such record"),
    ],
)
def test_what_cannot_be_associated_is_refused_in_its_row(admin_client, ada, other, text):
    gone = DealFactory()
    archive_records([gone.pk], by=by())
    data = page(admin_client, ada)
    data["associations-0-other"] = {"itself": ada.pk, "archived": gone.pk}.get(other, other)
    data["associations-0-labels"] = [] if other == "itself" else ["7"]

    assert text in problems(admin_client.post(url(ada), data))
    assert not Association.objects.exists()


def test_an_error_in_the_record_itself_saves_no_association(admin_client, ada):
    ContactFactory(email="taken@example.com")
    data = adding(page(admin_client, ada), DealFactory())

    response = admin_client.post(url(ada), {**data, "email": "taken@example.com"})

    assert response.status_code == 200
    assert not Association.objects.exists()


def test_what_another_save_changed_meanwhile_is_left_as_it_is(admin_client, ada):
    for name in ("Sponsor", "Payer"):
        make_label("contacts", "deals", name)
    gone, kept = DealFactory(dealname="Gone"), DealFactory(dealname="Kept")
    services.associate(ada, [gone.pk, kept.pk], by=by())
    data = page(admin_client, ada)
    places = {str(form.seen): place for place, form in enumerate(rows(admin_client.get(url(ada))))}
    services.dissociate(ada, [gone.pk], by=by())
    words_of = words(ada.object_type_id, kept.object_type_id)
    services.set_words(ada, kept.pk, words_of[:1], by=by())

    data[f"associations-{places['Kept']}-labels"] = [key(ada, kept, "Payer")]
    admin_client.post(url(ada), data)
    assert seen(admin_client.get(url(ada))) == {"Kept": ["Sponsor", "Payer"]}

    data[f"associations-{places['Gone']}-labels"] = [key(ada, kept, "Payer")]
    assert "removed meanwhile" in problems(admin_client.post(url(ada), data))


def test_an_association_of_other_records_is_not_touched(admin_client, ada):
    deal, other = DealFactory(), ContactFactory()
    services.associate(other, [deal.pk], by=by())
    data = {**page(admin_client, ada), "associations-TOTAL_FORMS": 1, "associations-INITIAL_FORMS": 1}
    data |= {"associations-0-association": Association.objects.get().pk, "associations-0-DELETE": "on"}

    admin_client.post(url(ada), data)

    assert Association.objects.count() == 1


@pytest.mark.parametrize(
    "forged",
    [
        {"associations-TOTAL_FORMS": "x"},
        {"associations-INITIAL_FORMS": "1000000"},
        {"associations-INITIAL_FORMS": "1", "associations-0-association": "x"},
        {"associations-INITIAL_FORMS": "1", "associations-0-association": "9" * 30},
    ],
)
def test_a_forged_form_does_no_harm(admin_client, ada, forged):
    response = admin_client.post(url(ada), {**page(admin_client, ada), **forged})

    assert response.status_code in (200, 302)
    assert not AssociationEvent.objects.exists()


# --- Permissions ----------------------------------------------------------------------------------


def test_who_may_only_look_at_associations_changes_none(staff, ada):
    make_label("contacts", "deals", "Sponsor")
    kept, new = DealFactory(dealname="Kept"), DealFactory()
    labelled(ada, kept)
    client = staff("view_contact", "change_contact", "view_deal", "view_association")
    data = adding(page(client, ada), new)
    data |= {"associations-0-DELETE": "on", "associations-0-labels": [], "firstname": "Augusta"}

    assert client.post(url(ada), data).status_code == 302

    assert Contact.objects.get().firstname == "Augusta"
    response = client.get(url(ada))
    assert seen(response) == {"Kept": ["Sponsor"]}
    assert "associations-0-DELETE" not in response.text
    assert "associations-0-labels" not in response.text
    assert "associations-1-other" not in response.text


def test_who_may_not_see_associations_sees_none(staff, ada):
    services.associate(ada, [DealFactory(dealname="Engine").pk], by=by())
    client = staff("view_contact", "change_contact")

    assert "Engine" not in client.get(url(ada)).text


def test_who_may_only_look_at_a_record_adds_no_association(staff, ada):
    client = staff("view_contact", "view_association", "add_association", "delete_association")
    services.associate(ada, [DealFactory(dealname="Engine").pk], by=by())

    response = client.get(url(ada))

    assert "Engine" in response.text
    assert 'name="associations-1-other"' not in response.text
    assert client.post(url(ada), {}).status_code == 403


def test_the_history_of_a_record_says_what_became_of_its_associations(admin_client, ada):
    services.associate(ada, [DealFactory(dealname="Engine").pk], by=by())
    services.associate(DealFactory(dealname="Other"), [ContactFactory().pk], by=by())

    text = admin_client.get(f"/admin/records/contact/{ada.pk}/history/").text

    assert "Ada L ↔ Engine" in text
    assert "Other" not in text
    assert f"/admin/associations/associationevent/?record={ada.pk}" in text
