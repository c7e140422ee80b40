import django.db.models.functions.datetime
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('tickets', '0005_taken_index'),
    ]

    operations = [
        migrations.AddField(
            model_name='conversation',
            name='changed_at',
            field=models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='changed at'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='conversation',
            trigger=pgtrigger.compiler.Trigger(name='stamp_changes', sql=pgtrigger.compiler.UpsertTriggerSql(func='NEW.changed_at = now(); RETURN NEW;', hash='42407e9d918d31a7f6b6b4d98fed692f87f55807', operation='INSERT OR UPDATE', pgid='pgtrigger_stamp_changes_a722c', table='tickets_conversation', when='BEFORE')),
        ),
    ]
