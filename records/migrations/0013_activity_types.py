"""The activities with their properties, under HubSpot's names."""

import uuid

from django.db import migrations
from django.utils.translation import gettext_noop as _

PLACE = 1_000  # behind the types that users define


def options(**labels):
    return [{"value": value, "label": label} for value, label in labels.items()]


# HubSpot's ids of the outcomes that every account has.
# https://developers.hubspot.com/docs/guides/api/crm/engagements/calls
DISPOSITIONS = [
    {"value": "f240bbac-87c9-4f6e-bf70-924b57d47db7", "label": _("Connected")},
    {"value": "73a0d17f-1163-4015-bdd5-ec830791da20", "label": _("No answer")},
    {"value": "9d9162e7-6cf3-4944-bf63-4dff82258764", "label": _("Busy")},
    {"value": "a4c4c377-d246-4b32-a13b-75a56a4cd0ff", "label": _("Left live message")},
    {"value": "b2cf5968-551e-4856-9783-52b3da59a7d0", "label": _("Left voicemail")},
    {"value": "17b47fee-58de-441e-a44c-c6300d46f273", "label": _("Wrong number")},
]
HAPPENED = {"column": "happened_at"}


def record_group(owner):
    return (
        "record",
        _("Record"),
        [
            ("hubspot_owner_id", owner, "user", {"column": "owner"}),
            ("createdate", _("Created"), "datetime", {"column": "created_at", "read_only": True}),
            (
                "hs_lastmodifieddate",
                _("Last changed"),
                "datetime",
                {"column": "updated_at", "read_only": True},
            ),
        ],
    )


