# SPDX-License-Identifier: PostgreSQL
"""A small Django application with its admin: django_admin.py fill|use DATABASE...
fill: migrates a PostgreSQL database (host, name) and writes rows; use: works on a masked SQLite copy."""
import os, sys, types

what, *where = sys.argv[1:]
folder = os.path.join(os.environ['work'], 'site')
os.makedirs(os.path.join(folder, 'clinic'), exist_ok=True)
open(os.path.join(folder, 'clinic', '__init__.py'), 'w').close()
with open(os.path.join(folder, 'clinic', 'models.py'), 'w') as f:
    f.write('''
from django.conf import settings
from django.db import models

class Patient(models.Model):
    first_name = models.CharField(max_length=40)
    last_name = models.CharField(max_length=40)
    email = models.EmailField(unique=True)
    phone = models.CharField(max_length=24, blank=True)
    born = models.DateField(null=True, blank=True)
    sex = models.CharField(max_length=1, choices=[('f', 'female'), ('m', 'male')])
    notes = models.TextField(blank=True)
    extra = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)
    def __str__(self):
        return self.last_name

class Visit(models.Model):
    patient = models.ForeignKey(Patient, on_delete=models.CASCADE)
    doctor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT)
    status = models.CharField(max_length=12, default='planned')
    reason = models.TextField()
    at = models.DateTimeField()
''')
with open(os.path.join(folder, 'clinic', 'admin.py'), 'w') as f:
    f.write('''
from django.contrib import admin
from . import models

@admin.register(models.Patient)
class PatientAdmin(admin.ModelAdmin):
    list_display = ['last_name', 'first_name', 'email', 'born', 'sex']
    search_fields = ['email', 'last_name']
    list_filter = ['sex']

@admin.register(models.Visit)
class VisitAdmin(admin.ModelAdmin):
    list_display = ['patient', 'doctor', 'status', 'at']
    date_hierarchy = 'at'
''')
sys.path.insert(0, folder)
import django
from django.conf import settings
database = ({'ENGINE': 'django.db.backends.postgresql', 'HOST': where[0], 'NAME': where[1], 'USER': 'tester'} if what == 'fill'
            else {'ENGINE': 'django.db.backends.sqlite3', 'NAME': where[0]})
urls = types.ModuleType('site_urls')
settings.configure(
    DATABASES={'default': database}, USE_TZ=True, TIME_ZONE='UTC', SECRET_KEY='of a test', ROOT_URLCONF='site_urls', ALLOWED_HOSTS=['*'],
    DEFAULT_AUTO_FIELD='django.db.models.BigAutoField', STATIC_URL='/static/',
    INSTALLED_APPS=['django.contrib.admin', 'django.contrib.auth', 'django.contrib.contenttypes', 'django.contrib.sessions', 'django.contrib.messages', 'clinic'],
    MIDDLEWARE=['django.contrib.sessions.middleware.SessionMiddleware', 'django.contrib.auth.middleware.AuthenticationMiddleware',
                'django.contrib.messages.middleware.MessageMiddleware'],
    TEMPLATES=[{'BACKEND': 'django.template.backends.django.DjangoTemplates', 'APP_DIRS': True, 'OPTIONS': {'context_processors': [
        'django.template.context_processors.request', 'django.contrib.auth.context_processors.auth', 'django.contrib.messages.context_processors.messages']}}])
django.setup()
from django.contrib import admin
from django.urls import path
urls.urlpatterns = [path('admin/', admin.site.urls)]
sys.modules['site_urls'] = urls
import datetime
from django.contrib.auth import get_user_model
from django.core.management import call_command
from clinic.models import Patient, Visit
User = get_user_model()
utc = datetime.timezone.utc

if what == 'fill':
    call_command('makemigrations', 'clinic', verbosity=0)
    call_command('migrate', verbosity=0)
    boss = User.objects.create_superuser('marta.secretname', 'marta@hospital.test', 'correct horse', first_name='Marta', last_name='Secretname')
    for i in range(300):
        p = Patient.objects.create(first_name='Secretfirst%d' % i, last_name='Secretlast%d' % i, email='secret%d@patients.test' % i, phone='+1 212 555 %04d' % (1000 + i),
                                   born=datetime.date(1950 + i % 60, 1 + i % 12, 5), sex='fm'[i % 2], notes='Secretlast%d called about the leg' % i if i % 3 else '',
                                   extra={'contact': {'email': 'secret%d@patients.test' % i}, 'n': i})
        Visit.objects.create(patient=p, doctor=boss, reason='Secretfirst%d fell' % i, at=datetime.datetime(2024, 1, 1 + i % 28, tzinfo=utc), status=['planned', 'done'][i % 2])
    from django.test import Client
    client = Client()
    client.force_login(boss)
    client.post('/admin/clinic/patient/1/change/', {'first_name': 'Secretfirst0', 'last_name': 'Secretlast0', 'email': 'secret0@patients.test', 'phone': '', 'born': '1950-01-05',
                                                    'sex': 'f', 'notes': '', 'extra': '{}'})
    sys.exit()


def fact(name, ok, detail=''):
    if not ok:
        print('#', detail)
    print(('ok' if ok else 'not ok') + ' - ' + name)


from django.test import Client
boss = User.objects.get(is_superuser=True)
fact('the administrator is there under another name', 'secret' not in boss.username + boss.last_name + boss.email, vars(boss))
fact('whose password is of no use', not boss.check_password('correct horse') and not boss.has_usable_password())
client = Client()
client.force_login(boss)
pages = ['/admin/', '/admin/clinic/patient/', '/admin/clinic/patient/?q=example', '/admin/clinic/patient/?sex=f', '/admin/clinic/visit/',
         '/admin/clinic/patient/2/change/', '/admin/clinic/patient/1/history/', '/admin/clinic/visit/3/change/', '/admin/auth/user/', '/admin/clinic/patient/5/delete/']
answers = [(p, client.get(p)) for p in pages]
fact('every page of its admin works', all(a.status_code == 200 for _, a in answers), [(p, a.status_code) for p, a in answers])
fact('none of them shows a name of production', not any(b'ecret' in a.content.replace(b'secret%', b'') for _, a in answers), [p for p, a in answers if b'ecret' in a.content])
p = Patient.objects.get(pk=2)
answer = client.post('/admin/clinic/patient/2/change/', {'first_name': p.first_name, 'last_name': 'Newname', 'email': p.email, 'phone': p.phone, 'born': p.born or '', 'sex': p.sex,
                                                         'notes': p.notes, 'extra': '{"a": 1}'})
fact('a form with fakes is valid, and can be saved', answer.status_code == 302 and Patient.objects.get(pk=2).last_name == 'Newname', __import__('re').findall(rb'errorlist.*', answer.content))
Patient.objects.create(first_name='a', last_name='b', email='new@example.com', sex='f')
fact('new rows can be written', Patient.objects.count() == 301)
fact('code-like columns are as in production', sorted(set(Visit.objects.values_list('status', flat=True))) == ['done', 'planned'])
