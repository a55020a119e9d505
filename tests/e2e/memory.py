# SPDX-License-Identifier: PostgreSQL
"""What the key leaves behind: a dump of all memory, taken by root once the key is closed, holds no run of
its bytes or of a sub-key's; and a run that dies of SIGABRT leaves no core.
usage: memory.py SOURCE RULES KEYFILE TARGET [OPTION...]"""
import hashlib, json, os, resource, signal, subprocess, sys, tempfile

source, rules, key_file, target, *options = sys.argv[1:]
if 'san' in os.path.basename(os.path.dirname(os.environ['DECANT'])):
    print('ok - memory holds no key once it is closed # SKIP a sanitizer keeps copies of its own')
    sys.exit()
RUN = 8  # bytes
master = bytes.fromhex(next(line.strip() for line in open(key_file) if line[0] != '#'))


def sub_key(purpose, label, size=32):
    hash = hashlib.blake2b(key=master, digest_size=size)
    for part in (purpose.encode(), label.encode()):
        hash.update(len(part).to_bytes(8, 'big') + part)
    return hash.digest()


secrets = {'the key': master, 'the key as text': master.hex().encode()}
for name in ('email', 'username', 'by_shape', 'text', 'json', 'bytes', 'last_name', 'date_shift'):
    secrets['sub-key ' + name] = sub_key('mask v1', name)
secrets['entities'] = sub_key('entity v1', '')
secrets['fingerprints'] = sub_key('fingerprint', '', 16)
for table in ('den.people', 'den.letters'):
    secrets['sample ' + table] = sub_key('sample', 'v1\n' + table)[16:]


def dump(pid):
    memory = open(f'/proc/{pid}/mem', 'rb', 0)
    for line in open(f'/proc/{pid}/maps'):
        fields = line.split()
        begin, end = (int(x, 16) for x in fields[0].split('-'))
        if 'r' not in fields[1] or fields[-1] in ('[vvar]', '[vsyscall]'):
            continue
        memory.seek(begin)
        try:
            yield line.strip(), memory.read(end - begin)
        except OSError:
            pass


def found(pid):
    result = []
    for place, data in dump(pid):
        for name, secret in secrets.items():
            for i in range(len(secret) - RUN + 1):
                if secret[i:i + RUN] in data:
                    result.append((name, place))
                    break
    return result


process = subprocess.Popen([os.environ['DECANT'], 'pull', '--json', '-q', '--to', target, '-c', rules, '--key-file', key_file, *options, source],
                           stdout=subprocess.PIPE, text=True)
before = after = None
for line in process.stdout:
    event = json.loads(line)['event']
    if event == 'table_open' and before is None:
        os.kill(process.pid, signal.SIGSTOP)
        before = found(process.pid)
        os.kill(process.pid, signal.SIGCONT)
    if event == 'indexes':
        os.kill(process.pid, signal.SIGSTOP)
        after = found(process.pid)
        os.kill(process.pid, signal.SIGCONT)
status = process.wait()
print('ok' if status == 0 and before else 'not ok', '- while rows are masked the sub-keys are in memory (or this test proves nothing)')
for name, place in after or []:
    print('#', name, place)
print('ok' if after == [] else 'not ok', '- once the key is closed, memory holds no run of its bytes')

if options:
    sys.exit()
folder = tempfile.mkdtemp(dir=os.environ['work'])
unlimited = lambda: resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
process = subprocess.Popen([os.environ['DECANT'], 'pull', '--json', '-q', '--to', target + '.aborted', '-c', rules, '--key-file', key_file, source],
                           stdout=subprocess.PIPE, text=True, cwd=folder, preexec_fn=unlimited)
for line in process.stdout:
    if json.loads(line)['event'] == 'catalog':
        process.send_signal(signal.SIGABRT)
status = process.wait()
print('ok' if status == -signal.SIGABRT else 'not ok', '- a run dies of SIGABRT')
print('ok' if not os.listdir(folder) else 'not ok', '- which leaves no core')
print('ok' if not os.path.exists(target + '.aborted') else 'not ok', '- nor a copy')
