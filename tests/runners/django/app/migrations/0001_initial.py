# SPDX-License-Identifier: PostgreSQL
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    operations = [
        migrations.CreateModel('Note', [('id', models.BigAutoField(primary_key=True)), ('body', models.TextField(db_index=True)), ('n', models.IntegerField(default=0))]),
        migrations.RunPython(lambda apps, editor: apps.get_model('app', 'Note').objects.bulk_create([apps.get_model('app', 'Note')(body=f'b{i}') for i in range(100)])),
        AddIndexConcurrently('note', models.Index(fields=['n'], name='note_n')),
        migrations.RunSQL("ALTER TABLE t ADD COLUMN flag boolean DEFAULT false; UPDATE t SET flag = true WHERE id < 100;"),
    ]
