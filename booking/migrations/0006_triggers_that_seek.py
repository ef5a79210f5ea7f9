from django.db import migrations

from booking.guards import create_triggers


class Migration(migrations.Migration):

    dependencies = [
        ('booking', '0005_lean_indexes'),
    ]

    operations = [
        migrations.RunPython(create_triggers, migrations.RunPython.noop),
    ]
