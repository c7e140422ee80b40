import django.db.models.deletion
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models


class Migration(migrations.Migration):
    """Refunds, and what an order gave back; the check over all orders is proved by the next one."""

    dependencies = [
        ('trade', '0006_standing'),
    ]

    operations = [
        migrations.CreateModel(
            name='Refund',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('refund_no', models.CharField(max_length=40, unique=True, verbose_name='refund no.')),
                ('kind', models.CharField(choices=[('refund_only', 'Refund only'), ('return_refund', 'Return and refund'), ('exchange', 'Exchange')], max_length=14, verbose_name='kind')),
                ('amount', models.DecimalField(decimal_places=2, max_digits=14, verbose_name='amount')),
                ('reason', models.CharField(blank=True, default='', max_length=200, verbose_name='reason')),
                ('applied_at', models.DateTimeField(verbose_name='applied at')),
                ('finished_at', models.DateTimeField(blank=True, null=True, verbose_name='finished at')),
                ('outcome', models.CharField(blank=True, choices=[('success', 'Refunded'), ('closed', 'Closed without a refund')], max_length=8, null=True, verbose_name='outcome')),
            ],
            options={
                'verbose_name': 'refund',
                'verbose_name_plural': 'refunds',
            },
        ),
        AddConstraintNotValid(
            model_name='order',
            constraint=models.CheckConstraint(condition=models.Q(('refunded_amount__gte', 0), ('refunded_amount__lte', models.F('paid_amount'))), name='order_refunded_within_paid'),
        ),
        # Months that an interrupted load left unfinished get both, so that they can be attached.
        migrations.RunSQL(
            "ALTER TABLE IF EXISTS trade_order_loading"
            " ADD COLUMN IF NOT EXISTS refunded_amount numeric(14, 2) NOT NULL DEFAULT 0,"
            " ADD CONSTRAINT order_refunded_within_paid"
            " CHECK (refunded_amount >= 0 AND refunded_amount <= paid_amount)",
            migrations.RunSQL.noop,
        ),
        migrations.AddField(
            model_name='refund',
            name='order',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='refunds', to='trade.order', verbose_name='order'),
        ),
        migrations.AddIndex(
            model_name='refund',
            index=models.Index(fields=['order', '-applied_at', '-id'], name='refund_of_order'),
        ),
        migrations.AddConstraint(
            model_name='refund',
            constraint=models.CheckConstraint(condition=models.Q(('amount__gte', 0)), name='refund_amount_not_negative'),
        ),
        migrations.AddConstraint(
            model_name='refund',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('finished_at', None), ('outcome', None)), models.Q(('finished_at__isnull', False), ('outcome__isnull', False)), _connector='OR'), name='refund_finished_with_outcome'),
        ),
        migrations.AddConstraint(
            model_name='refund',
            constraint=models.CheckConstraint(condition=models.Q(('finished_at', None), ('finished_at__gte', models.F('applied_at')), _connector='OR'), name='refund_finished_after_applied'),
        ),
    ]
