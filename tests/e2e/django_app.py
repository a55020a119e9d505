# SPDX-License-Identifier: PostgreSQL
"""A shop of Django on a masked copy: django_app.py hash PASSWORD | use COPY PASSWORD. Its tables are those of fixtures/apps/django.sql;
models of the shop are what inspectdb makes of them."""
import io, os, re, sys, types
import django
from django.conf import settings

what, *rest = sys.argv[1:]
folder = os.path.join(os.environ['work'], 'shop_site')
os.makedirs(os.path.join(folder, 'shop'), exist_ok=True)
open(os.path.join(folder, 'shop', '__init__.py'), 'w').close()
sys.path.insert(0, folder)
urls = types.ModuleType('site_urls')
contrib = ['django.contrib.' + name for name in ('admin', 'auth', 'contenttypes', 'sessions', 'messages', 'sites')]
settings.configure(
    DATABASES={'default': {'ENGINE': 'django.db.backends.sqlite3', 'NAME': rest[0] if what == 'use' else ':memory:'}}, USE_TZ=True, TIME_ZONE='UTC',
    SECRET_KEY='of a test', ROOT_URLCONF='site_urls', ALLOWED_HOSTS=['*'], STATIC_URL='/static/', SITE_ID=1, INSTALLED_APPS=contrib + ['shop'],
    DEFAULT_AUTO_FIELD='django.db.models.AutoField',
    MIDDLEWARE=['django.contrib.sessions.middleware.SessionMiddleware', 'django.contrib.auth.middleware.AuthenticationMiddleware',
                'django.contrib.messages.middleware.MessageMiddleware'],
    TEMPLATES=[{'BACKEND': 'django.template.backends.django.DjangoTemplates', 'APP_DIRS': True, 'OPTIONS': {'context_processors': [
        'django.template.context_processors.request', 'django.contrib.auth.context_processors.auth', 'django.contrib.messages.context_processors.messages']}}])
django.setup()
from django.contrib.auth.hashers import make_password
if what == 'hash':
    print(make_password(rest[0]))
    sys.exit()

from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import models
from django.test import Client
from django.urls import path


def fact(name, ok, detail=''):
    if not ok:
        print('#', detail)
    print(('ok' if ok else 'not ok') + ' - ' + name)


out = io.StringIO()
known = {m._meta.db_table: m for m in apps.get_models(include_auto_created=True)}
call_command('inspectdb', stdout=out)
code = out.getvalue().replace('class Meta:', "class Meta:\n        app_label = 'shop'")
code = re.sub(r"(ForeignKey|OneToOneField)\('?(AuthUser|DjangoContentType|AuthGroup|AuthPermission)'?", "\\1('Own\\2'", code)
code = re.sub(r'^class (Auth|Django)(\w+)\(', r'class Own\1\2(', code, flags=re.M)
space = {'__name__': 'shop.models'}
exec(compile(code, 'models', 'exec'), space)
made = [m for m in space.values() if isinstance(m, type) and issubclass(m, models.Model) and m is not models.Model]
for m in made:
    if m._meta.db_table not in known and m._meta.db_table != 'sqlite_stat1':
        admin.site.register(m)
for m in known.values():
    if not admin.site.is_registered(m) and not m._meta.auto_created:
        admin.site.register(m)
urls.urlpatterns = [path('admin/', admin.site.urls)]
sys.modules['site_urls'] = urls

boss = User.objects.filter(is_superuser=True, is_active=True, is_staff=True).order_by('id').first()
client = Client()
answer = client.post('/admin/login/?next=/admin/', {'username': boss.username, 'password': 'another', 'next': '/admin/'})
fact('the shop of Django refuses a wrong password', answer.status_code == 200, answer.status_code)
answer = client.post('/admin/login/?next=/admin/', {'username': boss.username, 'password': rest[1], 'next': '/admin/'})
fact('and takes the one of all developers', answer.status_code == 302, (answer.status_code, boss.password[:12]))
trouble, rows = [], 0
for m in sorted(admin.site._registry, key=str):
    try:
        answer = client.get(f'/admin/{m._meta.app_label}/{m._meta.model_name}/')
        rows += m.objects.count()
        if answer.status_code != 200:
            trouble.append((m._meta.db_table, answer.status_code))
    except Exception as e:
        trouble.append((m._meta.db_table, repr(e)[:200]))
fact('every model has its list in the admin', not trouble and len(admin.site._registry) > 12 and rows > 2000, (trouble, len(admin.site._registry), rows))
