"""A large change is undone in the background."""

import pytest
from django.urls import reverse

from records import jobs, undo_jobs
from records.models import Contact, Job
from records.provenance import By, Origin
from records.services import update_record
from tests.factories import by
from tests.records.jobs.kinds import Create

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def soon_large(monkeypatch):
    monkeypatch.setattr(undo_jobs, "LARGE", 3)


def test_much_is_undone_by_a_job_which_says_what_stays(signed_in, user):
    done = jobs.start(Create, by=By(user, Origin.LIST), ids=range(1, 6))
    update_record(Contact.objects.get(firstname="2"), {"lastname": "Kept"}, by=by())
    address = reverse("history:undo", args=[done.change_id])
    assert "in the background" in signed_in.get(address).content.decode()

    response = signed_in.post(address)

    job = Job.objects.get(kind="undo")
    assert response.url == job.get_absolute_url()
    assert (job.state, job.counts, job.error_count) == ("done", {"archived": 4}, 1)
    assert job.change.undoes_id == done.change_id
    assert Contact.objects.live().get().firstname == "2"
    page = signed_in.get(job.get_absolute_url()).content.decode()
    assert "has been worked on" in page
    again = signed_in.post(address, follow=True).content.decode()
    assert "undone already" in again


def test_little_is_shown_beforehand(signed_in, user):
    done = jobs.start(Create, by=By(user, Origin.LIST), ids=[1, 2])

    page = signed_in.get(reverse("history:undo", args=[done.change_id])).content.decode()

    assert "2 records are archived." in page
