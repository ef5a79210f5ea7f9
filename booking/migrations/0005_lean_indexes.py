import booking.uids
import django.db.models.deletion
import calendars.kit.tokens
from django.conf import settings
from django.db import migrations, models

from booking.guards import create_guards


class Migration(migrations.Migration):

    dependencies = [
        ('booking', '0004_cancelled_bookings'),
        ('calendars', '0004_tallies'),
        ('onetime_links', '0005_note_index'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name='booking',
            name='calendar',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='bookings', to='calendars.calendar', verbose_name='calendar'),
        ),
        migrations.AlterField(
            model_name='booking',
            name='manage_token',
            field=models.CharField(default=calendars.kit.tokens.make_token, editable=False, max_length=43, verbose_name='manage token'),
        ),
        migrations.AlterField(
            model_name='booking',
            name='nonce',
            field=models.CharField(default=calendars.kit.tokens.make_token, editable=False, max_length=43, verbose_name='nonce'),
        ),
        migrations.AlterField(
            model_name='booking',
            name='owner',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='bookings', to=settings.AUTH_USER_MODEL, verbose_name='owner'),
        ),
        migrations.AlterField(
            model_name='change',
            name='booking',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='changes', to='booking.booking', verbose_name='booking'),
        ),
        migrations.AlterField(
            model_name='mail',
            name='booking',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='mails', to='booking.booking', verbose_name='booking'),
        ),
        migrations.AddConstraint(
            model_name='booking',
            constraint=models.UniqueConstraint(fields=('manage_token',), name='booking_manage_token'),
        ),
        migrations.AddConstraint(
            model_name='booking',
            constraint=models.UniqueConstraint(fields=('nonce',), name='booking_nonce'),
        ),
        migrations.AlterField(
            model_name='booking',
            name='uid',
            field=models.UUIDField(default=booking.uids.make_uid, editable=False, unique=True, verbose_name='calendar entry'),
        ),
        migrations.AlterField(
            model_name='mail',
            name='uid',
            field=models.UUIDField(default=booking.uids.make_uid, editable=False, unique=True, verbose_name='message'),
        ),
        migrations.RunPython(create_guards, migrations.RunPython.noop),
    ]
