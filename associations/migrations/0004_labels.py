import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("associations", "0003_type_pairs"),
        ("records", "0009_history"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="AssociationEvent",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "action",
                    models.CharField(
                        choices=[
                            ("added", "added"),
                            ("removed", "removed"),
                            ("labelled", "label added"),
                            ("unlabelled", "label removed"),
                        ],
                        max_length=10,
                        verbose_name="action",
                    ),
                ),
                ("from_a", models.BooleanField(default=True)),
                ("since", models.DateTimeField(null=True)),
                (
                    "origin",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("page", "record page"),
                            ("list", "list"),
                            ("admin", "administration"),
                            ("import", "import"),
                            ("rule", "rule"),
                            ("api", "API"),
                        ],
                        max_length=10,
                    ),
                ),
            ],
            options={
                "verbose_name": "event of an association",
                "verbose_name_plural": "events of associations",
                "ordering": ("-id",),
            },
        ),
        migrations.CreateModel(
            name="AssociationLabel",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.SlugField(max_length=100, verbose_name="internal name")),
                ("label", models.CharField(max_length=100, verbose_name="label")),
                (
                    "inverse_label",
                    models.CharField(
                        blank=True,
                        help_text="Empty where both are the same.",
                        max_length=100,
                        verbose_name="label the other way",
                    ),
                ),
                ("is_primary", models.BooleanField(default=False, editable=False, verbose_name="primary")),
                ("position", models.PositiveIntegerField(default=0, verbose_name="position")),
                (
                    "archived_at",
                    models.DateTimeField(blank=True, editable=False, null=True, verbose_name="archived"),
                ),
            ],
            options={
                "verbose_name": "association label",
                "verbose_name_plural": "association labels",
                "ordering": ("position", "id"),
            },
        ),
        migrations.CreateModel(
            name="Labelling",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("is_primary", models.BooleanField(default=False, editable=False)),
            ],
            options={
                "verbose_name": "label of an association",
                "verbose_name_plural": "labels of associations",
                "ordering": ("association", "label__position", "label", "id"),
            },
        ),
        migrations.CreateModel(
            name="SidebarSection",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("position", models.PositiveIntegerField(default=0, verbose_name="position")),
                (
                    "sort",
                    models.CharField(
                        choices=[
                            ("newest", "Newest association first"),
                            ("oldest", "Oldest association first"),
                            ("name", "Name"),
                            ("changed", "Last changed first"),
                            ("labelled", "Labelled first"),
                        ],
                        default="newest",
                        max_length=10,
                        verbose_name="sorted by",
                    ),
                ),
                ("properties", models.JSONField(blank=True, null=True, verbose_name="properties on a card")),
            ],
            options={
                "verbose_name": "section of the sidebar",
                "verbose_name_plural": "sections of the sidebar",
                "ordering": ("object_type", "position", "id"),
            },
        ),
        migrations.AlterModelOptions(
            name="associationlimit",
            options={
                "ordering": ("from_type__position", "to_type__position", "label__position", "id"),
                "verbose_name": "association limit",
                "verbose_name_plural": "association limits",
            },
        ),
        migrations.RemoveConstraint(
            model_name="associationlimit",
            name="associations_limit_unique",
        ),
        migrations.AddField(
            model_name="associationlimit",
            name="inverse",
            field=models.BooleanField(default=False, verbose_name="the other way"),
        ),
        migrations.AddField(
            model_name="associationevent",
            name="author",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="associationevent",
            name="change",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="association_events",
                to="records.change",
            ),
        ),
        migrations.AddField(
            model_name="associationevent",
            name="record_a",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="records.record",
            ),
        ),
        migrations.AddField(
            model_name="associationevent",
            name="record_b",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="records.record",
            ),
        ),
        migrations.AddField(
            model_name="associationlabel",
            name="from_type",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="records.objecttype",
                verbose_name="object type",
            ),
        ),
        migrations.AddField(
            model_name="associationlabel",
            name="to_type",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="records.objecttype",
                verbose_name="other object type",
            ),
        ),
        migrations.AddField(
            model_name="associationevent",
            name="label",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="associations.associationlabel",
            ),
        ),
        migrations.AddField(
            model_name="associationlimit",
            name="label",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="limits",
                to="associations.associationlabel",
                verbose_name="with the label",
            ),
        ),
        migrations.AddConstraint(
            model_name="associationlimit",
            constraint=models.UniqueConstraint(
                condition=models.Q(("label", None)),
                fields=("from_type", "to_type"),
                name="associations_limit_unique",
            ),
        ),
        migrations.AddConstraint(
            model_name="associationlimit",
            constraint=models.UniqueConstraint(
                condition=models.Q(("label__isnull", False)),
                fields=("label", "inverse"),
                name="associations_limit_unique_label",
            ),
        ),
        migrations.AddField(
            model_name="labelling",
            name="association",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="labellings",
                to="associations.association",
            ),
        ),
        migrations.AddField(
            model_name="labelling",
            name="from_record",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="records.record",
            ),
        ),
        migrations.AddField(
            model_name="labelling",
            name="label",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="labellings",
                to="associations.associationlabel",
            ),
        ),
        migrations.AddField(
            model_name="labelling",
            name="to_record",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="records.record",
            ),
        ),
        migrations.AddField(
            model_name="sidebarsection",
            name="object_type",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="+", to="records.objecttype"
            ),
        ),
        migrations.AddField(
            model_name="sidebarsection",
            name="other_type",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="+", to="records.objecttype"
            ),
        ),
        migrations.AddConstraint(
            model_name="associationlabel",
            constraint=models.UniqueConstraint(
                fields=("from_type", "to_type", "name"), name="associations_label_unique_name"
            ),
        ),
        migrations.AddIndex(
            model_name="associationevent",
            index=models.Index(fields=["record_a", "id"], name="associations_event_a"),
        ),
        migrations.AddIndex(
            model_name="associationevent",
            index=models.Index(fields=["record_b", "id"], name="associations_event_b"),
        ),
        migrations.AddIndex(
            model_name="labelling",
            index=models.Index(
                fields=["from_record", "label", "association"], name="associations_labelled_from"
            ),
        ),
        migrations.AddIndex(
            model_name="labelling",
            index=models.Index(fields=["to_record", "label", "association"], name="associations_labelled_to"),
        ),
        migrations.AddConstraint(
            model_name="labelling",
            constraint=models.UniqueConstraint(
                fields=("association", "label", "from_record"), name="associations_labelling_unique"
            ),
        ),
        migrations.AddConstraint(
            model_name="labelling",
            constraint=models.UniqueConstraint(
                condition=models.Q(("is_primary", True)),
                fields=("from_record",),
                name="associations_labelling_one_primary",
            ),
        ),
        migrations.AddConstraint(
            model_name="sidebarsection",
            constraint=models.UniqueConstraint(
                fields=("object_type", "other_type"), name="associations_section_unique"
            ),
        ),
    ]
