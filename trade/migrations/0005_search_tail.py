import django.db.models.functions.comparison
import django.db.models.functions.text
from django.db import migrations, models

from common.partitions import add_index_concurrently


def add(apps, schema_editor):
    add_index_concurrently("trade_order", "order_by_no_tail", '((reverse(order_no) COLLATE "C"))')


def drop(apps, schema_editor):
    schema_editor.execute("DROP INDEX IF EXISTS order_by_no_tail")


class Migration(migrations.Migration):
    """Orders by the end of their number; month by month, so that nobody who orders has to wait."""

    atomic = False
    dependencies = [("trade", "0004_search")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunPython(add, drop)],
            state_operations=[
                migrations.AddIndex(
                    model_name="order",
                    index=models.Index(
                        django.db.models.functions.comparison.Collate(
                            django.db.models.functions.text.Reverse("order_no"), "C"
                        ),
                        name="order_by_no_tail",
                    ),
                )
            ],
        )
    ]
