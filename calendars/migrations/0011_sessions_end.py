from django.db import migrations, models

from calendars.guards import create_guard, drop_guard


class Migration(migrations.Migration):

    dependencies = [
        ('calendars', '0010_confirmation'),
    ]

    operations = [
        migrations.AddField(
            model_name='owner',
            name='sessions_ended',
            field=models.PositiveIntegerField(default=0, editable=False),
        ),
        migrations.RunPython(create_guard, drop_guard),
    ]
