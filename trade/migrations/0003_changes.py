import django.db.models.functions.datetime
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('trade', '0002_products'),
    ]

    operations = [
        migrations.AddField(
            model_name='order',
            name='changed_at',
            field=models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='changed at'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='order',
            trigger=pgtrigger.compiler.Trigger(name='stamp_changes', sql=pgtrigger.compiler.UpsertTriggerSql(func='NEW.changed_at = now(); RETURN NEW;', hash='b64d75ba652d469d10f91a90dd04d80273beed66', operation='INSERT OR UPDATE', pgid='pgtrigger_stamp_changes_ae7a4', table='trade_order', when='BEFORE')),
        ),
        # Months that an interrupted load left unfinished get it too, so that they can be attached.
        migrations.RunSQL(
            "ALTER TABLE IF EXISTS trade_order_loading"
            " ADD COLUMN IF NOT EXISTS changed_at timestamptz NOT NULL DEFAULT now()",
            migrations.RunSQL.noop,
        ),
    ]
