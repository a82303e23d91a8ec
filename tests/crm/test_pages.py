"""The site as a whole: who sees its pages, the style guide, and what is shown when something is wrong."""

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from crm.styleguide import token_groups
from tests.factories import DealFactory

OPEN = {"/accounts/login/", "/accounts/logout/", "/favicon.ico", "/calendar/1-secret.ics"}
HTMX = {"HX-Request": "true"}


def addresses(patterns=None, prefix: str = "/"):
    """Yield an address for every pattern of the site's own."""
    for pattern in patterns if patterns is not None else get_resolver().url_patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            if pattern.app_name != "admin":
                yield from addresses(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern):
            for converter, value in (
                ("<int:pk>", "1"),
                ("<int:other_pk>", "2"),
                ("<int:activity_pk>", "2"),
                ("<int:attachment_pk>", "2"),
                ("<slug:activity_type>", "notes"),
                ("<str:name>", "a.txt"),
                ("<slug:type_name>", "deals"),
                ("<slug:other_type>", "contacts"),
                ("<slug:name>", "amount"),
                ("<slug:key>", "deals"),
                ("<str:token>", "1-secret"),
                ("<int:file>", "0"),
                ("<int:place>", "0"),
                ("<slug:alias>", "contacts"),
            ):
                route = route.replace(converter, value)
            yield route


@pytest.mark.django_db
def test_every_page_asks_to_sign_in(client):
    asked = list(addresses())
    assert len(asked) > 15
    for address in asked:
        if address in OPEN:
            continue
        for method in (client.get, client.post):
            response = method(address)
            assert response.status_code == 302, address
            assert response["Location"].startswith("/accounts/login/?next="), address


def test_after_the_session_ended_htmx_is_told_to_leave_the_page(client, db):
    response = client.get(
        "/accounts/login/?next=/records/deals/1/properties/amount/",
        headers={**HTMX, "HX-Current-URL": "http://testserver/records/deals/1/?tab=activities"},
    )
    assert response["HX-Redirect"] == "/accounts/login/?next=%2Frecords%2Fdeals%2F1%2F%3Ftab%3Dactivities"


def test_the_style_guide_shows_the_tokens_and_the_real_parts(signed_in):
    text = signed_in.get("/styleguide/").text

    groups = {group.title: group for group in token_groups()}
    assert "--accent-soft" in groups["Accent"].names
    assert {group.shown_as for group in groups.values()} >= {"colour", "space", "text", "radius"}
    for group in groups.values():
        assert all(f"<code>{name}</code>" in text for name in group.names)
    for part in ("section-contacts", "picker-results", "property-dealname", "stages", "highlights", "rows"):
        assert f'id="{part}"' in text


def test_the_style_guide_costs_no_more_queries_with_more_records(signed_in, django_assert_max_num_queries):
    DealFactory.create_batch(3)
    signed_in.get("/styleguide/")
    with django_assert_max_num_queries(8):
        signed_in.get("/styleguide/")


def test_a_page_that_does_not_exist_says_so_on_a_page_of_ours(signed_in):
    response = signed_in.get("/records/contacts/999/")
    assert response.status_code == 404
    assert "<h1>Nothing here</h1>" in response.text
    assert "This record does not exist, or has been archived." in response.text
    assert "There is no page at this address." in signed_in.get("/nowhere/").text


def test_to_htmx_a_problem_is_a_toast_that_replaces_nothing(signed_in):
    response = signed_in.get("/records/contacts/999/properties/email/", headers=HTMX)
    assert response.status_code == 404
    assert response["HX-Reswap"] == "none"
    assert 'hx-swap-oob="beforeend:#toasts"' in response.text
    assert "<h1>" not in response.text


def test_a_forged_form_is_refused_on_a_page_of_ours(signed_in):
    signed_in.handler.enforce_csrf_checks = True
    response = signed_in.post("/accounts/theme/", {"theme": "dark"})
    assert response.status_code == 403
    assert "This form is out of date" in response.text


def test_a_failure_of_ours_says_so(signed_in, monkeypatch):
    monkeypatch.setattr("crm.views.ranked_by_type", lambda *_: 1 / 0)
    signed_in.raise_request_exception = False
    response = signed_in.get("/search/?q=ada")
    assert response.status_code == 500
    assert "Something went wrong on our side" in response.text


def test_the_theme_that_one_chose_is_on_every_page(signed_in, user):
    signed_in.post("/accounts/theme/", {"theme": "dark", "next": "/search/"})
    assert 'data-theme="dark"' in signed_in.get("/search/").text
    response = signed_in.post("/accounts/theme/", {"theme": ""}, headers=HTMX)
    assert response["HX-Refresh"] == "true"
    assert "data-theme" not in signed_in.get("/search/").text.partition("<head>")[0]
    assert signed_in.post("/accounts/theme/", {"next": "https://evil.example"})["Location"] == "/"


def test_a_request_to_a_host_of_another_name_is_refused(client):
    response = client.get("/records/contacts/", headers={"host": "elsewhere.example"})

    assert response.status_code == 400
    assert "makes no sense" in response.text
