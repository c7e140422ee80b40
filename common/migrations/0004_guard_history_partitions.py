from django.db import migrations

from common.partitions import guard_partitions


def guard(apps, schema_editor):
    guard_partitions("common_event")


class Migration(migrations.Migration):
    """The history refuses TRUNCATE month by month too, not only as a whole."""

    dependencies = [("common", "0003_importrun")]
    operations = [migrations.RunPython(guard, migrations.RunPython.noop)]
