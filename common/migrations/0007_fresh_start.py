from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('common', '0006_chain'),
    ]

    operations = [
        migrations.CreateModel(
            name='FreshStart',
            fields=[
                ('kind', models.CharField(max_length=64, primary_key=True, serialize=False, verbose_name='kind')),
                ('at', models.DateTimeField(verbose_name='at')),
            ],
            options={
                'verbose_name': 'fresh start',
                'verbose_name_plural': 'fresh starts',
            },
        ),
    ]
