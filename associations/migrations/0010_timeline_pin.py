import django.db.models.deletion
from django.db import migrations, models

ACTIVITY = models.Q(("archived_ends", 0), ("happened_at__isnull", False))


class Migration(migrations.Migration):
    dependencies = [
        ("associations", "0009_activities"),
        ("records", "0013_activity_types"),
    ]

    operations = [
        migrations.CreateModel(
            name="TimelinePin",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "activity",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="records.record",
                        verbose_name="activity",
                    ),
                ),
                (
                    "association",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="associations.association",
                        verbose_name="association",
                    ),
                ),
                (
                    "record",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="records.record",
                        verbose_name="record",
                    ),
                ),
            ],
            options={
                "verbose_name": "pinned activity",
                "verbose_name_plural": "pinned activities",
            },
        ),
        # A range for each type, in which the moments follow each other.
        migrations.RemoveIndex(model_name="association", name="associations_timeline_a"),
        migrations.RemoveIndex(model_name="association", name="associations_timeline_b"),
        migrations.AddIndex(
            model_name="association",
            index=models.Index(
                condition=ACTIVITY,
                fields=["record_a", "type_b", "happened_at", "id", "record_b"],
                name="associations_timeline_a",
            ),
        ),
        migrations.AddIndex(
            model_name="association",
            index=models.Index(
                condition=ACTIVITY,
                fields=["record_b", "type_a", "happened_at", "id", "record_a"],
                name="associations_timeline_b",
            ),
        ),
    ]
