from django.db import migrations, models

import calendars.kit.search.fields
from calendars.kit.search.triggers import create_search_triggers


class Migration(migrations.Migration):

    dependencies = [
        ('booking', '0012_answer_restored_links'),
        ('calendars', '0012_search_text'),
        ('onetime_links', '0009_search_text'),
    ]

    operations = [
        migrations.AddField(
            model_name='booking',
            name='search_text',
            field=calendars.kit.search.fields.SearchText('client_name', 'client_email'),
        ),
        migrations.AddField(
            model_name='timeoff',
            name='search_text',
            field=calendars.kit.search.fields.SearchText('note'),
        ),
        migrations.AddIndex(
            model_name='booking',
            index=models.Index(condition=models.Q(('search_text', None)), fields=['id'], name='booking_not_folded'),
        ),
        migrations.RunPython(create_search_triggers('booking'), migrations.RunPython.noop),
    ]
