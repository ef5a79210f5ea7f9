from django.db import migrations, models
from django.db.models import Q

STILL_WAITS = Q(done_at=None, failed_at=None, dropped_at=None)
ENDS_ONCE = (
    Q(done_at=None, failed_at=None)
    | Q(done_at=None, dropped_at=None)
    | Q(failed_at=None, dropped_at=None)
)


class Migration(migrations.Migration):
    """An email is a delivery: its field `sent_at` becomes `done_at`, in the same column.

    The database stays as it is, its index and its constraint too: they name the column.
    """

    dependencies = [("booking", "0006_triggers_that_seek")]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RemoveIndex(model_name="mail", name="mail_waiting"),
                migrations.RemoveConstraint(model_name="mail", name="mail_ends_once"),
                migrations.RenameField(model_name="mail", old_name="sent_at", new_name="done_at"),
                migrations.AlterField(
                    model_name="mail",
                    name="done_at",
                    field=models.DateTimeField(
                        blank=True, db_column="sent_at", null=True, verbose_name="sent at"
                    ),
                ),
                migrations.AddIndex(
                    model_name="mail",
                    index=models.Index(
                        condition=STILL_WAITS, fields=["next_try_at", "id"], name="mail_waiting"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="mail",
                    constraint=models.CheckConstraint(condition=ENDS_ONCE, name="mail_ends_once"),
                ),
            ]
        )
    ]
