# Views, jobs, exports and files to import of the back office.

import common.ids
import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('common', '0008_search'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Job',
            fields=[
                ('id', models.UUIDField(default=common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('state', models.CharField(choices=[('waiting', 'waiting'), ('running', 'under way'), ('ready', 'waits for you'), ('done', 'done'), ('stopped', 'stopped'), ('failed', 'not possible')], default='waiting', max_length=8, verbose_name='state')),
                ('reason', models.TextField(blank=True, default='', verbose_name='reason')),
                ('total', models.BigIntegerField(blank=True, null=True, verbose_name='in all')),
                ('done', models.BigIntegerField(default=0, verbose_name='finished')),
                ('made_at', models.DateTimeField(verbose_name='asked for at')),
                ('served_at', models.DateTimeField(blank=True, null=True, verbose_name='last worked on')),
                ('finished_at', models.DateTimeField(blank=True, null=True, verbose_name='finished at')),
                ('stop_asked_at', models.DateTimeField(blank=True, null=True, verbose_name='stop asked at')),
                ('trouble', models.TextField(blank=True, default='', verbose_name='why it ended')),
                ('listing', models.CharField(max_length=64, verbose_name='list')),
                ('act', models.CharField(max_length=64, verbose_name='action')),
                ('answers', models.JSONField(default=dict, verbose_name='answers')),
                ('filters', models.TextField(blank=True, default='', verbose_name='filters')),
                ('changed', models.BigIntegerField(default=0, verbose_name='changed')),
                ('refused', models.BigIntegerField(default=0, verbose_name='left as they are')),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='by')),
            ],
            options={
                'verbose_name': 'bulk job',
                'verbose_name_plural': 'bulk jobs',
            },
        ),
        migrations.CreateModel(
            name='JobRow',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=64)),
                ('name', models.CharField(blank=True, default='', max_length=200)),
                ('fate', models.CharField(choices=[('waiting', 'waiting'), ('changed', 'changed'), ('refused', 'left as it is')], default='waiting', max_length=8)),
                ('said', models.TextField(blank=True, default='')),
                ('job', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='rows', to='common.job')),
            ],
        ),
        migrations.CreateModel(
            name='SavedView',
            fields=[
                ('id', models.UUIDField(default=common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('listing', models.CharField(max_length=64, verbose_name='list')),
                ('name', models.CharField(max_length=40, verbose_name='name')),
                ('query', models.TextField(blank=True, default='', verbose_name='filters')),
                ('roles', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=24), blank=True, default=list, size=None, verbose_name='shared with')),
                ('made_at', models.DateTimeField(verbose_name='written at')),
                ('deleted_at', models.DateTimeField(blank=True, null=True, verbose_name='deleted at')),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='by')),
            ],
            options={
                'verbose_name': 'saved view',
                'verbose_name_plural': 'saved views',
            },
        ),
        migrations.CreateModel(
            name='DefaultView',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('listing', models.CharField(max_length=64)),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('view', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='common.savedview')),
            ],
        ),
        migrations.CreateModel(
            name='Export',
            fields=[
                ('id', models.UUIDField(default=common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('state', models.CharField(choices=[('waiting', 'waiting'), ('running', 'under way'), ('ready', 'waits for you'), ('done', 'done'), ('stopped', 'stopped'), ('failed', 'not possible')], default='waiting', max_length=8, verbose_name='state')),
                ('reason', models.TextField(blank=True, default='', verbose_name='reason')),
                ('total', models.BigIntegerField(blank=True, null=True, verbose_name='in all')),
                ('done', models.BigIntegerField(default=0, verbose_name='finished')),
                ('made_at', models.DateTimeField(verbose_name='asked for at')),
                ('served_at', models.DateTimeField(blank=True, null=True, verbose_name='last worked on')),
                ('finished_at', models.DateTimeField(blank=True, null=True, verbose_name='finished at')),
                ('stop_asked_at', models.DateTimeField(blank=True, null=True, verbose_name='stop asked at')),
                ('trouble', models.TextField(blank=True, default='', verbose_name='why it ended')),
                ('listing', models.CharField(max_length=64, verbose_name='list')),
                ('query', models.TextField(blank=True, default='', verbose_name='filters')),
                ('columns', models.JSONField(default=list, verbose_name='columns')),
                ('format', models.CharField(choices=[('xlsx', 'Excel (.xlsx)'), ('csv_bom', 'CSV for Excel (with byte order mark)'), ('csv', 'CSV (plain UTF-8)')], max_length=8, verbose_name='kind of file')),
                ('file_name', models.CharField(max_length=120, verbose_name='file')),
                ('size', models.BigIntegerField(default=0, verbose_name='bytes')),
                ('last_key', models.CharField(blank=True, default='', max_length=64)),
                ('expires_at', models.DateTimeField(blank=True, null=True, verbose_name='kept until')),
                ('fetched_at', models.DateTimeField(blank=True, null=True, verbose_name='first fetched at')),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='by')),
            ],
            options={
                'verbose_name': 'export',
                'verbose_name_plural': 'exports',
                'indexes': [models.Index(condition=models.Q(('state__in', ['waiting', 'running'])), fields=['served_at'], name='export_open'), models.Index(condition=models.Q(('expires_at__isnull', False)), fields=['expires_at'], name='export_expiring')],
            },
        ),
        migrations.CreateModel(
            name='ImportFile',
            fields=[
                ('id', models.UUIDField(default=common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('state', models.CharField(choices=[('waiting', 'waiting'), ('running', 'under way'), ('ready', 'waits for you'), ('done', 'done'), ('stopped', 'stopped'), ('failed', 'not possible')], default='waiting', max_length=8, verbose_name='state')),
                ('reason', models.TextField(blank=True, default='', verbose_name='reason')),
                ('total', models.BigIntegerField(blank=True, null=True, verbose_name='in all')),
                ('done', models.BigIntegerField(default=0, verbose_name='finished')),
                ('made_at', models.DateTimeField(verbose_name='asked for at')),
                ('served_at', models.DateTimeField(blank=True, null=True, verbose_name='last worked on')),
                ('finished_at', models.DateTimeField(blank=True, null=True, verbose_name='finished at')),
                ('stop_asked_at', models.DateTimeField(blank=True, null=True, verbose_name='stop asked at')),
                ('trouble', models.TextField(blank=True, default='', verbose_name='why it ended')),
                ('kind', models.CharField(max_length=32, verbose_name='kind')),
                ('file_name', models.CharField(max_length=200, verbose_name='file')),
                ('size', models.BigIntegerField(verbose_name='bytes')),
                ('step', models.CharField(choices=[('read', 'reading the file'), ('try', 'trying it out'), ('load', 'loading')], default='read', max_length=4, verbose_name='step')),
                ('form', models.CharField(max_length=8, verbose_name='form')),
                ('encoding', models.CharField(blank=True, default='', max_length=16, verbose_name='letters')),
                ('lines', models.BigIntegerField(default=0, verbose_name='lines')),
                ('inserted', models.BigIntegerField(default=0, verbose_name='new')),
                ('updated', models.BigIntegerField(default=0, verbose_name='corrected')),
                ('unchanged', models.BigIntegerField(default=0, verbose_name='unchanged')),
                ('rejected', models.BigIntegerField(default=0, verbose_name='rejected')),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='by')),
                ('run', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='common.importrun', verbose_name='import')),
            ],
            options={
                'verbose_name': 'file to import',
                'verbose_name_plural': 'files to import',
                'indexes': [models.Index(condition=models.Q(('state__in', ['waiting', 'running'])), fields=['served_at'], name='import_file_open')],
            },
        ),
        migrations.AddIndex(
            model_name='job',
            index=models.Index(condition=models.Q(('state__in', ['waiting', 'running'])), fields=['served_at'], name='job_open'),
        ),
        migrations.AddIndex(
            model_name='jobrow',
            index=models.Index(condition=models.Q(('fate', 'waiting')), fields=['job', 'id'], name='job_row_waiting'),
        ),
        migrations.AddIndex(
            model_name='jobrow',
            index=models.Index(condition=models.Q(('fate', 'refused')), fields=['job', 'id'], name='job_row_refused'),
        ),
        migrations.AddConstraint(
            model_name='jobrow',
            constraint=models.UniqueConstraint(fields=('job', 'key'), name='job_row_once'),
        ),
        migrations.AddIndex(
            model_name='savedview',
            index=models.Index(condition=models.Q(('deleted_at', None)), fields=['listing'], name='view_of_list'),
        ),
        migrations.AddConstraint(
            model_name='savedview',
            constraint=models.UniqueConstraint(condition=models.Q(('deleted_at', None)), fields=('owner', 'listing', 'name'), name='view_name_once_per_person'),
        ),
        migrations.AddConstraint(
            model_name='defaultview',
            constraint=models.UniqueConstraint(fields=('person', 'listing'), name='default_view_once_per_list'),
        ),
    ]
