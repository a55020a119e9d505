# SPDX-License-Identifier: PostgreSQL
"""Names with odd characters through init, check, plan, pull, report and verify; none of them reaches a terminal, a
page or a file of rules as a control character. Arguments: URLs of the databases postgres of source and target."""
import os, subprocess, sys
import psycopg2

work, decant, key = os.environ['work'], os.environ['DECANT'], os.environ['key']
groups = {
    'dollars': ['a$b', '$x', '${HOME}', '$$', '${X:-y}', '$1'],
    'control characters': ['new\nline', 'tab\there', 'bell\x07', 'esc\x1b[31mred', 'CR\rx', '\x7f', '\x01'],
    'directions': ['rtl\u202egnp', '\u2028', '\u200b', '\ufeffbom'],
    'quotes': ['quo"te', "apo'strophe", '"', "'", '`', 'back\\slash', 'sla/sh', '%s', '&amp;', '<b>', '|', '>'],
    'YAML': ['col:on', 'has#hash', ' leading', 'trailing ', '-dash', '{b}', 'com,ma', 'null', 'true', '~', '1e3', '0123', '!tag', 'x: y', '- x', '? x', '[a]'],
    'patterns': ['*', '?', '/re/', 'per.iod', '@at', '@', 'a@b'],
    'letters': ['\u00e9', '\u4e2d', '\U0001f600', 'A B', 'select'],
}


def q(name):
    return '"' + name.replace('"', '""') + '"'


def fact(name, ok, detail=''):
    if not ok and detail:
        detail = '\n'.join(l for l in str(detail).split('\n') if l and ' s  ' not in l)[:600]
        print('#', detail.encode('unicode_escape').decode().replace('\\n', '\n# '))
    print(('ok' if ok else 'not ok') + ' - ' + name, flush=True)


def run(*args):
    p = subprocess.run([decant, *args], capture_output=True, timeout=60)
    return p.returncode, p.stdout + p.stderr


raw = []


def clean(what, out):
    for char in '\x1b\u202e\x07\x01\r':
        if char.encode() in out:
            raw.append(f'{what}: U+{ord(char):04X}')


admin = psycopg2.connect(sys.argv[1])
admin.autocommit = True
for n, (group, spellings) in enumerate(groups.items()):
    database = f'names_{n}'
    admin.cursor().execute(f'CREATE DATABASE {database}')
    source, copy = (u.replace('/postgres?', f'/{database}?') for u in sys.argv[1:3])
    with psycopg2.connect(source) as c, c.cursor() as cursor:
        for s in spellings:
            cursor.execute('CREATE TABLE ' + q(s) + ' (id int PRIMARY KEY, email text, ' + q(s) + ' text)')
            cursor.execute('INSERT INTO ' + q(s) + " SELECT g, 'p' || g || '@kundenpost.org', 'some text ' || g FROM generate_series(1, 20) g")
    c.close()
    rules, file = f'{work}/{database}.yaml', f'{work}/{database}.sqlite'
    masks = ['-c', rules, '--key-file', key]
    steps = {'init': ['init', *masks, '--rate', '100%', source], 'check': ['check', '-c', rules, source], 'plan': ['plan', *masks, source],
             'a pull to SQLite': ['pull', *masks, '--to', file, source], 'a pull to PostgreSQL': ['pull', *masks, '--to', copy, source],
             'a report': ['report', file], 'a page': ['report', '--format', 'html', file], 'Markdown': ['report', '--format', 'md', file],
             'verify': ['verify', file], 'verify beside the source': ['verify', '--source', source, *masks, file],
             'grants': ['check', '--grants', source]}
    failed = []
    for step, args in steps.items():
        status, out = run(*args)
        clean(f'{step} ({group})', out)
        if status != 0:
            failed.append(f'{step}: status {status}: {out.decode(errors="replace")[-250:] if not failed else ""}')
    failed = [f for f in failed if not failed[0].startswith('init') or f is failed[0]]
    fact(f'names with {group} pass init, pull, report and verify', not failed, '\n'.join(failed))
    if os.path.exists(rules):
        clean(f'the rules ({group})', open(rules, 'rb').read())
    for what, args in (('check without rules', ['check', source]), ('pull --json', ['pull', '--json', '--no-mask', '--to', f'{work}/{database}.json.sqlite', source])):
        clean(f'{what} ({group})', run(*args)[1])
    lost = [s for s in spellings if all(run('explain', 'public.' + spelled, '-c', rules, source)[0] != 0 for spelled in (s, q(s)))]
    fact(f'explain knows names with {group}', not lost, lost)
fact('no control character, nor U+202E, is printed raw', not raw, ', '.join(raw))
