#!/bin/bash
# SPDX-License-Identifier: PostgreSQL
# A copy with the django profile, read by Django.
. "$(dirname "$0")/lib.sh"
/usr/bin/python3 -c 'import django' 2>/dev/null || { skip "Django reads a copy" "python3-django is not installed"; exit 0; }
cluster_make source
load source shop fixtures/shop.sql -v scale=0.02
on source shop "CREATE TABLE django_rows (id serial PRIMARY KEY, at timestamptz NOT NULL, u uuid NOT NULL, d interval, day date, amount numeric(10,2), doc jsonb, yes bool)" \
    "INSERT INTO django_rows (at, u, d, day, amount, doc, yes) VALUES ('2024-05-01 00:00:00+00', '00000000-0000-0000-0000-0000000000ab', '1 day 2 hours', '2024-05-01', 12.30, '{\"a\": [1]}', true),
     ('2024-05-01 00:00:00.5+00', '00000000-0000-0000-0000-0000000000ac', NULL, NULL, 0.10, 'null', false)"
fact "the copy is made" pull "$work/django.sqlite" "$(url source shop)" --profile django
/usr/bin/python3 - "$work/django.sqlite" <<'P'
import datetime, decimal, io, re, sys, uuid
import django
from django.conf import settings
settings.configure(DATABASES={'default': {'ENGINE': 'django.db.backends.sqlite3', 'NAME': sys.argv[1]}}, USE_TZ=True, TIME_ZONE='UTC',
                   INSTALLED_APPS=[], DEFAULT_AUTO_FIELD='django.db.models.AutoField')
django.setup()
from django.core.management import call_command
from django.db import connection, models

def fact(name, ok, detail=''):
    if not ok: print('#', detail)
    print(('ok' if ok else 'not ok') + ' - ' + name)

out = io.StringIO()
call_command('inspectdb', stdout=out)
code = out.getvalue()
space = {'__name__': 'app.models'}
code = re.sub(r'class Meta:', "class Meta:\n        app_label = 'app'", code)
code = code.replace('max_digits=10, decimal_places=5', 'max_digits=30, decimal_places=10').replace('models.AutoField(', 'models.BigIntegerField(')  # inspectdb guesses both
exec(compile(code, 'models', 'exec'), space)
found = [m for m in space.values() if isinstance(m, type) and issubclass(m, models.Model) and m is not models.Model and m._meta.db_table != 'sqlite_stat1']
tables = set(connection.introspection.table_names()) - {'sqlite_stat1'}
fact('inspectdb makes a model for every table', {m._meta.db_table for m in found} == tables and len(tables) == 19, tables)
read, trouble = 0, []
for m in found:
    with connection.cursor() as cursor:
        real = {c.name for c in connection.introspection.get_table_description(cursor, m._meta.db_table)}
    try:
        read += len(list(m.objects.values_list(*[f.attname for f in m._meta.fields if f.column in real])))
    except Exception as e:
        trouble.append((m._meta.db_table, repr(e)))
fact('Django reads every row of every table', not trouble and read > 70000, (read, trouble))

class Row(models.Model):
    at = models.DateTimeField(); u = models.UUIDField(); d = models.DurationField(null=True); day = models.DateField(null=True)
    amount = models.DecimalField(max_digits=10, decimal_places=2); doc = models.JSONField(null=True); yes = models.BooleanField()
    class Meta:
        app_label = 'app2'; managed = False; db_table = 'django_rows'
utc = datetime.timezone.utc
midnight = datetime.datetime(2024, 5, 1, tzinfo=utc)
fact('a row is found by its timestamp', Row.objects.filter(at=midnight).count() == 1)
fact('and by one with a fraction', Row.objects.filter(at=midnight + datetime.timedelta(milliseconds=500)).count() == 1)
fact('timestamps are ordered', Row.objects.filter(at__gte=midnight).count() == 2 and Row.objects.filter(at__lt=midnight).count() == 0)
fact('a row is found by its uuid', Row.objects.filter(u=uuid.UUID(int=0xab)).count() == 1)
row = Row.objects.get(pk=1)
fact('values have their types', (row.d, row.day, row.amount, row.doc, row.yes) ==
     (datetime.timedelta(days=1, hours=2), datetime.date(2024, 5, 1), decimal.Decimal('12.30'), {'a': [1]}, True), vars(row))
fact('a row can be written', Row(at=midnight, u=uuid.uuid4(), amount=1, yes=True, doc={}).save() is None)
P

# ---- an application with its admin, on a masked copy
on source postgres "CREATE DATABASE clinic"
export work
if /usr/bin/python3 -c 'import psycopg2' 2>/dev/null; then
    fact "an application fills its database" /usr/bin/python3 tests/e2e/django_admin.py fill "$work/source" clinic
    fact "init writes its rules" bash -c "'$DECANT' init -c '$work/clinic.yaml' --key-file '$work/clinic.key' '$(url source clinic)' >/dev/null"
    sed -i '/^sample:/,/^columns:/{/^columns:/!d}' "$work/clinic.yaml"
    fact "the masked copy is made" "$DECANT" pull -q --profile django -c "$work/clinic.yaml" --key-file "$work/clinic.key" --to "$work/clinic.sqlite" "$(url source clinic)"
    /usr/bin/python3 tests/e2e/django_admin.py use "$work/clinic.sqlite"
else
    skip "an application with its admin works on a masked copy" "python3-psycopg2 is not installed"
fi

# ---- and one as its framework writes it, by the rules of init: who knows the developers' password gets in
load source django fixtures/apps/django.sql -v ON_ERROR_STOP=1
on source django ANALYZE
fact "init writes the rules of a shop" bash -c "'$DECANT' init -c '$work/shop.yaml' --key-file '$work/shop.key' '$(url source django)' >/dev/null"
hash=$(/usr/bin/python3 tests/e2e/django_app.py hash 'of all developers')
sed -i "/^  public.auth_user:/,/^  public/s|^    password: secret.*|    password: {use: set, value: '$hash'}|" "$work/shop.yaml"
fact "one password for all is set" "$DECANT" pull -q -c "$work/shop.yaml" --key-file "$work/shop.key" --rate 30% --to "$work/shop.sqlite" "$(url source django)"
/usr/bin/python3 tests/e2e/django_app.py use "$work/shop.sqlite" 'of all developers'
