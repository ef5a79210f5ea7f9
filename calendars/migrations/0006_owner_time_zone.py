from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import Count, Min, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce

import calendars.kit.validators


def take_zone_of_most_calendars(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Give every owner the zone of most of their calendars, in one statement.

    Deleted calendars count where there is no other, or where others leave a choice; then the oldest
    calendar decides.
    """
    zones = (
        apps.get_model('calendars', 'Calendar')
        .objects.filter(owner=OuterRef('pk'))
        .values('time_zone')
        .annotate(existing=Count('pk', filter=Q(deleted_at=None)), every=Count('pk'), oldest=Min('pk'))
        .order_by('-existing', '-every', 'oldest')
        .values('time_zone')[:1]
    )
    owners = apps.get_model('calendars', 'Owner').objects
    owners.update(time_zone=Coalesce(Subquery(zones), Value('UTC')))


class Migration(migrations.Migration):

    dependencies = [
        ('calendars', '0005_validators'),
    ]

    operations = [
        migrations.AddField(
            model_name='owner',
            name='time_zone',
            field=models.CharField(default='UTC', max_length=64, validators=[calendars.kit.validators.validate_zone], verbose_name='time zone'),
        ),
        migrations.RunPython(take_zone_of_most_calendars, migrations.RunPython.noop, elidable=True),
    ]
