"""Saved views: a list's address under a name, private or shared, pinned as tabs."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.auth.models import Group
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from records import schema
from records.models import Property, SavedView
from records.saved_views import LONGEST_QUERY
from tests.factories import DealFactory, UserFactory

pytestmark = pytest.mark.django_db
DEALS = "/records/deals/"
VIEWS = f"{DEALS}views/"
HTMX = {"HX-Request": "true"}


def saved(owner, name="Big deals", query="amount__gt=1000", type_name="deals", **options) -> SavedView:
    kind = schema.current().type(type_name)
    return SavedView.objects.create(object_type=kind, owner=owner, name=name, query=query, **options)


def new(**values: str) -> dict[str, str]:
    return {f"view-{name}": value for name, value in {"visibility": "private", **values}.items()}


def tabs(text: str) -> list[str]:
    nav = re.search(r'<nav class="tabs views__tabs".*?</nav>', text, re.S)[0]
    return re.findall(r">([^<>]+)</(?:a|span)>", nav)


def pins(user) -> list[int]:
    user.refresh_from_db()
    return user.preferences.get("pinned_views", {}).get("deals", [])


@pytest.fixture
def other(client):
    return UserFactory(username="other")


@pytest.fixture
def as_other(other):
    from django.test import Client

    client = Client()
    client.force_login(other)
    return client


# --- Saving and opening -------------------------------------------------------------------------------


def test_a_view_keeps_all_that_the_address_says_but_the_page(signed_in, user):
    query = "q=engine&amount__gt=5&or2.contacts.count__eq=0&columns=amount&columns=dealtype"
    query += "&sort=-amount&per_page=50&view=board"
    passing = "&after=xyz&count=exact&edit_filter=amount&filter-operator=gt&add_filter=or1&find=a&created=1"

    response = signed_in.post(f"{VIEWS}new/", new(name="  Fresh   deals ", query=query + passing))

    view = SavedView.objects.get()
    assert (view.name, view.owner, view.visibility) == ("Fresh deals", user, "private")
    assert parse_qs(view.query) == parse_qs(query)
    assert parse_qs(urlsplit(response["Location"]).query) == {**parse_qs(query), "view_id": [str(view.pk)]}
    assert pins(user) == [view.pk]


def test_an_opened_view_is_its_tab_and_shows_its_records(signed_in, user):
    DealFactory(dealname="Small", amount=1)
    DealFactory(dealname="Large", amount=5000)
    view = saved(user)

    opened = signed_in.get(f"{VIEWS}{view.pk}/", follow=True)

    assert opened.redirect_chain == [(f"{DEALS}?amount__gt=1000&view_id={view.pk}", 302)]
    assert tabs(opened.text) == ["All deals", "Big deals"]
    assert "Large" in opened.text
    assert "Small" not in opened.text
    assert "Save changes" not in opened.text
    assert "Save view" not in opened.text


def test_what_differs_from_the_open_view_can_be_saved_or_taken_back(signed_in, user):
    view = saved(user)
    changed = f"{DEALS}?amount__gt=1000&sort=-amount&view_id={view.pk}"

    text = signed_in.get(changed).text
    for offered in ("Save changes", "Save as new", "Reset"):
        assert offered in text
    assert f'href="{DEALS}?amount__gt=1000&amp;view_id={view.pk}">Reset' in text

    response = signed_in.post(f"{VIEWS}{view.pk}/save/", {"query": "amount__gt=1000&sort=-amount&after=x"})
    view.refresh_from_db()
    assert view.query == "amount__gt=1000&sort=-amount"
    assert response["Location"] == f"{DEALS}?amount__gt=1000&sort=-amount&view_id={view.pk}"
    assert "Save changes" not in signed_in.get(response["Location"]).text


def test_the_order_of_parameters_and_the_page_are_no_change(signed_in, user):
    view = saved(user, query="amount__gt=1000&sort=-amount")

    text = signed_in.get(f"{DEALS}?view_id={view.pk}&sort=-amount&amount__gt=1000&q=&count=exact").text

    assert "Save changes" not in text


def test_the_whole_list_is_nothing_to_save_and_a_filtered_one_is(signed_in):
    assert "Save view" not in signed_in.get(DEALS).text
    assert "Save view" in signed_in.get(f"{DEALS}?amount__gt=1").text


def test_htmx_gets_the_tabs_with_the_list(signed_in, user):
    view = saved(user)
    headers = {**HTMX, "HX-Target": "list"}

    text = signed_in.get(f"{DEALS}?amount__gt=9&view_id={view.pk}", headers=headers).text

    assert '<div class="views" id="views" hx-swap-oob="true">' in text
    assert "Save changes" in text


def test_searching_and_paging_stay_in_the_view(signed_in, user):
    view = saved(user)
    text = signed_in.get(f"{DEALS}?amount__gt=1000&view_id={view.pk}").text
    assert f'<input type="hidden" name="view_id" value="{view.pk}" form="list-search">' in text


def test_a_view_on_what_was_archived_opens_and_says_what_it_leaves_out(signed_in, user):
    DealFactory(dealname="Engine")
    view = saved(user, query="hs_priority__in=high&companies.gone__is=1&columns=hs_priority&sort=hs_priority")
    Property.objects.filter(object_type__name="deals", name="hs_priority").update(archived_at=timezone.now())
    schema.data_model_changed()

    text = signed_in.get(f"{VIEWS}{view.pk}/", follow=True).text

    assert "Engine" in text
    assert "Left out, because it does not exist: Priority, companies.gone__is" in text


# --- Names --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"name": ""}, "This field is required."),
        ({"name": "x" * 101}, "Ensure this value has at most 100 characters"),
        ({"name": "BIG deals"}, "There is already a view of this name."),
        ({"name": "New", "visibility": "nobody"}, "Select a valid choice."),
        ({"name": "New", "query": "a" * (LONGEST_QUERY + 1)}, "too long to be saved"),
    ],
)
def test_a_refused_view_comes_back_with_what_was_typed(signed_in, user, values, message):
    saved(user)

    response = signed_in.post(f"{VIEWS}new/", new(**{"query": "sort=amount", **values}))

    assert response.status_code == 422
    assert message in response.text
    assert f'value="{values["name"]}"' in response.text or not values["name"]
    assert 'name="view-query"' in response.text
    assert SavedView.objects.count() == 1


def test_a_name_is_free_for_other_types_and_other_owners(signed_in, user, other):
    saved(other)
    saved(user, type_name="contacts")

    assert signed_in.post(f"{VIEWS}new/", new(name="Big deals")).status_code == 302
    with pytest.raises(IntegrityError):
        saved(user)


def test_two_who_save_the_same_name_at_once(signed_in, user, monkeypatch):
    saved(user)
    monkeypatch.setattr("records.saved_views.SavedViewForm.clean_name", lambda form: "Big deals")

    response = signed_in.post(f"{VIEWS}new/", new(name="Big deals"))

    assert response.status_code == 422
    assert "There is already a view of this name." in response.text


# --- Who may what -------------------------------------------------------------------------------------


@pytest.fixture
def team(user):
    team = Group.objects.create(name="Sales")
    user.groups.add(team)
    return team


def test_a_private_view_is_its_owners_alone(as_other, user):
    view = saved(user)

    assert as_other.get(f"{VIEWS}{view.pk}/").status_code == 404
    assert "Big deals" not in as_other.get(VIEWS).text
    opened = as_other.get(f"{DEALS}?amount__gt=1000&view_id={view.pk}")
    assert opened.status_code == 200
    assert "Big deals" not in opened.text
    assert "does not exist, or is not shared with you" in opened.text


def test_a_teams_view_is_for_its_members(signed_in, as_other, user, other, team):
    answer = signed_in.post(
        f"{VIEWS}new/", new(name="Team's", query="amount__gt=1", visibility="team", team=str(team.pk))
    )
    view = SavedView.objects.get()
    assert answer.status_code == 302
    assert (view.visibility, view.team) == ("team", team)

    assert as_other.get(f"{VIEWS}{view.pk}/").status_code == 404
    other.groups.add(team)
    assert as_other.get(f"{VIEWS}{view.pk}/").status_code == 302
    assert "Sales" in as_other.get(VIEWS).text


def test_a_team_is_needed_and_must_be_ones_own(signed_in, team):
    foreign = Group.objects.create(name="Board")
    asked = signed_in.post(f"{VIEWS}new/", new(name="x", visibility="team"))
    assert asked.status_code == 422
    assert "Choose a team." in asked.text
    response = signed_in.post(f"{VIEWS}new/", new(name="x", visibility="team", team=str(foreign.pk)))
    assert response.status_code == 422
    assert "Board" not in signed_in.get(f"{VIEWS}new/").text
    assert not SavedView.objects.exists()


def test_whoever_is_in_no_team_is_not_asked_for_one(signed_in):
    text = signed_in.get(f"{VIEWS}new/").text
    assert "A team" not in text
    assert signed_in.post(f"{VIEWS}new/", new(name="x", visibility="team")).status_code == 422


def test_a_shared_view_is_opened_by_all_and_changed_by_owner_and_administrators(as_other, user, other):
    view = saved(user, visibility="everyone")

    assert as_other.get(f"{VIEWS}{view.pk}/").status_code == 302
    text = as_other.get(f"{DEALS}?amount__gt=5&view_id={view.pk}").text
    assert "Save changes" not in text
    assert "Save as new" in text
    for action, values in (("save", {"query": ""}), ("delete", {}), ("edit", new(name="Mine"))):
        assert as_other.post(f"{VIEWS}{view.pk}/{action}/", values).status_code == 403
    assert as_other.get(f"{VIEWS}{view.pk}/edit/").status_code == 403
    view.refresh_from_db()
    assert (view.name, view.query) == ("Big deals", "amount__gt=1000")

    other.is_staff = True
    other.save()
    assert as_other.post(f"{VIEWS}{view.pk}/edit/", new(name="Huge deals")).status_code == 302
    view.refresh_from_db()
    assert (view.name, view.visibility, view.owner) == ("Huge deals", "private", user)


def test_a_view_is_deleted_after_a_question(signed_in, user):
    view = saved(user)
    assert "goes, for everybody who may open it" in signed_in.get(f"{VIEWS}{view.pk}/delete/").text
    assert SavedView.objects.exists()
    assert signed_in.post(f"{VIEWS}{view.pk}/delete/").status_code == 302
    assert not SavedView.objects.exists()


def test_when_a_user_is_deleted_what_others_see_stays(signed_in, user, other):
    saved(other, "Private")
    shared = saved(other, "Shared", visibility="everyone")
    signed_in.post(f"{VIEWS}{shared.pk}/pin/", {"pin": ""})

    other.delete()

    assert list(SavedView.objects.values_list("name", "owner")) == [("Shared", None)]
    assert tabs(signed_in.get(DEALS).text) == ["All deals", "Shared"]
    assert "Nobody" in signed_in.get(VIEWS).text


def test_a_view_of_another_type_is_not_found(signed_in, user):
    view = saved(user, type_name="contacts")
    for action in ("", "edit/", "delete/"):
        assert signed_in.get(f"{VIEWS}{view.pk}/{action}").status_code == 404
    assert "does not exist" in signed_in.get(f"{DEALS}?view_id={view.pk}").text


@pytest.mark.parametrize("pk", ["999", "9" * 25])
def test_no_such_view(signed_in, pk):
    assert signed_in.get(f"{VIEWS}{pk}/").status_code == 404
    assert signed_in.post(f"{VIEWS}{pk}/pin/", {"pin": ""}).status_code == 404


def test_looking_at_an_address_changes_nothing(signed_in, user):
    view = saved(user)
    for action in ("save", "pin"):
        assert signed_in.get(f"{VIEWS}{view.pk}/{action}/").status_code == 405


# --- Pins ---------------------------------------------------------------------------------------------


def test_views_are_pinned_ordered_and_unpinned_by_each_user(signed_in, as_other, user, other):
    one, two, three = (saved(user, name, visibility="everyone") for name in ("One", "Two", "Three"))
    for view in (one, two, three):
        signed_in.post(f"{VIEWS}{view.pk}/pin/", {"pin": ""})
    assert tabs(signed_in.get(DEALS).text) == ["All deals", "One", "Two", "Three"]
    signed_in.post(f"{VIEWS}{three.pk}/pin/", {"up": ""})
    signed_in.post(f"{VIEWS}{one.pk}/pin/", {"down": ""})
    assert pins(user) == [three.pk, one.pk, two.pk]
    signed_in.post(f"{VIEWS}{three.pk}/pin/", {"up": ""})  # the first stays
    signed_in.post(f"{VIEWS}{one.pk}/pin/", {"unpin": ""})
    assert pins(user) == [three.pk, two.pk]
    assert pins(other) == []
    assert tabs(as_other.get(DEALS).text) == ["All deals"]


def test_a_pinned_view_that_is_gone_or_closed_is_no_tab(signed_in, user, other):
    gone, closed, mine = saved(other, "Gone"), saved(other, "Closed"), saved(user, "Mine")
    user.prefer("pinned_views", {"deals": [gone.pk, closed.pk, mine.pk, 999]})
    gone.delete()

    assert tabs(signed_in.get(DEALS).text) == ["All deals", "Mine"]
    signed_in.post(f"{VIEWS}{mine.pk}/pin/", {"up": ""})
    assert pins(user) == [mine.pk]


def test_in_the_panel_pinning_shows_the_panel_and_the_tabs_anew(signed_in, user):
    view = saved(user)
    headers = {**HTMX, "HX-Current-URL": f"http://testserver{DEALS}?amount__gt=5"}

    text = signed_in.post(f"{VIEWS}{view.pk}/pin/", {"pin": ""}, headers=headers).text

    assert "Unpin" in text
    assert tabs(text) == ["All deals", "Big deals"]
    assert "Save view" in text


@pytest.mark.parametrize("name", ["views", "new", "x" * 100, "<script>alert(1)</script>", "売上 🙂", "a&b=c"])
def test_names_of_any_kind(signed_in, user, name):
    signed_in.post(f"{VIEWS}new/", new(name=name, query="dealname__contains=%26%3D%3C"))
    view = SavedView.objects.get()
    assert view.name == name
    text = signed_in.get(f"{VIEWS}{view.pk}/", follow=True).text
    assert "<script>alert" not in text
    assert "Save changes" not in text


def test_the_number_of_queries_is_the_same_with_one_and_with_fifty_views(signed_in, user, other):
    team = Group.objects.create(name="Sales")

    def queries(url: str) -> int:
        schema.current()
        with CaptureQueriesContext(connection) as captured:
            assert signed_in.get(url).status_code == 200
        return len(captured)

    def grow(number: int) -> None:
        for _one in range(number):
            view = saved(other, f"View {SavedView.objects.count()}", visibility="everyone")
            saved(user, f"Mine {SavedView.objects.count()}", visibility="team", team=team)
            signed_in.post(f"{VIEWS}{view.pk}/pin/", {"pin": ""})

    without = queries(DEALS)
    grow(1)
    few = queries(DEALS), queries(VIEWS)
    grow(49)
    assert (queries(DEALS), queries(VIEWS)) == few
    assert few == (without + 1, 5)


def test_administrators_read_the_views_in_the_admin(admin_client, user):
    view = saved(user)
    listed = admin_client.get("/admin/records/savedview/")
    assert "Big deals" in listed.text
    page = admin_client.get(f"/admin/records/savedview/{view.pk}/change/")
    assert page.status_code == 200
    assert 'name="_save"' not in page.text
    assert admin_client.post(f"/admin/records/savedview/{view.pk}/delete/").status_code == 403
