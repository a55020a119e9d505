# SPDX-License-Identifier: PostgreSQL
"""A network that stalls, between decant and a server: a proxy that accepts and says nothing, that stops in the
middle of the catalog or of a COPY, that keeps the request to cancel to itself. Each run must end: by itself
within its limit, by a signal within three seconds, by a second signal at once."""
import hashlib, os, re, signal, socket, struct, subprocess, threading, time
from concurrent.futures import ThreadPoolExecutor
import psycopg2

work, decant = os.environ['work'], os.environ['DECANT']
rules, key = os.environ['rules'], os.environ['key']
CANCEL = struct.pack('!ii', 16, 80877102)


def fact(name, ok, detail=''):
    if not ok and detail:
        print('#', str(detail).replace('\n', '\n# '))
    print(('ok' if ok else 'not ok') + ' - ' + name, flush=True)


class Proxy:
    """Stands before the server in `folder`. A session stops once `trigger` was seen in what the client sent (and, with
    `program`, if its application_name has that), and `after` more bytes came back from the server."""

    def __init__(self, folder, database, trigger=None, after=0, program='', new='pass', cancel='pass', answers=True):
        self.path, self.database = f'{folder}/.s.PGSQL.5432', database
        self.trigger, self.after, self.program = trigger, after, program.encode()
        self.new, self.cancel, self.answers = new, cancel, answers
        self.frozen_at = None
        self.cancels = 0
        self.sockets = []
        self.listener = socket.create_server(('127.0.0.1', 0), backlog=50)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def url(self, options=''):
        return f'postgresql://tester@127.0.0.1:{self.port}/{self.database}' + (f'?{options}' if options else '')

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            self.sockets.append(client)
            if self.answers:
                threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        hello = b''
        while len(hello) < 8 or len(hello) < struct.unpack('!i', hello[:4])[0]:
            piece = client.recv(4096)
            if not piece:
                return client.close()
            hello += piece
            if hello[4:8] in (struct.pack('!i', 80877103), struct.pack('!i', 80877104)):  # TLS, GSS: no
                client.sendall(b'N')
                hello = hello[8:]
        is_cancel = hello[:8] == CANCEL
        self.cancels += is_cancel
        if is_cancel and self.cancel == 'silent' or not is_cancel and self.frozen_at and self.new == 'silent':
            return
        server = socket.socket(socket.AF_UNIX)
        self.sockets.append(server)
        server.connect(self.path)
        server.sendall(hello)
        state = {'armed': self.trigger == '' and self.program in hello, 'bytes': 0, 'frozen': False}
        threading.Thread(target=self.pump, args=(client, server, state, self.program in hello), daemon=True).start()
        self.pump_back(server, client, state)

    def stop_session(self, state):
        state['frozen'] = True
        if self.frozen_at is None:
            self.frozen_at = time.monotonic()

    def pump(self, client, server, state, counts):
        tail = b''
        try:
            while data := client.recv(65536):
                if state['frozen']:
                    continue  # what is lost on the way
                if counts and self.trigger and not state['armed']:
                    tail = (tail + data)[-100000:]
                    if re.search(self.trigger.encode(), tail):
                        state['armed'] = True
                        if self.after == 0:
                            self.stop_session(state)
                            continue
                server.sendall(data)
                if state['armed'] and self.after < 0:  # counts what the client sends
                    state['bytes'] += len(data)
                    if state['bytes'] >= -self.after:
                        self.stop_session(state)
        except OSError:
            pass
        for end in server, client:  # a client that has gone takes its session along
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def pump_back(self, server, client, state):
        try:
            while not state['frozen'] and (data := server.recv(4096)):
                if state['frozen']:
                    break
                client.sendall(data)
                if state['armed'] and self.after > 0:
                    state['bytes'] += len(data)
                    if state['bytes'] >= self.after:
                        self.stop_session(state)
            if not state['frozen']:
                client.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    def close(self):
        for s in [self.listener, *self.sockets]:
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            s.close()


