from django.db import migrations

from booking.guards import create_guards


class Migration(migrations.Migration):
    dependencies = [("booking", "0001_initial")]

    operations = [migrations.RunPython(create_guards, migrations.RunPython.noop)]
