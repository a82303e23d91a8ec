"""Give the records that there are a place on their board, and a stay in the stage that they stand in."""

from django.db import migrations
from django.db.models import F

from records.models.pipeline import RANK_GAP

STAGE_COLUMNS = {"Deal": "dealstage_id", "Ticket": "hs_pipeline_stage_id", "CustomRecord": "stage_id"}


def fill(apps, schema_editor):
    for name, stage in STAGE_COLUMNS.items():
        model = apps.get_model("records", name)
        model.objects.update(rank=F("record_ptr_id") * -RANK_GAP)
        schema_editor.execute(
            f"""  -- only names of tables and columns go in here
            INSERT INTO records_stageentry (record_id, stage_id, label, entered_at, entered_by_id)
            SELECT record.id, child.{stage}, stage.label, record.created_at, record.created_by_id
            FROM {model._meta.db_table} child
            JOIN records_record record ON record.id = child.record_ptr_id
            JOIN records_stage stage ON stage.id = child.{stage}
            """  # noqa: S608
        )


class Migration(migrations.Migration):
    dependencies = [("records", "0005_properties_views_boards")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
