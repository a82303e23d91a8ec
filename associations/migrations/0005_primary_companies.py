"""The label "Primary": the oldest company of each contact, deal and ticket that there is becomes its primary."""

from django.db import migrations

HOLDERS = ("contacts", "deals", "tickets")
# Each association of a holder with a company once, the oldest of each holder first.
MAKE_PRIMARY = """
INSERT INTO associations_labelling (association_id, label_id, from_record_id, to_record_id, is_primary)
SELECT id, %(label)s, holder, company, %(yes)s FROM (
    SELECT id, holder, company, ROW_NUMBER() OVER (PARTITION BY holder ORDER BY id) AS place FROM (
        SELECT id, record_a_id AS holder, record_b_id AS company FROM associations_association
        WHERE type_a_id = %(holder)s AND type_b_id = %(company)s
        UNION ALL
        SELECT id, record_b_id AS holder, record_a_id AS company FROM associations_association
        WHERE type_b_id = %(holder)s AND type_a_id = %(company)s
    ) AS ends
) AS ranked WHERE place = 1
"""


def create(apps, schema_editor):
    ObjectType = apps.get_model("records", "ObjectType")
    AssociationLabel = apps.get_model("associations", "AssociationLabel")
    companies = ObjectType.objects.get(name="companies")
    for name in HOLDERS:
        holder = ObjectType.objects.get(name=name)
        label = AssociationLabel.objects.create(
            from_type=holder, to_type=companies, name="primary", label="Primary", is_primary=True
        )
        with schema_editor.connection.cursor() as cursor:
            cursor.execute(
                MAKE_PRIMARY, {"label": label.pk, "holder": holder.pk, "company": companies.pk, "yes": True}
            )


def remove(apps, schema_editor):
    schema_editor.execute("DELETE FROM associations_labelling WHERE is_primary")
    schema_editor.execute("DELETE FROM associations_associationlabel WHERE is_primary")


class Migration(migrations.Migration):
    dependencies = [("associations", "0004_labels"), ("records", "0002_standard_types")]
    operations = [migrations.RunPython(create, remove)]
