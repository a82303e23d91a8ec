"""How are these two related? A page with a search for the other record, and the paths to it."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from associations import paths, services
from associations.models import Association, Labelling
from records import schema
from records.models import Record
from records.services import archive_records
from tests.factories import CompanyFactory, ContactFactory, DealFactory, by, make_label

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


def url(record, **query) -> str:
    way = "&".join(f"{name}={value}" for name, value in query.items())
    return f"/records/{record.kind.name}/{record.pk}/related/" + (f"?{way}" if way else "")


def told(text: str) -> list[str]:
    """Return each path as the words that it says."""
    return [
        " ".join(re.sub(r"<[^>]+>", " ", path).split())
        for path in re.findall(r'<ol class="path".*?</ol>', text, re.S)
    ]


@pytest.fixture
def ada():
    return ContactFactory(firstname="Ada", lastname="Byron", email="ada@example.com")


@pytest.fixture
def deal(ada):
    """A deal of Ada's manager."""
    deal, boss = DealFactory(dealname="Engine"), ContactFactory(firstname="Boss", lastname="")
    services.associate(ada, [boss.pk], by=by())
    services.associate(deal, [boss.pk], by=by())
    label = make_label("contacts", "contacts", "Manager", "Employee")
    association = Association.objects.get(record_a=ada.pk, record_b=boss.pk)
    Labelling.objects.create(association=association, label=label, from_record=ada, to_record=boss)
    return deal


def test_the_record_page_and_its_picture_lead_there(signed_in, ada):
    text = signed_in.get(f"{ada.get_absolute_url()}?tab=associations").text

    assert text.count(f'href="{url(ada)}"') == 2
    assert f'href="{url(ada)}"' in signed_in.get(ada.get_absolute_url()).text


def test_the_search_finds_records_of_all_types_but_not_the_record_itself(signed_in, ada, deal):
    text = signed_in.get(url(ada, q="a")).text

    assert f'href="?to={ada.pk}"' not in text
    assert f'href="?to={deal.pk}"' in signed_in.get(url(ada, q="engine")).text
    boss = Record.objects.get(display_name="Boss")
    assert f'href="?to={boss.pk}"' in signed_in.get(url(ada, q="boss")).text


def test_while_one_types_only_the_results_come_back(signed_in, ada, deal):
    text = signed_in.get(url(ada, q="engine"), headers={**HTMX, "HX-Target": "related-results"}).text

    assert "<html" not in text
    assert f'href="?to={deal.pk}"' in text
    assert "Nothing found for “zz”." in signed_in.get(url(ada, q="zz")).text


def test_the_path_stands_there_with_labels_on_its_links(signed_in, ada, deal):
    text = signed_in.get(url(ada, to=deal.pk)).text
    (back,) = told(signed_in.get(url(deal, to=ada.pk)).text)

    assert "They are 2 steps apart." in text
    assert told(text) == ["AB Ada Byron Contact Manager B Boss Contact Engine Deal"]
    assert back == "Engine Deal B Boss Contact Employee AB Ada Byron Contact"


def test_associated_records_are_said_to_be(signed_in, ada, deal):
    boss = Record.objects.get(display_name="Boss")

    assert "They are associated with each other." in signed_in.get(url(ada, to=boss.pk)).text


def test_where_there_is_no_path_it_says_how_far_it_looked(signed_in, ada):
    text = signed_in.get(url(ada, to=DealFactory().pk)).text

    assert "No path of up to 6 steps leads from one to the other." in text
    assert told(text) == []


def test_what_was_left_out_is_said(signed_in, ada, monkeypatch):
    monkeypatch.setattr(paths, "FOLLOWED", 2)
    company, other, last = CompanyFactory(), CompanyFactory(), DealFactory()
    middle = DealFactory()
    services.associate(company, [ada.pk, middle.pk, DealFactory().pk], by=by())
    services.associate(other, [last.pk, middle.pk, DealFactory().pk], by=by())

    text = signed_in.get(url(ada, to=last.pk)).text

    assert "No path was found." in text
    assert "2 records with more than 2 associations were not followed" in text


@pytest.mark.parametrize("to", ["999999999", "9" * 30, "x", "-1", "٣"])
def test_what_is_no_record_is_said_and_the_search_stays(signed_in, ada, to):
    response = signed_in.get(url(ada, to=to))

    assert response.status_code == 404
    assert "This record does not exist, or has been archived." in response.text
    assert 'id="related-q"' in response.text


def test_an_archived_record_has_no_path(signed_in, ada, deal):
    archive_records([deal.pk], by=by())

    response = signed_in.get(url(ada, to=deal.pk))

    assert response.status_code == 404
    assert "Engine" not in response.text


def test_a_merged_record_leads_to_its_survivor(signed_in, ada, deal):
    old = DealFactory()
    archive_records([old.pk], by=by())
    Record.objects.filter(pk=old.pk).update(merged_into=deal)

    assert signed_in.get(url(ada, to=old.pk))["Location"] == url(ada, to=deal.pk)


def test_a_record_is_not_related_to_itself(signed_in, ada):
    response = signed_in.get(url(ada, to=ada.pk))

    assert response.status_code == 422
    assert "These are one and the same record." in response.text


def test_markup_in_names_is_text(signed_in, ada):
    bad = CompanyFactory(name="<script>alert(1)</script>", domain="")
    services.associate(bad, [ada.pk], by=by())

    assert "<script>alert" not in signed_in.get(url(ada, to=bad.pk)).text


def test_it_needs_a_user_who_is_signed_in(client, ada):
    assert client.get(url(ada)).status_code == 302


def test_the_number_of_queries_of_the_page_is_the_same_for_few_and_for_many(signed_in, ada):
    """Session, user, data model, record, tasks; the other; both ends; two steps (three); the page (three)."""

    def queries(width: int) -> int:
        other = DealFactory()
        for middle in DealFactory.create_batch(width):
            services.associate(middle, [ada.pk, other.pk], by=by())
        schema.current()
        with CaptureQueriesContext(connection) as captured:
            assert "2 steps apart" in signed_in.get(url(ada, to=other.pk)).text
        return len(captured)

    assert (queries(1), queries(20)) == (14, 14)