def run(args, proxy, limit, act=None):
    """Returns status, seconds since the stall (or since act), errors; a run that does not end within limit is killed."""
    process = subprocess.Popen([decant, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    started = time.monotonic()
    while proxy is not None and proxy.answers and proxy.frozen_at is None and process.poll() is None and time.monotonic() - started < 30:
        time.sleep(.02)
    since = proxy.frozen_at if proxy is not None and proxy.frozen_at is not None else started
    if act is not None and process.poll() is None:
        since = act(process)
    try:
        _, err = process.communicate(timeout=max(.1, since + limit - time.monotonic()))
        return process.returncode, time.monotonic() - since, err
    except subprocess.TimeoutExpired:
        process.kill()
        _, err = process.communicate()
        return 'hangs', time.monotonic() - since, err


def after(seconds, *signals):
    def act(process):
        time.sleep(seconds)
        for i, s in enumerate(signals):
            if i:
                time.sleep(.3)
            process.send_signal(s)
        return time.monotonic()
    return act


def ends(name, result, limit, statuses):
    status, took, err = result
    fact(name, status in statuses and took <= limit, f'status {status} after {took:.1f} s, wanted {statuses} within {limit} s: {err.strip()[:300]}')


STOPPED = (6, 130, 143, -signal.SIGTERM, -signal.SIGINT)
copy = f'{work}/copy.sqlite'
source_folder, target_folder = f'{work}/source', f'{work}/target'
direct = f'postgresql:///shop?host={source_folder}&user=tester'


def digest():
    return hashlib.sha256(open(copy, 'rb').read()).hexdigest()


def beside():
    return sorted(f for f in os.listdir(work) if f.startswith('copy.sqlite') and not f.endswith(('.decant', '-lock')) and f != 'copy.sqlite')


def commands(url):
    masks = ['-c', rules, '--key-file', key]
    return {'init': ['init', '-c', f'{work}/none/rules.yaml', '--key-file', key, url],
            'check': ['check', '-q', '-c', rules, url],
            'plan': ['plan', *masks, url],
            'explain': ['explain', 'public.orders', '-c', rules, url],
            'pull': ['pull', '-q', '--no-mask', '--to', copy, url],
            'verify': ['verify', '-q', '--source', url, *masks, f'{work}/sample.sqlite']}


# ---- accepted, and nothing said
subprocess.run([decant, 'pull', '-q', '--no-mask', '--to', copy, direct], check=True)
subprocess.run([decant, 'pull', '-q', '-c', rules, '--key-file', key, '--to', f'{work}/sample.sqlite', direct], check=True)
before = digest()
os.makedirs(f'{work}/none', exist_ok=True)
silent = Proxy(source_folder, 'shop', answers=False)
target = Proxy(target_folder, 'postgres', answers=False)
default = ThreadPoolExecutor(1).submit(run, commands(silent.url())['check'], silent, 40)
with ThreadPoolExecutor(24) as pool:  # these only wait
    given_up = {name: pool.submit(run, args, silent, 8) for name, args in commands(silent.url('connect_timeout=2')).items()}
    to_target = pool.submit(run, ['pull', '-q', '--no-mask', '--to', target.url('connect_timeout=2'), direct], target, 12)
    for name, result in given_up.items():
        ends(f'{name}: a server that accepts and is silent is given up by connect_timeout', result.result(), 5, (6,))
    ends('a silent target is given up, too', to_target.result(), 8, (6,))
    fact('and names itself', 'target' in to_target.result()[2], to_target.result())
    stopped = {name: pool.submit(run, args, silent, 6, after(.5, signal.SIGTERM)) for name, args in commands(silent.url()).items()}
    for name, result in stopped.items():
        ends(f'{name}: SIGTERM ends the wait', result.result(), 3, STOPPED)
    twice = f'postgresql://tester@127.0.0.1:{silent.port},127.0.0.1:{Proxy(source_folder, "shop").port}/shop?connect_timeout=2'
    ends('the second host of a list is tried', run(['check', '-q', '--no-mask', twice], None, 12), 10, (0,))

# ---- frozen in the catalog, in a COPY
PLACES = {'in the catalog': dict(trigger='pg_attribute', after=2000), 'at a statement': dict(trigger='pg_constraint'),
          'in a COPY': dict(trigger='COPY [^;]*TO STDOUT', after=20000), 'before a COPY': dict(trigger='COPY [^;]*TO STDOUT')}
WAYS = {'in the catalog': ['silent'], 'at a statement': ['pass'], 'in a COPY': ['pass', 'silent'], 'before a COPY': ['silent']}
for place, how in PLACES.items():
    for new in WAYS[place]:
        words = f'{place}, ' + ('others get through' if new == 'pass' else 'nothing gets through')
        p = Proxy(source_folder, 'shop', new=new, cancel=new, **how)
        r = run(['pull', '-q', '--no-mask', '-j', '1', '--stall-timeout', '2s', '--to', copy, p.url('connect_timeout=2')], p, 20)
        fact(f'{words}: the proxy stalls', p.frozen_at is not None, r)
        ends(f'{words}: the run ends by itself', r, 5 if new == 'pass' else 9, (6,))
        p.close()
        fact(f'{words}: nothing is left beside the copy', not beside(), beside())
        p = Proxy(source_folder, 'shop', new=new, cancel=new, **how)
        ends(f'{words}: SIGTERM ends it', run(['pull', '-q', '--no-mask', '--to', copy, p.url('connect_timeout=2')], p, 8, after(.5, signal.SIGTERM)), 4, STOPPED)
        p.close()
    p = Proxy(source_folder, 'shop', new='silent', cancel='silent', **how)
    ends(f'{place}: a second signal ends it at once', run(['pull', '-q', '--no-mask', '--to', copy, p.url()], p, 8, after(.5, signal.SIGTERM, signal.SIGTERM)), .7, STOPPED)
    p.close()
    fact(f'{place}: the copy is as it was', digest() == before)
    r = run(['pull', '-q', '--no-mask', '--to', copy, direct], None, 60)
    fact(f'{place}: the target is free again', r[0] == 0 and not beside(), (r, beside()))
CATALOG = dict(new='silent', cancel='silent', trigger='pg_attribute', after=2000)


def of_a_command(name, *act):
    p = Proxy(source_folder, 'shop', **CATALOG)
    args = commands(p.url('connect_timeout=2'))[name]
    if not act:
        args[1:1] = ['--stall-timeout', '2s']
    result = run(args, p, 8 if act else 20, *act)
    p.close()
    return result


with ThreadPoolExecutor(10) as pool:
    alone = {name: pool.submit(of_a_command, name) for name in ('init', 'check', 'plan', 'explain', 'verify')}
    killed = {name: pool.submit(of_a_command, name, after(.5, signal.SIGTERM)) for name in alone}
    for name in alone:
        ends(f'{name}: frozen in the catalog, it ends by itself', alone[name].result(), 9, (6,))
        ends(f'{name}: and by SIGTERM', killed[name].result(), 3.5, STOPPED)

# ---- a cancel that nobody hears
p = Proxy(source_folder, 'shop', cancel='silent', trigger='COPY [^;]*TO STDOUT')
ends('a cancel that is not answered holds nobody up', run(['pull', '-q', '--no-mask', '--to', copy, p.url()], p, 8, after(.5, signal.SIGINT)), 3, STOPPED)
p.close()

# ---- the target
def target_rows(database='stalled'):
    with psycopg2.connect(f'host={target_folder} user=tester dbname={database}') as c, c.cursor() as cursor:
        cursor.execute('SELECT count(*), min(oid) FROM orders, pg_database WHERE datname = current_database()')
        return cursor.fetchone()


url = f'postgresql:///stalled?host={target_folder}&user=tester'
subprocess.run([decant, 'pull', '-q', '--no-mask', '--to', url, direct], check=True)
rows = target_rows()
TARGETS = {'in its catalog': dict(trigger='pg_database', after=0), 'while rows are sent': dict(trigger='COPY [^;]*FROM STDIN', after=-30000),
           'before it says that rows have come': dict(trigger='COPY [^;]*FROM STDIN'), 'while indexes are made': dict(trigger='', after=1000, program='pg_restore')}
for place, how in TARGETS.items():
    for new in ('pass', 'silent') if place == 'while rows are sent' else ('silent',):
        words = f'target stalls {place}, ' + ('others get through' if new == 'pass' else 'nothing gets through')
        p = Proxy(target_folder, 'stalled', new=new, cancel=new, **how)
        r = run(['pull', '-q', '--no-mask', '--stall-timeout', '2s', '-j', '1', '--to', p.url('connect_timeout=2'), direct], p, 25)
        fact(f'{words}: the proxy stalls', p.frozen_at is not None, r)
        ends(f'{words}: the run ends by itself', r, 5 if new == 'pass' else 9, (6,))
        p.close()
    p = Proxy(target_folder, 'stalled', new='silent', cancel='silent', **how)
    ends(f'target stalls {place}: SIGTERM ends it', run(['pull', '-q', '--no-mask', '--to', p.url('connect_timeout=2'), direct], p, 8, after(.5, signal.SIGTERM)), 5, STOPPED)
    p.close()
    fact(f'target stalls {place}: the copy is as it was', target_rows() == rows, (target_rows(), rows))
r = run(['pull', '-q', '--no-mask', '--to', url, direct], None, 60)
fact('the target is free again', r[0] == 0, r)
p = Proxy(target_folder, 'stalled', new='silent', cancel='silent', trigger='pg_class')
manifest = max((os.path.join(d, f) for d, _, files in os.walk(f'{work}/state') for f in files if 'stalled' in f and f.endswith('.decant')), key=os.path.getmtime)
ends('verify of a copy that stalls ends by itself', run(['verify', '-q', '--manifest', manifest, '--stall-timeout', '2s', p.url('connect_timeout=2')], p, 20), 9, (6,))
p.close()
p = Proxy(source_folder, 'shop', trigger='', after=5000, program='pg_dump', new='silent', cancel='silent')
ends('pg_dump that stalls is ended', run(['pull', '-q', '--no-mask', '--stall-timeout', '2s', '--to', url, p.url('connect_timeout=2')], p, 25), 9, (6,))
p.close()

# ---- long work is no stall
slow = open(rules).read()
slow = re.sub(r'^sample:.*$', 'sample:\n  rate: 30%\n  tables: {public.customers: {where: "(SELECT pg_sleep(4) IS NOT NULL)"}}', slow, flags=re.M)
slow = re.sub(r'(tables: .*\n)(?:  rate: .*\n)', r'\1', slow)
open(f'{work}/slow.yaml', 'w').write(slow)
r = run(['pull', '-q', '-c', f'{work}/slow.yaml', '--key-file', key, '--stall-timeout', '1s', '--to', f'{work}/slow.sqlite', direct], None, 90)
fact('a statement that works for 4 s is no stall of 1 s', r[0] == 0 and r[1] > 4, r)
p = Proxy(source_folder, 'shop')
r = run(['pull', '-q', '-c', f'{work}/slow.yaml', '--key-file', key, '--stall-timeout', '1s', '--to', f'{work}/slow.sqlite', p.url('connect_timeout=2')], None, 90)
fact('nor over a network', r[0] == 0 and r[1] > 4, r)
p.close()
r = run(['pull', '-q', '-c', f'{work}/slow.yaml', '--key-file', key, '--stall-timeout', '1s', '--to', f'{work}/slow.sqlite', direct], None, 8, after(2.5, signal.SIGTERM))
ends('and SIGTERM ends it', r, 3, STOPPED)
with psycopg2.connect(f'host={source_folder} user=tester dbname=shop') as c, c.cursor() as cursor:
    working = None
    for _ in range(20):
        cursor.execute("SELECT count(*) FROM pg_stat_get_activity(NULL) WHERE query LIKE '%pg_sleep(4)%' AND pid <> pg_backend_pid() AND state = 'active'")
        if (working := cursor.fetchone()[0]) == 0:
            break
        time.sleep(.1)
    fact('with its statement', working == 0)

# ---- waits that are no network
holder = psycopg2.connect(f'host={source_folder} user=tester dbname=shop', options='-c lock_timeout=5s')
holder.cursor().execute('LOCK TABLE orders IN ACCESS EXCLUSIVE MODE')
ends('SIGTERM ends a wait for a lock of the source', run(['pull', '-q', '--no-mask', '--lock-timeout', '60s', '--to', copy, direct], None, 8, after(1, signal.SIGTERM)), 3, STOPPED)
holder.rollback()
holder.cursor().execute('LOCK TABLE orders IN ACCESS EXCLUSIVE MODE')
for kind, to in ('file', copy), ('database', url):
    first = subprocess.Popen([decant, 'pull', '-q', '--no-mask', '--lock-timeout', '60s', '--to', to, direct], stderr=subprocess.DEVNULL)
    time.sleep(1)
    ends(f'SIGTERM ends a wait for another run: {kind}', run(['pull', '-q', '--no-mask', '--wait=60', '--to', to, direct], None, 8, after(1, signal.SIGTERM)), 3, STOPPED)
    first.terminate()
    try:
        first.wait(5)
    except subprocess.TimeoutExpired:
        first.kill()
holder.rollback()
os.mkfifo(f'{work}/fifo')
ends('SIGTERM ends a wait for a file that is none', run(['check', '-q', '-c', f'{work}/fifo', direct], None, 6, after(.5, signal.SIGTERM)), 3, (2, 3, *STOPPED))
ends('connecting has a limit of 30 s if nobody named one', default.result(), 33, (6,))
