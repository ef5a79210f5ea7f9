from django.db import migrations, models

from booking.guards import create_guards


class Migration(migrations.Migration):

    dependencies = [('booking', '0003_after_the_booking')]

    operations = [
        migrations.AddIndex(
            model_name='booking',
            index=models.Index(condition=models.Q(('cancelled_at__isnull', False)), fields=['owner', 'starts_at', 'id'], name='booking_cancelled'),
        ),
        migrations.RunPython(create_guards, migrations.RunPython.noop),
    ]
