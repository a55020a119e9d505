# SPDX-License-Identifier: PostgreSQL
"""django-q2 and django-celery-beat in one site: their own migrations, tasks that wait, and what a cluster and a beat find."""
import os
import sys
import time
from urllib.parse import parse_qs, unquote, urlsplit

import django
from django.conf import settings

url = urlsplit(os.environ["DATABASE_URL"])
query = {k: v[0] for k, v in parse_qs(url.query).items()}
settings.configure(
    SECRET_KEY="x", USE_TZ=True, DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "django_q", "django_celery_beat", "django_celery_results"],
    Q_CLUSTER={"name": "q", "workers": 1, "orm": "default", "poll": 0.2, "scheduler": False},
    DATABASES={"default": {"ENGINE": "django.db.backends.postgresql", "NAME": unquote(url.path[1:]), "HOST": query.get("host", ""),
                           "PORT": query.get("port", ""), "USER": query.get("user", url.username or "")}})
django.setup()
from django.core.management import call_command  # noqa: E402
from django_celery_beat.models import CrontabSchedule, PeriodicTask  # noqa: E402
from django_q.brokers.orm import ORM  # noqa: E402
from django_q.models import OrmQ, Schedule  # noqa: E402
from django_q.tasks import async_task, schedule  # noqa: E402

verb, what = sys.argv[1:3]
if verb == "fill":
    call_command("migrate", verbosity=0)
    for i in range(300):
        async_task("math.copysign", 2, -2, task_name=f"mail ada{i}@realcorp.example.org")
    schedule("math.copysign", 2, -2, schedule_type=Schedule.MINUTES, next_run=django.utils.timezone.now())
    minute, _ = CrontabSchedule.objects.get_or_create()
    for i in range(40):
        PeriodicTask.objects.create(name=f"mail {i}", task="mail", crontab=minute, args=f'["ada{i}@realcorp.example.org"]')
elif what == "q":  # what a worker would take from its broker, and the scheduler from its schedules
    broker, n = ORM("default"), 0
    until = time.time() + 2
    while time.time() < until:
        for task in broker.dequeue() or []:
            broker.acknowledge(task[0])
            n += 1
    print(n + Schedule.objects.filter(next_run__lt=django.utils.timezone.now()).count())
else:  # what the beat reads when it starts
    from celery import Celery
    from django_celery_beat.schedulers import DatabaseScheduler
    app = Celery("site", broker="memory://")
    entries = DatabaseScheduler(app=app).all_as_schedule()
    print(sum(1 for name in entries if name.startswith("mail")))
