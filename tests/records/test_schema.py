"""The data model in memory: one query per request, and never a stale copy."""

import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from records import schema
from records.models import DataModelStamp, ObjectType, Pipeline, Property, Stage
from tests.factories import ContactFactory

pytestmark = pytest.mark.django_db


def stamp() -> uuid.UUID:
    return DataModelStamp.objects.get().stamp


def contacts() -> ObjectType:
    return ObjectType.objects.get(name="contacts")


def relabel(label: str) -> None:
    prop = Property.objects.get(object_type__name="contacts", name="firstname")
    prop.label = label
    prop.save()


def shown() -> str:
    return schema.current().type("contacts").properties["firstname"].title


def elsewhere(work) -> None:
    """Do something in another thread, with its own connection, as another worker would."""

    def apart() -> None:
        try:
            work()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        pool.submit(apart).result()


# --- What is in memory ------------------------------------------------------------------------------


def test_asking_again_costs_one_query_for_the_stamp(django_assert_num_queries):
    first = schema.current()

    with django_assert_num_queries(1):
        assert schema.current() is first


def test_while_pinned_it_costs_nothing(django_assert_num_queries):
    with schema.pinned() as pinned, django_assert_num_queries(0):
        assert schema.current() is pinned
        with schema.pinned() as again:
            assert again is pinned
        for object_type in pinned.types:
            for prop in object_type.properties.values():
                assert prop.object_type is object_type
            for stage in object_type.stages.values():
                assert stage.pipeline.object_type is object_type


def test_reading_it_takes_as_many_queries_whatever_its_size():
    with CaptureQueriesContext(connection) as small:
        schema.Schema(stamp())
    for number in range(5):
        one = ObjectType.objects.create(name=f"t{number}", type_id=f"2-{number}", singular="T", plural="Ts")
        group = one.property_groups.create(name="g", label="G")
        Property.objects.create(
            object_type=one, group=group, name="p", label="P", field_type="text", column="p"
        )
        Stage.objects.create(
            pipeline=Pipeline.objects.create(object_type=one, name="p", label="P"), name="s", label="S"
        )

    with CaptureQueriesContext(connection) as large:
        schema.Schema(stamp())

    assert len(small) == len(large)


def test_an_unknown_type_is_said_to_be():
    for ask in (lambda: schema.current().type("unicorns"), lambda: schema.current().type_by_id(0)):
        with pytest.raises(schema.UnknownObjectType):
            ask()


# --- The stamp --------------------------------------------------------------------------------------


def changes():
    """Yield a way to change each part of the data model."""
    yield "object type", lambda: ObjectType.objects.get(name="contacts").save()
    yield "group", lambda: contacts().property_groups.first().save()
    yield "property", lambda: relabel("Given name")
    yield "pipeline", lambda: Pipeline.objects.first().save()
    yield "stage", lambda: Stage.objects.first().save()
    yield "a property deleted", lambda: Property.objects.filter(name="firstname").first().delete()
    yield "properties deleted", lambda: Property.objects.filter(name="city").delete()


@pytest.mark.parametrize("change", [pytest.param(change, id=name) for name, change in changes()])
def test_every_change_to_the_data_model_gives_a_new_stamp(change):
    before, held = stamp(), schema.current()

    change()

    assert stamp() != before
    assert schema.current() is not held


def test_a_change_to_a_record_leaves_the_stamp_alone():
    before = stamp()

    ContactFactory()

    assert stamp() == before


def test_a_change_is_seen_at_once_by_the_request_that_makes_it():
    with schema.pinned():
        relabel("Given name")

        assert shown() == "Given name"


def test_a_request_keeps_the_data_model_that_it_began_with():
    with schema.pinned():
        DataModelStamp.objects.update(stamp=uuid.uuid4())  # as another worker's change arrives
        Property.objects.filter(name="firstname").update(label="Given name")

        assert shown() == "First name"
    assert shown() == "Given name"


def test_a_change_that_was_rolled_back_is_not_seen():
    with transaction.atomic():
        relabel("Given name")
        assert shown() == "Given name"
        transaction.set_rollback(True)

    assert shown() == "First name"


def test_a_stamp_never_comes_again_after_a_rollback():
    seen = {stamp()}
    for label in ("a", "b", "a"):
        with transaction.atomic():
            relabel(label)
            assert stamp() not in seen
            seen.add(stamp())
            transaction.set_rollback(True)


# --- Other workers ----------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_a_change_by_another_worker_is_served_at_the_next_request(signed_in):
    address = "/records/contacts/new/"
    assert "First name" in signed_in.get(address).text

    elsewhere(lambda: relabel("Given name"))

    page = signed_in.get(address).text
    assert "Given name" in page
    assert "First name" not in page


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_a_change_that_another_worker_rolls_back_is_never_served(signed_in):
    def change_and_think_better_of_it() -> None:
        with transaction.atomic():
            relabel("Given name")
            transaction.set_rollback(True)

    elsewhere(change_and_think_better_of_it)

    assert "First name" in signed_in.get("/records/contacts/new/").text


def test_a_page_asks_for_the_stamp_once(signed_in):
    ContactFactory.create_batch(3)
    schema.current()

    for address in ("/records/contacts/", "/records/contacts/new/"):
        with CaptureQueriesContext(connection) as captured:
            signed_in.get(address)
        assert sum("datamodelstamp" in query["sql"] for query in captured) == 1
        assert not any('"records_property"' in query["sql"] for query in captured)