TYPES = [
    {
        "name": "notes",
        "type_id": "0-46",
        "singular": _("Note"),
        "plural": _("Notes"),
        "icon": "pencil-square",
        "primary_properties": ["hs_note_body"],
        "secondary_properties": ["hs_timestamp", "hubspot_owner_id"],
        "list_properties": ["hs_timestamp", "hubspot_owner_id"],
        "groups": [
            (
                "about",
                _("About this note"),
                [
                    ("hs_note_body", _("Note"), "html", {"required": True, "searchable": True}),
                    ("hs_timestamp", _("When"), "datetime", HAPPENED),
                ],
            ),
            record_group(_("Owner")),
        ],
    },
    {
        "name": "emails",
        "type_id": "0-49",
        "singular": _("Email"),
        "plural": _("Emails"),
        "icon": "envelope",
        "primary_properties": ["hs_email_subject"],
        "secondary_properties": ["hs_timestamp", "hs_email_from_email"],
        "list_properties": ["hs_email_direction", "hs_email_from_email", "hs_email_to_email", "hs_timestamp"],
        "groups": [
            (
                "about",
                _("About this email"),
                [
                    ("hs_email_subject", _("Subject"), "text", {}),
                    (
                        "hs_email_direction",
                        _("Direction"),
                        "select",
                        {
                            "options": options(
                                EMAIL=_("Sent"), INCOMING_EMAIL=_("Received"), FORWARDED_EMAIL=_("Forwarded")
                            ),
                            "default": "EMAIL",
                        },
                    ),
                    ("hs_email_from_email", _("From"), "text", {"searchable": True}),
                    ("hs_email_to_email", _("To"), "text", {"searchable": True}),
                    ("hs_email_cc_email", _("Cc"), "text", {"searchable": True}),
                    ("hs_email_bcc_email", _("Bcc"), "text", {}),
                    ("hs_timestamp", _("When"), "datetime", HAPPENED),
                    ("hs_email_html", _("Body"), "html", {"searchable": True}),
                    (
                        "hs_email_status",
                        _("Status"),
                        "select",
                        {
                            "options": options(
                                SENT=_("Sent"),
                                SENDING=_("Sending"),
                                SCHEDULED=_("Scheduled"),
                                BOUNCED=_("Bounced"),
                                FAILED=_("Failed"),
                            )
                        },
                    ),
                ],
            ),
            (
                "message",
                _("Message"),
                [
                    ("hs_email_text", _("Body as plain text"), "textarea", {"read_only": True}),
                    ("hs_email_headers", _("Headers"), "textarea", {"read_only": True}),
                ],
            ),
            record_group(_("Owner")),
        ],
    },
    {
        "name": "calls",
        "type_id": "0-48",
        "singular": _("Call"),
        "plural": _("Calls"),
        "icon": "phone",
        "primary_properties": ["hs_call_title"],
        "secondary_properties": ["hs_timestamp", "hs_call_disposition"],
        "list_properties": [
            "hs_call_direction",
            "hs_call_disposition",
            "hs_call_duration",
            "hs_timestamp",
            "hubspot_owner_id",
        ],
        "groups": [
            (
                "about",
                _("About this call"),
                [
                    ("hs_call_title", _("Title"), "text", {}),
                    (
                        "hs_call_direction",
                        _("Direction"),
                        "select",
                        {
                            "options": options(OUTBOUND=_("Outgoing"), INBOUND=_("Incoming")),
                            "default": "OUTBOUND",
                        },
                    ),
                    ("hs_call_disposition", _("Outcome"), "select", {"options": DISPOSITIONS}),
                    ("hs_call_duration", _("Duration (milliseconds)"), "number", {"rules": {"min": 0}}),
                    ("hs_timestamp", _("When"), "datetime", HAPPENED),
                    ("hs_call_body", _("Notes"), "html", {"searchable": True}),
                    (
                        "hs_call_status",
                        _("Status"),
                        "select",
                        {
                            "options": options(
                                COMPLETED=_("Completed"),
                                IN_PROGRESS=_("In progress"),
                                QUEUED=_("Queued"),
                                RINGING=_("Ringing"),
                                CONNECTING=_("Connecting"),
                                CALLING_CRM_USER=_("Calling the user"),
                                BUSY=_("Busy"),
                                NO_ANSWER=_("No answer"),
                                MISSED=_("Missed"),
                                CANCELED=_("Cancelled"),
                                FAILED=_("Failed"),
                            )
                        },
                    ),
                    ("hs_call_from_number", _("From"), "phonenumber", {}),
                    ("hs_call_to_number", _("To"), "phonenumber", {}),
                ],
            ),
            record_group(_("Owner")),
        ],
    },
    {
        "name": "meetings",
        "type_id": "0-47",
        "singular": _("Meeting"),
        "plural": _("Meetings"),
        "icon": "calendar-days",
        "primary_properties": ["hs_meeting_title"],
        "secondary_properties": ["hs_meeting_start_time", "hs_meeting_location"],
        "list_properties": [
            "hs_meeting_start_time",
            "hs_meeting_end_time",
            "hs_meeting_location",
            "hs_meeting_outcome",
            "hubspot_owner_id",
        ],
        "groups": [
            (
                "about",
                _("About this meeting"),
                [
                    ("hs_meeting_title", _("Title"), "text", {"required": True}),
                    ("hs_meeting_start_time", _("Start"), "datetime", HAPPENED),
                    ("hs_meeting_end_time", _("End"), "datetime", {}),
                    ("hs_meeting_location", _("Place"), "text", {}),
                    (
                        "hs_meeting_outcome",
                        _("Outcome"),
                        "select",
                        {
                            "options": options(
                                SCHEDULED=_("Scheduled"),
                                COMPLETED=_("Completed"),
                                RESCHEDULED=_("Rescheduled"),
                                NO_SHOW=_("No show"),
                                CANCELED=_("Cancelled"),
                            ),
                            "default": "SCHEDULED",
                        },
                    ),
                    ("hs_meeting_body", _("Description"), "html", {"searchable": True}),
                    ("hs_internal_meeting_notes", _("Internal notes"), "html", {"searchable": True}),
                ],
            ),
            record_group(_("Organiser")),
        ],
    },
    {
        "name": "tasks",
        "type_id": "0-27",
        "singular": _("Task"),
        "plural": _("Tasks"),
        "icon": "check-circle",
        "primary_properties": ["hs_task_subject"],
        "secondary_properties": ["hs_timestamp", "hs_task_status"],
        "list_properties": [
            "hs_task_status",
            "hs_timestamp",
            "hs_task_priority",
            "hs_task_type",
            "hubspot_owner_id",
        ],
        "groups": [
            (
                "about",
                _("About this task"),
                [
                    ("hs_task_subject", _("Title"), "text", {"required": True}),
                    ("hs_timestamp", _("Due"), "datetime", HAPPENED),
                    (
                        "hs_task_status",
                        _("Status"),
                        "select",
                        {
                            "options": options(
                                NOT_STARTED=_("Not started"),
                                IN_PROGRESS=_("In progress"),
                                COMPLETED=_("Completed"),
                                WAITING=_("Waiting"),
                                DEFERRED=_("Deferred"),
                            ),
                            "default": "NOT_STARTED",
                            "required": True,
                        },
                    ),
                    (
                        "hs_task_priority",
                        _("Priority"),
                        "select",
                        {
                            "options": options(
                                NONE=_("None"), LOW=_("Low"), MEDIUM=_("Medium"), HIGH=_("High")
                            ),
                            "default": "NONE",
                        },
                    ),
                    (
                        "hs_task_type",
                        _("Type"),
                        "select",
                        {
                            "options": options(TODO=_("To-do"), CALL=_("Call"), EMAIL=_("Email")),
                            "default": "TODO",
                        },
                    ),
                    ("hs_task_body", _("Notes"), "html", {"searchable": True}),
                    ("hs_task_reminders", _("Reminder"), "datetime", {}),
                ],
            ),
            record_group(_("Assigned to")),
        ],
    },
]


def create(apps, schema_editor):
    ObjectType = apps.get_model("records", "ObjectType")
    PropertyGroup = apps.get_model("records", "PropertyGroup")
    Property = apps.get_model("records", "Property")
    for position, definition in enumerate(TYPES, PLACE):
        plain = {key: value for key, value in definition.items() if key != "groups"}
        # A type that users defined gives way: its name stands in addresses only.
        for taken in ObjectType.objects.filter(name=plain["name"]):
            taken.name = f"custom_{taken.name}"
            taken.save()
        object_type = ObjectType.objects.create(position=position, is_activity=True, **plain)
        for group_position, (group_name, group_label, properties) in enumerate(definition["groups"]):
            group = PropertyGroup.objects.create(
                object_type=object_type, name=group_name, label=group_label, position=group_position
            )
            for place, (name, label, field_type, extra) in enumerate(properties):
                Property.objects.create(
                    object_type=object_type,
                    group=group,
                    name=name,
                    label=label,
                    field_type=field_type,
                    position=place,
                    **{"column": name, **extra},
                )
    apps.get_model("records", "DataModelStamp").objects.filter(pk=1).update(stamp=uuid.uuid4())


class Migration(migrations.Migration):
    dependencies = [("records", "0012_activities")]
    operations = [migrations.RunPython(create, migrations.RunPython.noop, elidable=False)]
