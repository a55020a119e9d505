#!/bin/bash
# SPDX-License-Identifier: PostgreSQL
# Full disks, unwritable folders, two runs at once, secrets.
. "$(dirname "$0")/lib.sh"
cluster_make source
load source shop fixtures/shop.sql -v scale=0.05
src=$(url source shop)

if [ "$(id -u)" = 0 ] && mkdir "$work/small" && mount -t tmpfs -o size=24m tmpfs "$work/small" 2>/dev/null; then
    fact "a small copy fits" pull "$work/small/c.sqlite" "$src" -t coupons
    cp "$work/small/c.sqlite" "$work/before"
    fact "a full disk ends with 6 and says so" fails_with 6 "no space left" pull "$work/small/c.sqlite" "$src"
    fact "the old copy is as it was" cmp "$work/before" "$work/small/c.sqlite"
    fact "nothing is left beside it" same files "" "$(ls "$work/small" | grep -v -e '^c.sqlite$' -e '\.decant$')"
    umount "$work/small"
else
    skip "a full disk ends with 6" "no right to mount a tmpfs"
fi
if [ "$(id -u)" = 0 ]; then
    mkdir "$work/readonly"
    mount -t tmpfs -o ro,size=1m tmpfs "$work/readonly" 2>/dev/null &&
        { fact "a folder that cannot be written to ends with 6" fails_with 6 "cannot" pull "$work/readonly/c.sqlite" "$src"; umount "$work/readonly"; }
else
    mkdir -m 555 "$work/readonly"
    fact "a folder that cannot be written to ends with 6" fails_with 6 "cannot" pull "$work/readonly/c.sqlite" "$src"
fi
fact "a folder that does not exist ends with 6" fails_with 6 "cannot" pull "$work/no/such/c.sqlite" "$src"
fact "a database that does not exist ends with 6" fails_with 6 "does not exist" pull "$work/x.sqlite" "$(url source nothing)"

# two runs at once
export DECANT work
/usr/bin/python3 - "$src" <<'P'
import os, subprocess, sys
sys.path.insert(0, 'tests/e2e')
from events import fact, pull, work
target, source, second = f'{work}/two.sqlite', sys.argv[1], {}
def other(options):
    def act():
        p = subprocess.run([os.environ['DECANT'], 'pull', '--no-mask', '-q', '--to', target, *options, source], capture_output=True, text=True)
        second['status'], second['err'] = p.returncode, p.stderr
    return act
status, err, _ = pull(target, source, 'snapshot', other([]))
fact('a second run on the same target is refused', second['status'] == 3 and 'another run holds' in second['err'], second)
fact('the first one is not disturbed', status == 0, err)
waiting = []
def start():
    waiting.append(subprocess.Popen([os.environ['DECANT'], 'pull', '--no-mask', '-q', '--wait', '--to', target, source], stderr=subprocess.PIPE))
status, err, _ = pull(target, source, 'snapshot', start)
fact('with --wait it waits and succeeds', waiting[0].wait() == 0 and status == 0)
P

# a password travels in no argument and no environment value of a child
cluster_make locked "password_encryption=scram-sha-256"
on locked postgres "CREATE ROLE secretive SUPERUSER LOGIN PASSWORD 'pa:ss\\word'"
printf 'local all tester trust\nlocal all all scram-sha-256\n' | as_server tee "$work/locked/data/pg_hba.conf" >/dev/null
on locked postgres "SELECT pg_reload_conf()" >/dev/null
load locked shop fixtures/shop.sql -v scale=0.001
printf '*:*:*:secretive:pa\\:ss\\\\word\n' >"$work/.pgpass"
chmod 600 "$work/.pgpass"
cluster_make target
PGPASSFILE=$work/.pgpass
export PGPASSFILE
fact "pg_dump gets the password" pull "$(url target locked_copy)" "postgresql:///shop?host=$work/locked&user=secretive"
unset PGPASSFILE

# what a value of the source says is in no message
on source shop "CREATE DOMAIN never AS text" "CREATE TABLE bad (id int PRIMARY KEY, v text)" "INSERT INTO bad VALUES (1, 'top-secret-value')" \
    "CREATE FUNCTION fails(text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RAISE EXCEPTION ''%'', \$1; END'"
"$DECANT" pull --no-mask --to "$work/v.sqlite" "$src" >"$work/log" 2>&1
fact "no value stands in the log of a pull" bash -c "! grep -q top-secret '$work/log'"
fact "no value stands in the manifest" bash -c "! grep -qa top-secret '$work'/v.sqlite.*.decant"
