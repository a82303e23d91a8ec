"""The standard object types with their properties and pipelines, under HubSpot's names."""

from django.db import migrations
from django.utils.translation import gettext_noop as _


def options(**labels):
    return [{"value": value, "label": label} for value, label in labels.items()]


LIFECYCLE = options(
    subscriber=_("Subscriber"),
    lead=_("Lead"),
    marketingqualifiedlead=_("Marketing qualified lead"),
    salesqualifiedlead=_("Sales qualified lead"),
    opportunity=_("Opportunity"),
    customer=_("Customer"),
    evangelist=_("Evangelist"),
    other=_("Other"),
)
ADDRESS = [
    ("address", _("Street address"), "text", {}),
    ("city", _("City"), "text", {}),
    ("state", _("State or region"), "text", {}),
    ("zip", _("Postal code"), "text", {}),
    ("country", _("Country"), "text", {}),
]


def record_group(modified):
    return (
        "record",
        _("Record"),
        [
            ("hubspot_owner_id", _("Owner"), "user", {"column": "owner"}),
            ("createdate", _("Created"), "datetime", {"column": "created_at", "read_only": True}),
            (modified, _("Last changed"), "datetime", {"column": "updated_at", "read_only": True}),
        ],
    )


TYPES = [
    {
        "name": "contacts",
        "type_id": "0-1",
        "singular": _("Contact"),
        "plural": _("Contacts"),
        "icon": "user",
        "primary_properties": ["firstname", "lastname"],
        "secondary_properties": ["email", "jobtitle"],
        "list_properties": ["email", "jobtitle", "lifecyclestage", "hubspot_owner_id", "createdate"],
        "groups": [
            (
                "about",
                _("About this contact"),
                [
                    ("firstname", _("First name"), "text", {}),
                    ("lastname", _("Last name"), "text", {}),
                    ("email", _("Email"), "email", {"unique": True, "searchable": True}),
                    ("phone", _("Phone"), "phonenumber", {}),
                    ("mobilephone", _("Mobile phone"), "phonenumber", {}),
                    ("jobtitle", _("Job title"), "text", {}),
                    (
                        "company",
                        _("Company name"),
                        "text",
                        {
                            "column": "company_name",
                            "help_text": _(
                                "As the contact wrote it; associate a company to tie the two records."
                            ),
                        },
                    ),
                    ("website", _("Website"), "url", {}),
                    ("lifecyclestage", _("Lifecycle stage"), "select", {"options": LIFECYCLE}),
                    (
                        "hs_lead_status",
                        _("Lead status"),
                        "select",
                        {
                            "options": options(
                                NEW=_("New"),
                                OPEN=_("Open"),
                                IN_PROGRESS=_("In progress"),
                                OPEN_DEAL=_("Open deal"),
                                UNQUALIFIED=_("Unqualified"),
                                ATTEMPTED_TO_CONTACT=_("Attempted to contact"),
                                CONNECTED=_("Connected"),
                                BAD_TIMING=_("Bad timing"),
                            )
                        },
                    ),
                ],
            ),
            ("address", _("Address"), ADDRESS),
            record_group("lastmodifieddate"),
        ],
    },
    {
        "name": "companies",
        "type_id": "0-2",
        "singular": _("Company"),
        "plural": _("Companies"),
        "icon": "building-office-2",
        "primary_properties": ["name"],
        "secondary_properties": ["domain", "city"],
        "list_properties": ["domain", "industry", "city", "country", "numberofemployees", "hubspot_owner_id"],
        "groups": [
            (
                "about",
                _("About this company"),
                [
                    ("name", _("Name"), "text", {"required": True}),
                    ("domain", _("Domain"), "domain", {"searchable": True}),
                    ("industry", _("Industry"), "text", {}),
                    (
                        "type",
                        _("Type"),
                        "select",
                        {
                            "options": options(
                                PROSPECT=_("Prospect"),
                                PARTNER=_("Partner"),
                                RESELLER=_("Reseller"),
                                VENDOR=_("Vendor"),
                                OTHER=_("Other"),
                            )
                        },
                    ),
                    ("lifecyclestage", _("Lifecycle stage"), "select", {"options": LIFECYCLE}),
                    ("numberofemployees", _("Number of employees"), "number", {}),
                    ("annualrevenue", _("Annual revenue"), "currency", {}),
                    ("phone", _("Phone"), "phonenumber", {}),
                    ("website", _("Website"), "url", {}),
                    ("description", _("Description"), "textarea", {}),
                ],
            ),
            ("address", _("Address"), ADDRESS),
            record_group("hs_lastmodifieddate"),
        ],
    },
    {
        "name": "deals",
        "type_id": "0-3",
        "singular": _("Deal"),
        "plural": _("Deals"),
        "icon": "banknotes",
        "primary_properties": ["dealname"],
        "secondary_properties": ["amount", "dealstage"],
        "list_properties": ["dealstage", "amount", "closedate", "dealtype", "hubspot_owner_id"],
        "groups": [
            (
                "about",
                _("About this deal"),
                [
                    ("dealname", _("Deal name"), "text", {"required": True}),
                    ("pipeline", _("Pipeline"), "pipeline", {"read_only": True}),
                    ("dealstage", _("Deal stage"), "stage", {"required": True}),
                    ("amount", _("Amount"), "currency", {}),
                    (
                        "deal_currency_code",
                        _("Currency"),
                        "currencycode",
                        {"help_text": _("Three letters, such as EUR.")},
                    ),
                    ("closedate", _("Close date"), "date", {}),
                    (
                        "dealtype",
                        _("Deal type"),
                        "select",
                        {
                            "options": options(
                                newbusiness=_("New business"), existingbusiness=_("Existing business")
                            )
                        },
                    ),
                    (
                        "hs_priority",
                        _("Priority"),
                        "select",
                        {"options": options(low=_("Low"), medium=_("Medium"), high=_("High"))},
                    ),
                    ("description", _("Description"), "textarea", {}),
                ],
            ),
            record_group("hs_lastmodifieddate"),
        ],
        "pipelines": [
            (
                "default",
                _("Sales pipeline"),
                [
                    ("appointmentscheduled", _("Appointment scheduled"), "0.20", False),
                    ("qualifiedtobuy", _("Qualified to buy"), "0.40", False),
                    ("presentationscheduled", _("Presentation scheduled"), "0.60", False),
                    ("decisionmakerboughtin", _("Decision maker bought in"), "0.80", False),
                    ("contractsent", _("Contract sent"), "0.90", False),
                    ("closedwon", _("Closed won"), "1.00", True),
                    ("closedlost", _("Closed lost"), "0.00", True),
                ],
            )
        ],
    },
    {
        "name": "tickets",
        "type_id": "0-5",
        "singular": _("Ticket"),
        "plural": _("Tickets"),
        "icon": "ticket",
        "primary_properties": ["subject"],
        "secondary_properties": ["hs_pipeline_stage", "hs_ticket_priority"],
        "list_properties": [
            "hs_pipeline_stage",
            "hs_ticket_priority",
            "hs_ticket_category",
            "hubspot_owner_id",
            "createdate",
        ],
        "groups": [
            (
                "about",
                _("About this ticket"),
                [
                    ("subject", _("Subject"), "text", {"required": True}),
                    ("content", _("Description"), "textarea", {}),
                    ("hs_pipeline", _("Pipeline"), "pipeline", {"read_only": True}),
                    ("hs_pipeline_stage", _("Status"), "stage", {"required": True}),
                    (
                        "hs_ticket_priority",
                        _("Priority"),
                        "select",
                        {
                            "options": options(
                                LOW=_("Low"), MEDIUM=_("Medium"), HIGH=_("High"), URGENT=_("Urgent")
                            )
                        },
                    ),
                    (
                        "hs_ticket_category",
                        _("Category"),
                        "select",
                        {
                            "options": options(
                                PRODUCT_ISSUE=_("Product issue"),
                                BILLING_ISSUE=_("Billing issue"),
                                FEATURE_REQUEST=_("Feature request"),
                                GENERAL_INQUIRY=_("General inquiry"),
                            )
                        },
                    ),
                    (
                        "source_type",
                        _("Source"),
                        "select",
                        {
                            "options": options(
                                CHAT=_("Chat"), EMAIL=_("Email"), FORM=_("Form"), PHONE=_("Phone")
                            )
                        },
                    ),
                ],
            ),
            record_group("hs_lastmodifieddate"),
        ],
        "pipelines": [
            (
                "0",
                _("Support pipeline"),
                [
                    ("1", _("New"), None, False),
                    ("2", _("Waiting on contact"), None, False),
                    ("3", _("Waiting on us"), None, False),
                    ("4", _("Closed"), None, True),
                ],
            )
        ],
    },
]


def create(apps, schema_editor):
    ObjectType = apps.get_model("records", "ObjectType")
    PropertyGroup = apps.get_model("records", "PropertyGroup")
    Property = apps.get_model("records", "Property")
    Pipeline = apps.get_model("records", "Pipeline")
    Stage = apps.get_model("records", "Stage")
    for position, definition in enumerate(TYPES):
        plain = {key: value for key, value in definition.items() if key not in ("groups", "pipelines")}
        object_type = ObjectType.objects.create(position=position, **plain)
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
        for pipeline_position, (name, label, stages) in enumerate(definition.get("pipelines", [])):
            pipeline = Pipeline.objects.create(
                object_type=object_type, name=name, label=label, position=pipeline_position
            )
            for place, (stage_name, stage_label, probability, is_closed) in enumerate(stages):
                Stage.objects.create(
                    pipeline=pipeline,
                    name=stage_name,
                    label=stage_label,
                    position=place,
                    probability=probability,
                    is_closed=is_closed,
                )
    apps.get_model("records", "DataModelStamp").objects.create(pk=1)


class Migration(migrations.Migration):
    dependencies = [("records", "0001_initial")]
    operations = [migrations.RunPython(create, migrations.RunPython.noop, elidable=False)]
