from django.db import migrations


class Migration(migrations.Migration):
    """It made an index of notes that were not folded. Migration 0008 puts another in its place."""

    dependencies = [("onetime_links", "0004_replaces")]

    operations: list[migrations.operations.base.Operation] = []
