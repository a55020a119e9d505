# SPDX-License-Identifier: PostgreSQL
"""Running `decant pull --json` and acting on its events."""
import json, os, subprocess

work, decant = os.environ['work'], os.environ['DECANT']


def fact(name, ok, detail=''):
    if not ok and detail:
        print('#', str(detail).replace('\n', '\n# '))
    print(('ok' if ok else 'not ok') + ' - ' + name, flush=True)


def pull(target, source, phase=None, act=None, options=(), table=None):
    """Calls act() once, at the first event of the phase (of `table`); returns status, errors, events."""
    process = subprocess.Popen([decant, 'pull', '--no-mask', '--json', '--quiet', '--to', target, *options, source],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    events = []
    for line in process.stdout:
        event = json.loads(line)
        events.append(event['event'])
        if act and event['event'] == phase and (table is None or event.get('object') == table):
            act()
            act = None
    return process.wait(), process.stderr.read(), events
