"""The pages of jobs."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from records import jobs
from records.models import Contact, Job
from records.provenance import By, Origin
from tests.factories import UserFactory
from tests.records.jobs.kinds import Create, Read

pytestmark = pytest.mark.django_db


def run(user, **options):
    return jobs.start(Create, by=By(user, Origin.LIST), **options)


def test_a_job_is_seen_by_who_started_it_and_by_administrators(client, signed_in, user, admin_user):
    job = run(user, ids=[1], summary="One contact")
    assert "One contact" in signed_in.get(reverse("jobs:list")).content.decode()
    assert "One contact" in signed_in.get(job.get_absolute_url()).content.decode()

    client.force_login(UserFactory())
    for name in ("job", "errors", "result", "source"):
        assert client.get(reverse(f"jobs:{name}", args=[job.pk])).status_code == 404
    assert client.post(reverse("jobs:cancel", args=[job.pk])).status_code == 404
    assert "One contact" not in client.get(reverse("jobs:list")).content.decode()
    client.force_login(admin_user)
    assert client.get(job.get_absolute_url()).status_code == 200


def test_a_page_asks_again_until_the_job_has_ended(signed_in, user, settings):
    settings.JOBS_IMMEDIATE = False
    job = run(user, ids=[1])
    assert 'hx-trigger="every 1s"' in signed_in.get(job.get_absolute_url()).content.decode()
    assert signed_in.get(job.get_absolute_url(), headers={"HX-Request": "true"}).status_code == 200

    jobs.run_job(job)

    polled = signed_in.get(job.get_absolute_url(), headers={"HX-Request": "true"})
    assert polled.status_code == 286
    assert "every 1s" not in polled.content.decode()


def test_errors_are_downloaded_with_the_cells_of_their_rows_and_without_formulas(signed_in, user):
    job = run(user, ids=range(1, 5), params={"complains_of": 2, "header": ["Name", "=Sum"]})
    assert "2 errors as CSV" in signed_in.get(job.get_absolute_url()).content.decode()

    response = signed_in.get(reverse("jobs:errors", args=[job.pk]))

    lines = b"".join(response.streaming_content).decode().removeprefix("\ufeff").splitlines()
    assert lines == ["Name,'=Sum,Row,Record,Reason", "2,'+1,2,,'=odd", "4,'+1,4,,'=odd"]


def test_a_job_is_cancelled_and_a_failed_one_taken_up_again(signed_in, user, settings):
    failed = run(user, ids=[1], params={"refuses_at": 1})
    assert "No more of that." in signed_in.get(failed.get_absolute_url()).content.decode()
    Job.objects.update(params={})
    assert signed_in.post(reverse("jobs:resume", args=[failed.pk])).url == failed.get_absolute_url()
    assert Contact.objects.count() == 1

    settings.JOBS_IMMEDIATE = False
    waiting = run(user, ids=[2])
    signed_in.post(reverse("jobs:cancel", args=[waiting.pk]))
    waiting.refresh_from_db()
    assert waiting.state == "cancelled"
    assert signed_in.post(reverse("jobs:cancel", args=[waiting.pk]), follow=True).status_code == 200


def test_a_job_is_undone_from_its_page(signed_in, user):
    job = run(user, ids=[1, 2])
    address = reverse("history:undo", args=[job.change_id])
    assert address in signed_in.get(job.get_absolute_url()).content.decode()

    signed_in.post(address, {"back": job.get_absolute_url()})

    assert not Contact.objects.live().exists()
    assert "It has been undone." in signed_in.get(job.get_absolute_url()).content.decode()


def test_a_result_is_downloaded_under_its_name(signed_in, user):
    job = jobs.start(Read, by=By(user, Origin.LIST))

    response = signed_in.get(reverse("jobs:result", args=[job.pk]))

    assert b"".join(response.streaming_content) == b"two"
    assert 'filename="two.txt"' in response["Content-Disposition"]
    assert signed_in.get(reverse("jobs:source", args=[job.pk])).status_code == 404


def test_the_pages_take_as_many_queries_for_many_as_for_few(signed_in, user):
    def count(address: str) -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert signed_in.get(address).status_code == 200
        return len(queries)

    few = run(user, ids=[1], params={"complains_of": 1})
    listed = count(reverse("jobs:list"))
    many = run(user, ids=range(1, 41), params={"complains_of": 1})
    for _each in range(20):
        run(user, ids=[1])

    assert count(reverse("jobs:list")) == listed
    assert count(many.get_absolute_url()) == count(few.get_absolute_url()) <= 9
