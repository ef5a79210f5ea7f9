from django.db import migrations

from onetime_links.note_index import create_note_index, drop_note_index


class Migration(migrations.Migration):
    dependencies = [("onetime_links", "0004_replaces")]

    operations = [migrations.RunPython(create_note_index, drop_note_index)]
