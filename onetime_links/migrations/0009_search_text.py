from django.db import migrations, models

import calendars.kit.search.fields
from calendars.kit.search.triggers import create_search_triggers
from onetime_links.note_index import create_note_index, drop_note_index


class Migration(migrations.Migration):

    dependencies = [
        ('calendars', '0012_search_text'),
        ('onetime_links', '0008_shared_answers'),
    ]

    operations = [
        migrations.AddField(
            model_name='linkrequest',
            name='search_text',
            field=calendars.kit.search.fields.SearchText('client_name', 'word'),
        ),
        migrations.AddField(
            model_name='onetimelink',
            name='search_text',
            field=calendars.kit.search.fields.SearchText('note'),
        ),
        migrations.AddIndex(
            model_name='onetimelink',
            index=models.Index(condition=models.Q(('search_text', None)), fields=['id'], name='onetimelink_not_folded'),
        ),
        # It is empty now, and so made at once.
        migrations.RunPython(create_note_index, drop_note_index),
        migrations.RunPython(create_search_triggers('onetime_links'), migrations.RunPython.noop),
    ]
