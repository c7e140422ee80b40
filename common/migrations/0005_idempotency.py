from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('common', '0004_guard_history_partitions'),
    ]

    operations = [
        migrations.CreateModel(
            name='KeptAnswer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('actor', models.CharField(max_length=80, verbose_name='who asked')),
                ('route', models.CharField(max_length=160, verbose_name='address')),
                ('key', models.CharField(max_length=255, verbose_name='key')),
                ('fingerprint', models.BinaryField(max_length=32, verbose_name='fingerprint')),
                ('status', models.PositiveSmallIntegerField(verbose_name='status')),
                ('body', models.TextField(blank=True, verbose_name='answer')),
                ('content_type', models.CharField(blank=True, max_length=80, verbose_name='kind')),
                ('at', models.DateTimeField(verbose_name='at')),
            ],
            options={
                'verbose_name': 'kept answer',
                'verbose_name_plural': 'kept answers',
                'indexes': [models.Index(fields=['at'], name='kept_answer_oldest')],
                'constraints': [models.UniqueConstraint(fields=('actor', 'route', 'key'), name='kept_answer_once')],
            },
        ),
        migrations.CreateModel(
            name='RateBucket',
            fields=[
                ('key', models.CharField(max_length=160, primary_key=True, serialize=False, verbose_name='who and what')),
                ('tokens', models.FloatField(verbose_name='left')),
                ('filled_at', models.DateTimeField(verbose_name='filled at')),
                ('let_through', models.BooleanField(verbose_name='let through')),
            ],
            options={
                'verbose_name': 'rate bucket',
                'verbose_name_plural': 'rate buckets',
                'indexes': [models.Index(fields=['filled_at'], name='rate_bucket_oldest')],
            },
        ),
        # A bucket is worth nothing after a crash, and a log of every request would cost a flush each.
        migrations.RunSQL(
            'ALTER TABLE common_ratebucket SET UNLOGGED', 'ALTER TABLE common_ratebucket SET LOGGED'
        ),
    ]
