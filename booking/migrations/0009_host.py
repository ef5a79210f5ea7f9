import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """The field is called host; its column keeps its name, and so the database is left alone.

    On SQLite any change of the table would have Django remake it, which drops the triggers of
    `booking.guards`.
    """

    dependencies = [
        ('booking', '0008_validators'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RemoveIndex(model_name='booking', name='booking_busy'),
                migrations.RemoveIndex(model_name='booking', name='booking_by_owner'),
                migrations.RemoveIndex(model_name='booking', name='booking_cancelled'),
                migrations.RemoveIndex(model_name='timeoff', name='timeoff_by_owner'),
                migrations.RenameField(model_name='booking', old_name='owner', new_name='host'),
                migrations.RenameField(model_name='timeoff', old_name='owner', new_name='host'),
                migrations.AlterField(
                    model_name='booking',
                    name='host',
                    field=models.ForeignKey(db_column='owner_id', db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='bookings', to=settings.AUTH_USER_MODEL, verbose_name='owner'),
                ),
                migrations.AlterField(
                    model_name='timeoff',
                    name='host',
                    field=models.ForeignKey(db_column='owner_id', on_delete=django.db.models.deletion.CASCADE, related_name='time_off', to=settings.AUTH_USER_MODEL, verbose_name='owner'),
                ),
                migrations.AddIndex(
                    model_name='booking',
                    index=models.Index(condition=models.Q(('cancelled_at', None)), fields=['host', 'blocked_until'], name='booking_busy'),
                ),
                migrations.AddIndex(
                    model_name='booking',
                    index=models.Index(fields=['host', 'starts_at', 'id'], name='booking_by_owner'),
                ),
                migrations.AddIndex(
                    model_name='booking',
                    index=models.Index(condition=models.Q(('cancelled_at__isnull', False)), fields=['host', 'starts_at', 'id'], name='booking_cancelled'),
                ),
                migrations.AddIndex(
                    model_name='timeoff',
                    index=models.Index(fields=['host', 'ends_at'], name='timeoff_by_owner'),
                ),
            ],
        ),
    ]
