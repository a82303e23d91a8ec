"""Contacts of a new domain who come at once bring one company, and a waiting run is done once."""

from functools import partial

import pytest

from associations.models import Association
from crm.rules import running
from crm.rules.models import RuleRun
from records import schema
from records import services as record_services
from records.models import Company
from tests.associations.test_concurrency import at_once
from tests.factories import CompanyFactory, by

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


def test_eight_contacts_of_a_new_domain_at_once_bring_one_company(by_domain):
    by_domain(creates_companies=True)
    kind = schema.current().type("contacts")

    for place in range(3):
        jobs = [
            partial(record_services.create_record, kind, {"email": f"p{n}@new{place}.com"}, by=by())
            for n in range(8)
        ]
        results = at_once(*jobs)
        assert not [one for one in results if isinstance(one, Exception)]
        (company,) = Company.objects.filter(domain=f"new{place}.com")
        assert Association.objects.of(company.pk).count() == 8
    assert set(RuleRun.objects.values_list("state", flat=True)) == {"done"}


def test_a_run_that_several_take_up_at_once_is_done_once(by_domain):
    by_domain()
    acme = CompanyFactory(domain="acme.com")
    kind = schema.current().type("contacts")
    ada = record_services.create_record(kind, {"email": "ada@acme.com"}, by=by())
    Association.objects.all().delete()
    RuleRun.objects.update(state="waiting", change=None)
    (run,) = RuleRun.objects.all()

    results = at_once(*[partial(running.run_one, run.pk)] * 6)

    assert results == [None] * 6
    assert [link.other_end(ada.pk) for link in Association.objects.all()] == [acme.pk]
    assert RuleRun.objects.get().counts["associated"] == 1
