"""The object types that Kith comes with, under HubSpot's names, so that its API is a mapping only."""

import pytest

from records import schema
from records.models import Record

pytestmark = pytest.mark.django_db

ADDRESS = "address city state zip country"
RECORD = "hubspot_owner_id createdate"
FACTS = "notes_last_contacted notes_next_activity_date num_notes"
NAMES = {
    "contacts": "email firstname lastname phone mobilephone jobtitle company website lifecyclestage "
    f"hs_lead_status {ADDRESS} {RECORD} {FACTS} lastmodifieddate",
    "companies": "name domain industry numberofemployees annualrevenue phone website description type "
    f"lifecyclestage {ADDRESS} {RECORD} {FACTS} hs_lastmodifieddate",
    "deals": "dealname pipeline dealstage amount deal_currency_code closedate dealtype hs_priority "
    f"description {RECORD} {FACTS} hs_lastmodifieddate",
    "tickets": "subject content hs_pipeline hs_pipeline_stage hs_ticket_priority hs_ticket_category "
    f"source_type {RECORD} {FACTS} hs_lastmodifieddate",
    "notes": f"hs_note_body hs_timestamp {RECORD} hs_lastmodifieddate",
    "emails": "hs_email_subject hs_email_direction hs_email_from_email hs_email_to_email hs_email_cc_email "
    "hs_email_bcc_email hs_email_html hs_email_text hs_email_status hs_email_headers hs_timestamp "
    f"{RECORD} hs_lastmodifieddate",
    "calls": "hs_call_title hs_call_body hs_call_direction hs_call_disposition hs_call_duration "
    f"hs_call_status hs_call_from_number hs_call_to_number hs_timestamp {RECORD} hs_lastmodifieddate",
    "meetings": "hs_meeting_title hs_meeting_body hs_internal_meeting_notes hs_meeting_location "
    f"hs_meeting_start_time hs_meeting_end_time hs_meeting_outcome {RECORD} hs_lastmodifieddate",
    "tasks": "hs_task_subject hs_task_body hs_task_status hs_task_priority hs_task_type hs_task_reminders "
    f"hs_timestamp {RECORD} hs_lastmodifieddate",
}
LIFECYCLE = "subscriber lead marketingqualifiedlead salesqualifiedlead opportunity customer evangelist other"
OPTIONS = {
    ("contacts", "lifecyclestage"): LIFECYCLE,
    (
        "contacts",
        "hs_lead_status",
    ): "NEW OPEN IN_PROGRESS OPEN_DEAL UNQUALIFIED ATTEMPTED_TO_CONTACT CONNECTED BAD_TIMING",
    ("companies", "lifecyclestage"): LIFECYCLE,
    ("companies", "type"): "PROSPECT PARTNER RESELLER VENDOR OTHER",
    ("deals", "dealtype"): "newbusiness existingbusiness",
    ("deals", "hs_priority"): "low medium high",
    ("tickets", "hs_ticket_priority"): "LOW MEDIUM HIGH URGENT",
    ("tickets", "hs_ticket_category"): "PRODUCT_ISSUE BILLING_ISSUE FEATURE_REQUEST GENERAL_INQUIRY",
    ("tickets", "source_type"): "CHAT EMAIL FORM PHONE",
    ("emails", "hs_email_direction"): "EMAIL INCOMING_EMAIL FORWARDED_EMAIL",
    ("emails", "hs_email_status"): "SENT SENDING SCHEDULED BOUNCED FAILED",
    ("calls", "hs_call_direction"): "OUTBOUND INBOUND",
    # HubSpot's ids of: connected, no answer, busy, left live message, left voicemail, wrong number.
    ("calls", "hs_call_disposition"): "f240bbac-87c9-4f6e-bf70-924b57d47db7 "
    "73a0d17f-1163-4015-bdd5-ec830791da20 9d9162e7-6cf3-4944-bf63-4dff82258764 "
    "a4c4c377-d246-4b32-a13b-75a56a4cd0ff b2cf5968-551e-4856-9783-52b3da59a7d0 "
    "17b47fee-58de-441e-a44c-c6300d46f273",
    ("calls", "hs_call_status"): "COMPLETED IN_PROGRESS QUEUED RINGING CONNECTING CALLING_CRM_USER BUSY "
    "NO_ANSWER MISSED CANCELED FAILED",
    ("meetings", "hs_meeting_outcome"): "SCHEDULED COMPLETED RESCHEDULED NO_SHOW CANCELED",
    ("tasks", "hs_task_status"): "NOT_STARTED IN_PROGRESS COMPLETED WAITING DEFERRED",
    ("tasks", "hs_task_priority"): "NONE LOW MEDIUM HIGH",
    ("tasks", "hs_task_type"): "TODO CALL EMAIL",
}
STAGES = {
    ("deals", "default"): "appointmentscheduled qualifiedtobuy presentationscheduled decisionmakerboughtin "
    "contractsent closedwon closedlost",
    ("tickets", "0"): "1 2 3 4",
}
# What Kith itself keeps: when, the pipeline, which follows from the stage, a message as it came,
# and what activities say.
READ_ONLY = {
    *("createdate", "lastmodifieddate", "hs_lastmodifieddate", "pipeline", "hs_pipeline"),
    *("hs_email_text", "hs_email_headers"),
    *FACTS.split(),
}


