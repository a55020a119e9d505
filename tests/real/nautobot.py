# What Nautobot wants to know before it makes its tables; the database is named by PG*.
import os

from nautobot.core.settings import *  # noqa: F403

SECRET_KEY = "x" * 50
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": os.environ["PGDATABASE"],
        "USER": os.environ["PGUSER"],
        "HOST": os.environ["PGHOST"],
    }
}
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
NAUTOBOT_ROOT = os.environ["HOME"]
CONSTANCE_DATABASE_CACHE_BACKEND = None

# It deletes by pattern, which only its Redis can.
from django.core.cache.backends.locmem import LocMemCache  # noqa: E402

LocMemCache.delete_pattern = lambda self, pattern, **options: 0
