"""The picker's two tabs are one form: what is typed on one and ticked on the other goes along."""

import pytest

from associations import services
from associations.models import Association
from records.models import Company, Contact
from tests.factories import CompanyFactory, ContactFactory, DealFactory, by

pytestmark = pytest.mark.django_db


def picker(record, type_name: str) -> str:
    return f"/records/{record.kind.name}/{record.pk}/associations/{type_name}/add/"


def test_switching_saves_nothing_and_keeps_ticks_and_search(signed_in):
    deal, ada = DealFactory(), ContactFactory(firstname="Ada", lastname="Lovelace")

    response = signed_in.post(
        picker(deal, "contacts"), {"tab": "existing", "switch": "new", "selected": ada.pk, "q": "love"}
    )

    assert response.status_code == 200
    assert 'name="new-firstname"' in response.text
    assert f'name="selected" value="{ada.pk}" checked' in response.text
    assert '<input type="hidden" name="q" value="love">' in response.text
    assert not Association.objects.exists()


def test_switching_back_keeps_what_was_typed_and_says_nothing_of_it_yet(signed_in):
    deal = DealFactory()

    response = signed_in.post(
        picker(deal, "contacts"), {"tab": "new", "switch": "existing", "new-email": "nobody"}
    )
    assert '<input type="hidden" name="new-email" value="nobody">' in response.text

    response = signed_in.post(
        picker(deal, "contacts"), {"tab": "existing", "switch": "new", "new-email": "nobody"}
    )
    assert 'value="nobody"' in response.text
    assert "aria-invalid" not in response.text


def test_the_new_record_and_the_ticked_ones_are_saved_together(signed_in):
    deal, ada = DealFactory(), ContactFactory()

    signed_in.post(picker(deal, "contacts"), {"tab": "new", "new-firstname": "Charles", "selected": ada.pk})

    charles = Contact.objects.get(firstname="Charles")
    assert {pair for one in Association.objects.all() for pair in one.pair} == {deal.pk, ada.pk, charles.pk}


def test_where_the_new_record_breaks_a_limit_the_ticked_ones_are_not_saved_either(signed_in):
    ada, acme = ContactFactory(), CompanyFactory(name="Acme")

    response = signed_in.post(
        picker(ada, "companies"), {"tab": "new", "new-name": "Beta", "selected": acme.pk}
    )

    assert response.status_code == 422
    assert not Association.objects.exists()
    assert not Company.objects.filter(name="Beta").exists()
    assert f'name="selected" value="{acme.pk}" checked' in response.text


def test_associating_a_duplicate_instead_takes_the_ticked_ones_along(signed_in):
    deal, ada, alan = DealFactory(), ContactFactory(), ContactFactory()
    services.associate(deal, [CompanyFactory().pk], by=by())

    signed_in.post(picker(deal, "contacts"), {"tab": "new", "instead": ada.pk, "selected": alan.pk})

    assert Association.objects.filter(record_a__in=[deal.pk], record_b__in=[ada.pk, alan.pk]).count() == 2
