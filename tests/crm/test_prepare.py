"""What `make run` does before it serves, and the sample data."""

import pytest
from django.core.management import CommandError, call_command
from django.db.models import Count

from associations.models import Association, AssociationLabel, AssociationLimit, Labelling
from crm.management.commands import prepare
from records.models import Company, Contact, Deal, Record, Ticket

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def own_folders(tmp_path, settings, monkeypatch):
    """Keep the password and the static files of these tests apart."""
    settings.STATIC_ROOT = tmp_path / "static"
    monkeypatch.setattr(prepare, "PASSWORD_FILE", tmp_path / "first-password.txt")


def test_the_first_start_makes_a_user_and_a_sample_and_the_second_changes_nothing(capsys, django_user_model):
    call_command("prepare")

    shown = capsys.readouterr().out
    password = prepare.PASSWORD_FILE.read_text()
    assert django_user_model.objects.get(username="admin").check_password(password)
    assert f"Password  {password}" in shown
    assert (Company.objects.count(), Contact.objects.count()) == (350, 1400)
    assert (Deal.objects.count(), Ticket.objects.count()) == (600, 250)
    assert prepare.PASSWORD_FILE.stat().st_mode & 0o077 == 0
    # A second start changes nothing.
    before = list(Record.objects.values_list("pk", "updated_at"))

    call_command("prepare")

    assert list(Record.objects.values_list("pk", "updated_at")) == before


def test_a_changed_password_is_not_shown(capsys, django_user_model, monkeypatch):
    monkeypatch.setenv("KITH_SAMPLE_DATA", "0")
    call_command("prepare")
    user = django_user_model.objects.get(username="admin")
    user.set_password("something else entirely")
    user.save()
    capsys.readouterr()

    call_command("prepare")

    assert prepare.PASSWORD_FILE.read_text() not in capsys.readouterr().out


def test_the_sample_can_be_left_out(monkeypatch):
    monkeypatch.setenv("KITH_SAMPLE_DATA", "0")

    call_command("prepare")

    assert not Record.objects.exists()


def sample() -> list:
    """Return what the sample consists of, by names."""
    names = dict(Record.objects.values_list("pk", "display_name"))
    pairs = Association.objects.values_list("record_a", "record_b")
    labels = Labelling.objects.values_list("label__name", "from_record", "to_record")
    return [
        sorted(names.values()),
        sorted((names[a], names[b]) for a, b in pairs),
        sorted((label, names[one], names[other]) for label, one, other in labels),
    ]


def test_the_sample_is_the_same_each_time_in_order_of_time_with_labels_and_limits_kept(django_user_model):
    call_command("load_sample_data")
    first = sample()
    Association.objects.all().delete()
    Record.objects.all().delete()
    django_user_model.objects.all().delete()

    call_command("load_sample_data")

    assert sample() == first
    companies = set(Company.objects.values_list("pk", flat=True))
    contacts = set(Contact.objects.values_list("pk", flat=True))
    employed = [
        pair
        for pair in Association.objects.values_list("record_a", "record_b")
        if {*pair} & companies and {*pair} & contacts
    ]
    employees = [pk for pair in employed for pk in pair if pk in contacts]
    assert len(employees) == len(set(employees)) > 1300
    order_in_time()
    labels_and_limit()
    not_mixed()


def order_in_time() -> None:
    """The sample came about over two years, and is associated in that order."""
    moments = list(Association.objects.order_by("pk").values_list("created_at", flat=True))
    assert moments == sorted(moments)
    assert (moments[-1] - moments[0]).days > 600
    for row in Association.objects.select_related("record_a", "record_b")[:50]:
        assert row.created_at == max(row.record_a.created_at, row.record_b.created_at)


def not_mixed() -> None:
    """The sample does not go into a Kith that has records."""
    with pytest.raises(CommandError):
        call_command("load_sample_data")
    call_command("load_sample_data", "--if-empty")


def labels_and_limit() -> None:
    """The sample shows labels and a limit."""
    carried = dict(Labelling.objects.order_by().values_list("label__name").annotate(Count("pk")))
    assert carried.keys() == set(AssociationLabel.objects.values_list("name", flat=True))
    assert len(carried) == 8
    assert min(carried.values()) > 10
    assert AssociationLimit.objects.get(label__name="decision_maker").maximum == 1
    deciders = Labelling.objects.filter(label__name="decision_maker")
    assert len({row.from_record_id for row in deciders}) == len(deciders)
    groups = Labelling.objects.filter(label__name="headquarters")
    assert not {row.from_record_id for row in groups} & {row.to_record_id for row in groups}
