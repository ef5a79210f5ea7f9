from django.db import migrations, models


def skip_the_log(apps, schema_editor):
    """Counts may be lost in a crash of the database, and need not wait for its disk."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("ALTER TABLE calendars_tally SET UNLOGGED")


class Migration(migrations.Migration):
    dependencies = [("calendars", "0003_notifications")]

    operations = [
        migrations.CreateModel(
            name="Tally",
            fields=[
                (
                    "key",
                    models.CharField(
                        max_length=40, primary_key=True, serialize=False, verbose_name="key"
                    ),
                ),
                ("hits", models.PositiveIntegerField(verbose_name="hits")),
                ("ends_at", models.BigIntegerField(db_index=True, verbose_name="ends at")),
            ],
            options={"verbose_name": "tally", "verbose_name_plural": "tallies"},
        ),
        migrations.RunPython(skip_the_log, migrations.RunPython.noop),
    ]
