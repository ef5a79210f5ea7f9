from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from calendars.kit.search.renewal import make_all


def make_search_texts(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    make_all(apps.get_models())


class Migration(migrations.Migration):
    """Make the search texts of the rows of all three apps.

    Each batch is a transaction of its own, so clients can book meanwhile, and what is done stays
    done if the migration breaks off. What a version of before writes from now on, the worker makes.
    """

    atomic = False

    dependencies = [
        ('booking', '0013_search_text'),
    ]

    operations = [
        migrations.RunPython(make_search_texts, migrations.RunPython.noop, elidable=True),
    ]
