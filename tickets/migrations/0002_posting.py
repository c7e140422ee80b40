from pathlib import Path

from django.db import migrations, models

POST = (Path(__file__).parent / "sql" / "0002_post.sql").read_text()


class Migration(migrations.Migration):
    dependencies = [("tickets", "0001_initial")]

    operations = [
        migrations.AddField(
            "attachment",
            "recalled_at",
            models.DateTimeField(null=True, blank=True, verbose_name="recalled at"),
        ),
        migrations.RunSQL(
            POST,
            "DROP FUNCTION tickets_post; DROP FUNCTION common_uuid7",
        ),
        # Room in each page for the next version of a row: counters change with every message and
        # are in no index, so the update stays on the page.
        migrations.RunSQL(
            "ALTER TABLE tickets_conversation SET (fillfactor = 70)",
            "ALTER TABLE tickets_conversation RESET (fillfactor)",
        ),
    ]
