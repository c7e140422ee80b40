from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("common", "0001_initial")]

    operations = [
        # A payload is worth nothing after a crash: no write-ahead log for it.
        migrations.RunSQL(
            "ALTER TABLE common_buspayload SET UNLOGGED", "ALTER TABLE common_buspayload SET LOGGED"
        ),
    ]