def kind(name: str):
    return schema.current().type(name)


def properties():
    return [prop for object_type in schema.current().types for prop in object_type.properties.values()]


def test_the_types_stand_in_order_with_hubspots_names_and_ids():
    types = schema.current().types

    assert [(one.name, one.type_id) for one in types] == [
        ("contacts", "0-1"),
        ("companies", "0-2"),
        ("deals", "0-3"),
        ("tickets", "0-5"),
        ("notes", "0-46"),
        ("emails", "0-49"),
        ("calls", "0-48"),
        ("meetings", "0-47"),
        ("tasks", "0-27"),
    ]
    assert not any(one.is_custom for one in types)
    assert [one.name for one in schema.current().main_types] == ["contacts", "companies", "deals", "tickets"]
    assert [one.name for one in schema.current().activity_types] == [one.name for one in types[4:]]


@pytest.mark.parametrize("name", NAMES)
def test_a_type_has_just_the_properties_that_hubspot_names(name):
    assert set(kind(name).properties) == set(NAMES[name].split())


@pytest.mark.parametrize(("name", "prop"), OPTIONS)
def test_a_dropdown_offers_the_values_that_hubspot_knows(name, prop):
    assert [value for value, _label in kind(name).properties[prop].choices] == OPTIONS[name, prop].split()


def test_no_other_property_is_a_dropdown():
    dropdowns = {(prop.object_type.name, prop.name) for prop in properties() if prop.field_type == "select"}

    assert dropdowns == set(OPTIONS)


def test_only_what_kith_keeps_itself_is_read_only():
    assert {prop.name for prop in properties() if prop.read_only} == READ_ONLY


def test_what_a_record_cannot_be_without_is_required():
    required = {(prop.object_type.name, prop.name) for prop in properties() if prop.required}

    assert required == {
        ("companies", "name"),
        ("deals", "dealname"),
        ("deals", "dealstage"),
        ("tickets", "subject"),
        ("tickets", "hs_pipeline_stage"),
        ("notes", "hs_note_body"),
        ("meetings", "hs_meeting_title"),
        ("tasks", "hs_task_subject"),
        ("tasks", "hs_task_status"),
    }


def test_only_the_email_of_contacts_is_unique():
    assert [(prop.object_type.name, prop.name) for prop in properties() if prop.unique] == [
        ("contacts", "email")
    ]


@pytest.mark.parametrize("name", NAMES)
def test_every_property_has_a_column_a_group_and_a_label(name):
    object_type = kind(name)

    assert [prop for group in object_type.groups for prop in group.members] == list(
        object_type.properties.values()
    )
    for prop in object_type.properties.values():
        assert object_type.model._meta.get_field(prop.column)
        assert prop.title


@pytest.mark.parametrize("name", NAMES)
def test_what_a_type_shows_first_are_properties_that_it_has(name):
    object_type = kind(name)

    for names in (
        object_type.primary_properties,
        object_type.secondary_properties,
        object_type.list_properties,
    ):
        assert names
        assert set(names) <= set(object_type.properties)


@pytest.mark.parametrize("name", NAMES)
def test_every_type_has_a_model_of_its_own(name):
    assert issubclass(kind(name).model, Record)
    assert kind(name).model.object_type_name == name


@pytest.mark.parametrize("name", NAMES)
def test_columns_hold_every_value_that_a_property_may_have(name):
    for prop in kind(name).properties.values():
        longest = getattr(kind(name).model._meta.get_field(prop.column), "max_length", None)
        if prop.field_type == "select":
            assert all(len(value) <= longest for value, _label in prop.choices)


@pytest.mark.parametrize(("name", "pipeline"), STAGES)
def test_a_pipeline_has_hubspots_stages_in_order(name, pipeline):
    (found,) = kind(name).pipelines

    assert found.name == pipeline
    assert [stage.name for stage in found.stage_list] == STAGES[name, pipeline].split()


def test_contacts_and_companies_have_no_pipeline():
    assert kind("contacts").pipelines == kind("companies").pipelines == []
    assert kind("contacts").stage_property is None


def test_stages_know_how_they_end():
    deals, tickets = kind("deals").pipelines[0], kind("tickets").pipelines[0]

    assert [stage.outcome for stage in deals.stage_list] == ["open"] * 5 + ["won", "lost"]
    assert [stage.outcome for stage in tickets.stage_list] == ["open"] * 3 + ["closed"]
    assert [str(stage.probability) for stage in deals.stage_list] == [
        "0.20",
        "0.40",
        "0.60",
        "0.80",
        "0.90",
        "1.00",
        "0.00",
    ]
