import django.db.models.functions.datetime
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('radio', '0002_names'),
    ]

    operations = [
        migrations.AddField(
            model_name='edition',
            name='changed_at',
            field=models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='changed at'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='edition',
            trigger=pgtrigger.compiler.Trigger(name='stamp_changes', sql=pgtrigger.compiler.UpsertTriggerSql(func='NEW.changed_at = now(); RETURN NEW;', hash='b4711e4b1f664d323fd602f6fa7af133474b06b0', operation='INSERT OR UPDATE', pgid='pgtrigger_stamp_changes_5e396', table='radio_edition', when='BEFORE')),
        ),
    ]
