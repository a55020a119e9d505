#!/usr/bin/python3
# SPDX-License-Identifier: PostgreSQL
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from django.conf import settings
from django.core.management import execute_from_command_line

settings.configure(INSTALLED_APPS=['django.contrib.contenttypes', 'django.contrib.auth', 'app'], USE_TZ=True, DEFAULT_AUTO_FIELD='django.db.models.BigAutoField',
                   DATABASES={'default': {'ENGINE': 'django.db.backends.postgresql', 'NAME': os.environ['PGDATABASE'], 'USER': os.environ['PGUSER'],
                                          'HOST': os.environ['PGHOST'], 'PORT': os.environ['PGPORT']}})
execute_from_command_line(sys.argv)
