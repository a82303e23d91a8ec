"""Labels, limits and events in Django's admin."""

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext

from associations import services
from associations.labels import words
from associations.models import Association, AssociationEvent, AssociationLabel, AssociationLimit, Labelling
from records import schema
from records.services import archive_records
from tests.factories import CompanyFactory, ContactFactory, DealFactory, by, make_label, make_limit

pytestmark = pytest.mark.django_db
LABELS = "/admin/associations/associationlabel/"
LIMITS = "/admin/associations/associationlimit/"
EVENTS = "/admin/associations/associationevent/"
CARRIED = "/admin/associations/labelling/"


@pytest.fixture
def looking(client, django_user_model):
    """A test client of a staff user who may only look."""
    user = django_user_model.objects.create_user("staff", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    client.force_login(user)
    return client


def type_id(name: str) -> int:
    return schema.current().type(name).pk


def labelled(one, other) -> None:
    """Associate two records with every label that they can have."""
    offered = words(one.object_type_id, other.object_type_id)
    services.associate(one, [other.pk], by=by(), words={other.pk: offered})


def errors(response) -> dict:
    """Return what a refused form says, by field."""
    assert response.status_code == 200
    return {name: str(texts) for name, texts in response.context["adminform"].form.errors.items()}


def shown(response) -> list:
    return list(response.context["cl"].result_list)


def queries(client, url: str) -> int:
    client.get(url)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(url).status_code == 200
    return len(captured)


# --- Labels ---------------------------------------------------------------------------------------


def test_a_label_is_created_and_renamed(admin_client):
    values = {"from_type": type_id("contacts"), "to_type": type_id("contacts"), "label": " Big  boss "}
    admin_client.post(f"{LABELS}add/", {**values, "inverse_label": "Report", "name": ""})

    label = AssociationLabel.objects.get(is_primary=False)
    assert (str(label), label.name) == ("Big boss / Report", "big_boss")

    admin_client.post(f"{LABELS}{label.pk}/change/", {"label": "Chief", "inverse_label": "Report"})
    label.refresh_from_db()
    assert (str(label), label.name) == ("Chief / Report", "big_boss")


def test_a_label_that_the_rules_refuse_is_shown_beside_its_field(admin_client):
    make_label("contacts", "deals", "Boss")
    used = make_label("contacts", "contacts", "Colleague")
    labelled(*ContactFactory.create_batch(2))
    new = {
        "from_type": type_id("deals"),
        "to_type": type_id("contacts"),
        "label": "x",
        "inverse_label": "boss",
    }

    taken = admin_client.post(f"{LABELS}add/", new)
    assert errors(taken) == {"inverse_label": errors(taken)["inverse_label"]}
    assert "Another label has this word." in errors(taken)["inverse_label"]
    named = errors(admin_client.post(f"{LABELS}add/", {**new, "inverse_label": "y", "name": "boss"}))
    assert "has this name" in named["name"]
    assert "label" in errors(admin_client.post(f"{LABELS}add/", {**new, "label": ""}))
    url = f"{LABELS}{used.pk}/change/"
    assert "in use" in errors(admin_client.post(url, {"label": "A", "inverse_label": "B"}))["inverse_label"]
    assert AssociationLabel.objects.filter(is_primary=False).count() == 2


def test_labels_are_archived_and_restored(admin_client):
    label = make_label("contacts", "deals", "Boss")
    url = f"{LABELS}{label.pk}/change/"
    chosen = {"_selected_action": [label.pk]}

    admin_client.post(LABELS, {**chosen, "action": "archive"})
    assert shown(admin_client.get(LABELS)) == list(AssociationLabel.objects.filter(is_primary=True))
    assert shown(admin_client.get(f"{LABELS}?archived=yes")) == [label]
    admin_client.post(f"{LABELS}?archived=yes", {**chosen, "action": "restore"})
    assert label in shown(admin_client.get(LABELS))

    admin_client.post(url, {"label": "Boss", "inverse_label": "", "_archive": "1"})
    label.refresh_from_db()
    assert label.archived_at
    admin_client.post(url, {"label": "Boss", "inverse_label": "", "_restore": "1"})
    label.refresh_from_db()
    assert label.archived_at is None


def test_a_label_whose_word_was_taken_is_not_restored(admin_client):
    label = make_label("contacts", "deals", "Boss")
    admin_client.post(LABELS, {"_selected_action": [label.pk], "action": "archive"})
    AssociationLabel.objects.filter(pk=label.pk).update(name="old")
    make_label("contacts", "deals", "Boss")

    response = admin_client.post(
        f"{LABELS}?archived=yes", {"_selected_action": [label.pk], "action": "restore"}, follow=True
    )

    assert "Another label has this word." in response.text
    label.refresh_from_db()
    assert label.archived_at


def test_labels_change_places(admin_client):
    one, two, three = (make_label("contacts", "deals", name) for name in ("One", "Two", "Three"))
    for place, label in enumerate((one, two, three), 1):
        AssociationLabel.objects.filter(pk=label.pk).update(position=place)

    def order() -> list[str]:
        return [str(label) for label in shown(admin_client.get(f"{LABELS}?pair=contacts.deals"))]

    admin_client.post(LABELS, {"_selected_action": [two.pk, three.pk], "action": "move_up"})
    assert order() == ["Two", "Three", "One"]
    admin_client.post(LABELS, {"_selected_action": [two.pk, three.pk], "action": "move_down"})
    assert order() == ["One", "Two", "Three"]


def test_a_label_in_use_is_offered_to_be_archived_and_another_is_deleted(admin_client):
    used, free = make_label("contacts", "deals", "Used"), make_label("companies", "deals", "Free")
    labelled(ContactFactory(), DealFactory())

    response = admin_client.post(f"{LABELS}{used.pk}/delete/", {"post": "yes"}, follow=True)
    assert "can only be archived" in response.text
    assert 'name="_archive"' in response.text
    assert "Free" in admin_client.get(f"{LABELS}{free.pk}/delete/").text
    admin_client.post(f"{LABELS}{free.pk}/delete/", {"post": "yes"})

    assert list(AssociationLabel.objects.filter(is_primary=False)) == [used]
    assert "delete_selected" not in admin_client.get(LABELS).text


def test_nobody_changes_primary(admin_client):
    primary = AssociationLabel.objects.filter(is_primary=True).first()
    url = f"{LABELS}{primary.pk}"

    assert admin_client.get(f"{url}/change/").status_code == 200
    assert admin_client.post(f"{url}/change/", {"label": "First"}).status_code == 403
    assert admin_client.post(f"{url}/delete/", {"post": "yes"}).status_code == 403
    response = admin_client.post(LABELS, {"_selected_action": [primary.pk], "action": "archive"}, follow=True)
    assert "belongs to Kith" in response.text


def test_the_list_of_labels_says_how_many_associations_carry_each(admin_client):
    label = make_label("contacts", "deals", "Boss")
    deal = DealFactory()
    for contact in ContactFactory.create_batch(2):
        labelled(contact, deal)

    text = admin_client.get(LABELS).text

    link = f"/admin/associations/association/?pair=contacts.deals&amp;label={label.pk}"
    assert f'<a href="{link}">2</a>' in text
    assert len(shown(admin_client.get(link.replace("&amp;", "&")))) == 2


def test_the_list_of_labels_takes_as_many_queries_for_many_as_for_few(admin_client):
    make_label("contacts", "deals", "Boss")
    few = queries(admin_client, LABELS)
    for number in range(20):
        make_label("contacts", "deals", f"Label {number}")
    assert queries(admin_client, LABELS) == few <= 8


# --- Limits ---------------------------------------------------------------------------------------


def test_a_raised_limit_lets_a_contact_have_two_companies(admin_client):
    limit = AssociationLimit.objects.get()

    assert "Each contact: at most 1 company" in admin_client.get(LIMITS).text
    admin_client.post(f"{LIMITS}{limit.pk}/change/", {"maximum": 2})

    companies = CompanyFactory.create_batch(2)
    report = services.associate(ContactFactory(), [company.pk for company in companies], by=by())
    assert len(report.associated) == 2


@pytest.mark.parametrize("maximum", ["0", "", "x", "-1", "9" * 12])
def test_what_is_no_limit_is_refused(admin_client, maximum):
    limit = AssociationLimit.objects.get()

    response = admin_client.post(f"{LIMITS}{limit.pk}/change/", {"maximum": maximum})

    assert "maximum" in errors(response)


def test_a_limit_of_a_label_is_set_for_one_way_and_never_above_that_of_its_types(admin_client):
    contacts, deals = type_id("contacts"), type_id("deals")
    label = make_label("contacts", "deals", "Project", "Boss")
    new = {"from_type": deals, "to_type": contacts, "word": f"{deals}-{contacts}:{label.pk}i", "maximum": 3}

    assert "Boss" in admin_client.get(f"{LIMITS}add/").text
    assert admin_client.post(f"{LIMITS}add/", new).status_code == 302
    limit = AssociationLimit.objects.get(label=label)
    assert (limit.from_type_id, limit.inverse, limit.maximum) == (deals, True, 3)
    assert "Each deal: at most 3 contacts as “Boss”" in admin_client.get(LIMITS).text

    twice = admin_client.post(f"{LIMITS}add/", new)
    assert "There is a limit already" in errors(twice)["maximum"]
    whole = {"from_type": deals, "to_type": contacts, "word": "", "maximum": 2}
    assert "“Boss” may stand for 3" in errors(admin_client.post(f"{LIMITS}add/", whole))["maximum"]
    assert admin_client.post(f"{LIMITS}add/", {**whole, "maximum": 4}).status_code == 302
    above = admin_client.post(f"{LIMITS}{limit.pk}/change/", {"maximum": 5})
    assert "From 1 to 4" in errors(above)["maximum"]
    other = admin_client.post(f"{LIMITS}add/", {**new, "to_type": type_id("companies")})
    assert "do not have this label" in errors(other)["word"]


def test_a_lowered_limit_says_which_records_are_above_it(admin_client):
    make_limit("contacts", "companies", 5)
    limit = AssociationLimit.objects.get()
    ada = ContactFactory(firstname="Ada", lastname="L")
    services.associate(ada, [company.pk for company in CompanyFactory.create_batch(3)], by=by())
    url = f"{LIMITS}{limit.pk}/change/"

    assert "Ada L" not in admin_client.get(url).text
    response = admin_client.post(url, {"maximum": 2, "_continue": "1"}, follow=True)

    assert "1 record has more than this limit allows." in response.text
    assert f'href="/admin/records/contact/{ada.pk}/change/">Ada L</a> (3)' in response.text


def test_limits_are_taken_away(admin_client):
    limit = AssociationLimit.objects.get()
    make_limit("deals", "contacts", 2)

    admin_client.post(f"{LIMITS}{limit.pk}/delete/", {"post": "yes"})
    rest = list(AssociationLimit.objects.values_list("pk", flat=True))
    admin_client.post(LIMITS, {"action": "delete_selected", "_selected_action": rest, "post": "yes"})

    assert len(rest) == 1
    assert not AssociationLimit.objects.exists()


def test_the_list_of_limits_takes_as_many_queries_for_many_as_for_few(admin_client):
    few = queries(admin_client, LIMITS)
    for number in range(15):
        make_limit("contacts", "deals", 2, make_label("contacts", "deals", f"Label {number}"))
    assert queries(admin_client, LIMITS) == few <= 7


# --- Events and what carries a label ----------------------------------------------------------------


def test_events_are_found_by_record_action_types_label_and_origin(admin_client):
    ada, deal = ContactFactory(firstname="Ada", lastname="Lovelace"), DealFactory(dealname="Engine")
    label = make_label("contacts", "deals", "Boss")
    labelled(ada, deal)
    services.associate(ContactFactory(), [CompanyFactory().pk], by=by())
    services.dissociate(ada, [deal.pk], by=by())

    def actions(query: str) -> list[str]:
        return [event.action for event in shown(admin_client.get(f"{EVENTS}?{query}"))]

    whole = ["removed", "unlabelled", "labelled", "added"]
    assert actions("q=lovel") == actions(f"record={deal.pk}") == actions("pair=deals.contacts") == whole
    assert actions(f"label={label.pk}") == ["unlabelled", "labelled"]
    assert actions("action__exact=removed") == ["removed"]
    assert actions("change__origin__exact=admin") == []
    assert len(actions("change__origin__exact=page")) == AssociationEvent.objects.count()


def test_events_and_carried_labels_are_only_looked_at(admin_client):
    make_label("contacts", "deals", "Boss", "Project")
    labelled(ContactFactory(), DealFactory())

    for url, row in ((EVENTS, AssociationEvent.objects.first()), (CARRIED, Labelling.objects.first())):
        page = f"{url}{row.pk}/"
        assert "Boss" in admin_client.get(url).text
        assert admin_client.get(f"{page}change/").status_code == 200
        for path in (f"{url}add/", f"{page}change/", f"{page}delete/"):
            assert admin_client.post(path, {"post": "yes"}).status_code == 403
        admin_client.post(url, {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"})
    assert (AssociationEvent.objects.count(), Labelling.objects.count()) == (2, 1)


@pytest.mark.parametrize("url", [EVENTS, CARRIED])
def test_the_lists_of_them_take_as_many_queries_for_many_as_for_few(admin_client, url):
    make_label("contacts", "deals", "Boss")
    deal = DealFactory()

    def grow(number: int) -> None:
        for contact in ContactFactory.create_batch(number):
            labelled(contact, deal)

    grow(2)
    few = queries(admin_client, url)
    grow(20)
    assert queries(admin_client, url) == few <= 10


def test_an_event_of_an_archived_record_says_so(admin_client):
    ada = ContactFactory(firstname="Ada", lastname="L")
    services.associate(ada, [DealFactory().pk], by=by())
    archive_records([ada.pk], by=by())

    assert "Ada L (archived)" in admin_client.get(EVENTS).text


# --- Permissions ----------------------------------------------------------------------------------


def test_who_may_only_look_changes_nothing(looking):
    label, limit = make_label("contacts", "deals", "Boss"), AssociationLimit.objects.get()
    labelled(ContactFactory(), DealFactory())

    for url, row in ((LABELS, label), (LIMITS, limit)):
        assert looking.get(url).status_code == looking.get(f"{url}{row.pk}/change/").status_code == 200
        assert 'name="_archive"' not in looking.get(f"{url}{row.pk}/change/").text
        for path in ("add/", f"{row.pk}/change/", f"{row.pk}/delete/"):
            assert looking.post(f"{url}{path}", {"post": "yes", "maximum": 9}).status_code == 403
    for action in ("archive", "move_up", "delete_selected"):
        looking.post(LABELS, {"action": action, "_selected_action": [label.pk], "post": "yes"})
    label.refresh_from_db()
    assert label.archived_at is None
    assert Association.objects.count() == 1
