# SPDX-License-Identifier: PostgreSQL
"""Running `decant pull --json`, or `run`, and acting on its events."""
import json, os, signal, subprocess

work, decant = os.environ['work'], os.environ['DECANT']


def fact(name, ok, detail=''):
    if not ok and detail:
        print('#', str(detail).replace('\n', '\n# '))
    print(('ok' if ok else 'not ok') + ' - ' + name, flush=True)


def pull(target, source, phase=None, act=None, options=(), table=None, is_frozen=False, verb=('pull',)):
    """Calls act() once, at the first event of the phase (of `table`); returns status, errors, events. Frozen, the pull
    stands still meanwhile, and its connections with it."""
    process = subprocess.Popen([decant, *verb, '--no-mask', '--json', '--quiet', '--to', target, *options, source],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    events = []
    for line in process.stdout:
        event = json.loads(line)
        events.append(event['event'])
        if act and event['event'] == phase and (table is None or event.get('object') == table):
            if is_frozen:
                process.send_signal(signal.SIGSTOP)
            act()
            if is_frozen:
                process.send_signal(signal.SIGCONT)
            act = None
    return process.wait(), process.stderr.read(), events
