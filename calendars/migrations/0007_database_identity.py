import uuid
from datetime import UTC

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Min


def make_identity(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Give the database its identity, and the emails of before to a database that had owners.

    A database that is made only now has none of those. One of before was made when its first
    migration was applied: what was kept earlier in the same folder is another one's. Its identity
    follows from that moment, so a backup from before the upgrade gets the same one again.
    """
    identities = apps.get_model('calendars', 'DatabaseIdentity').objects
    if not apps.get_model('calendars', 'Owner').objects.exists():
        identities.create()
        return
    applied = MigrationRecorder(schema_editor.connection).migration_qs
    first = applied.aggregate(first=Min('applied'))['first']
    key = uuid.uuid5(uuid.NAMESPACE_OID, first.astimezone(UTC).isoformat(timespec='microseconds'))
    identities.create(key=key, former_emails_since=first)


class Migration(migrations.Migration):

    dependencies = [
        ('calendars', '0006_owner_time_zone'),
    ]

    operations = [
        migrations.CreateModel(
            name='DatabaseIdentity',
            fields=[
                ('id', models.PositiveSmallIntegerField(default=1, editable=False, primary_key=True, serialize=False)),
                ('key', models.UUIDField(default=uuid.uuid4, editable=False)),
                ('former_emails_since', models.DateTimeField(blank=True, editable=False, null=True)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('id', 1)), name='databaseidentity_only_row')],
            },
        ),
        migrations.RunPython(make_identity, migrations.RunPython.noop),
    ]
