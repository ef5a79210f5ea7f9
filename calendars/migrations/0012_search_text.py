from django.db import migrations

import calendars.kit.search.fields
from calendars.kit.search.triggers import create_search_triggers


class Migration(migrations.Migration):

    dependencies = [
        ('calendars', '0011_sessions_end'),
    ]

    operations = [
        migrations.AddField(
            model_name='calendar',
            name='search_text',
            field=calendars.kit.search.fields.SearchText('name'),
        ),
        migrations.AddField(
            model_name='owner',
            name='search_text',
            field=calendars.kit.search.fields.SearchText('email', 'display_name'),
        ),
        migrations.RunPython(create_search_triggers('calendars'), migrations.RunPython.noop),
    ]
