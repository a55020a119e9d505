#!/usr/bin/env python3
# SPDX-License-Identifier: PostgreSQL
"""A stand-in for the Docker Engine where there is none: as much of its API as Testcontainers asks for to run
postgres:NN. usage: testcontainers.py SOCKET (as root; on SIGTERM it removes everything and ends)

A container is a folder: root/ has what was copied into it, with the modes and owners of the archive. Starting it
runs ENTRYPOINT, the postgres image's in short, as the user postgres: a real server of this machine (PG_BINDIR),
whatever the image's number, on a free port of 127.0.0.1. What is run in a container, as a wait strategy's
pg_isready, runs on this machine with the container's variables, and 5432 in it becomes that port.
"""
import http.server
import io
import json
import os
import re
import secrets
import shutil
import signal
import socket
import socketserver
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
import urllib.parse

BINDIR = os.environ.get("PG_BINDIR", "/usr/lib/postgresql/15/bin")
ENTRYPOINT = r"""
set -eo pipefail
: "${POSTGRES_PASSWORD:?is not specified}" "${POSTGRES_USER:=postgres}" "${POSTGRES_DB:=$POSTGRES_USER}"
run() { psql -v ON_ERROR_STOP=1 --username "$POSTGRES_USER" --no-password --no-psqlrc --dbname "$@"; }
initdb --username="$POSTGRES_USER" --pwfile=<(printf '%s\n' "$POSTGRES_PASSWORD") --encoding=UTF8 \
    --locale=C.UTF-8 --auth-local=trust --auth-host=scram-sha-256 --no-sync
trap 'pg_ctl -m immediate stop' EXIT
pg_ctl -w start -o "-c listen_addresses='' -k '$PGDATA'"
[ "$POSTGRES_DB" = postgres ] || run postgres --set db="$POSTGRES_DB" <<<'CREATE DATABASE :"db";'
ls "$ROOT/docker-entrypoint-initdb.d/" >/dev/null
for f in "$ROOT"/docker-entrypoint-initdb.d/*; do
    name="$0: ${f#"$ROOT"}"
    case $f in
        *.sql) echo "$name: running"; run "$POSTGRES_DB" -f "$f" ;;
        *.sql.gz) echo "$name: running"; gunzip -c "$f" | run "$POSTGRES_DB" ;;
        *.sql.zst) echo "$name: running"; zstd -dc "$f" | run "$POSTGRES_DB" ;;
        *) echo "$name: ignoring" ;;
    esac
done
pg_ctl -w -m fast stop
printf '\nPostgreSQL init process complete; ready for start up.\n\n'
[ "$1" != postgres ] || shift
exec postgres -c listen_addresses=127.0.0.1 -k "$PGDATA" "$@"
"""
BRIDGE = {"Name": "bridge", "Id": "bridge", "Driver": "bridge", "Scope": "local", "Containers": {},
          "IPAM": {"Config": [{"Gateway": "127.0.0.1", "Subnet": "127.0.0.0/8"}]}}
FIXED = {"/_ping": "OK", "/images/json": [], "/containers/json": [], "/networks": [BRIDGE], "/networks/bridge": BRIDGE,
         "/version": {"Version": "27.0.0", "ApiVersion": "1.47", "MinAPIVersion": "1.24", "Os": "linux"},
         "/info": {"ID": "standin", "Name": "standin", "ServerVersion": "27.0.0", "OSType": "linux", "Labels": [],
                   "OperatingSystem": "stand-in", "Architecture": "x86_64", "MemTotal": 4 << 30, "NCPU": 2}}
CONTAINERS, EXECS, PULLED, ROUTES = {}, {}, set(), []


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Container:
    """One container: its folder, its port and, once it was started, the process of its entry point."""

    def __init__(self, config):
        self.id, self.config, self.port, self.process = secrets.token_hex(32), config, free_port(), None
        self.created = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        self.folder = tempfile.mkdtemp(prefix="standin.")
        os.chmod(self.folder, 0o755)
        self.root, self.data, self.log = (os.path.join(self.folder, name) for name in ("root", "data", "log"))
        os.makedirs(os.path.join(self.root, "docker-entrypoint-initdb.d"))
        os.mkdir(self.data, 0o700)
        shutil.chown(self.data, "postgres", "postgres")
        open(self.log, "wb").close()

    def environment(self):
        given = dict(v.split("=", 1) for v in self.config.get("Env") or [] if "=" in v)
        return {**given, "PATH": f"{BINDIR}:/usr/bin:/bin", "LC_ALL": "C.UTF-8", "ROOT": self.root,
                "PGDATA": self.data, "PGHOST": self.data, "PGPORT": str(self.port)}

    def start(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                ["bash", "-c", ENTRYPOINT, "docker-entrypoint.sh", *(self.config.get("Cmd") or [])], stdout=log,
                stderr=log, stdin=subprocess.DEVNULL, env=self.environment(), user="postgres", group="postgres",
                extra_groups=[], cwd="/", start_new_session=True)

    def running(self):
        return self.process is not None and self.process.poll() is None

    def stop(self):
        for _ in range(2):  # once more for a server that was just being started
            if os.path.exists(os.path.join(self.data, "postmaster.pid")):
                self.run(["pg_ctl", "-m", "immediate", "stop"], user="postgres")
            if self.running():
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()

    def remove(self):
        self.stop()
        shutil.rmtree(self.folder)
        del CONTAINERS[self.id]

    def run(self, command, **more):
        command = [word.replace(":1538", f":{self.port:04X}").replace("5432", str(self.port)) for word in command]
        return subprocess.run(command, env=self.environment(), cwd="/", stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, **more)

    def health(self):
        test = (self.config.get("Healthcheck") or {}).get("Test")
        if not test:
            return {}
        good = self.running() and self.run(test[1:] if test[0] == "CMD" else ["sh", "-c", test[1]]).returncode == 0
        return {"Health": {"Status": "healthy" if good else "starting"}}

    def inspect(self):
        running, started = self.running(), self.process is not None
        ports = {p: [{"HostIp": "0.0.0.0", "HostPort": str(self.port)}] for p in self.config.get("ExposedPorts") or {}}
        network = {"IPAddress": "127.0.0.1", "Gateway": "127.0.0.1", "NetworkID": "bridge"}
        state = {"Status": "running" if running else "exited" if started else "created", "Running": running,
                 "ExitCode": self.process.returncode if started and not running else 0, "StartedAt": self.created,
                 "FinishedAt": "0001-01-01T00:00:00Z" if running else self.created, **self.health()}
        return {"Id": self.id, "Name": "/" + self.id[:12], "Created": self.created, "Image": self.config["Image"],
                "State": state, "Config": {"Hostname": self.id[:12], **self.config}, "Mounts": [],
                "HostConfig": {"NetworkMode": "bridge"},
                "NetworkSettings": {"Ports": ports if running else {}, "Networks": {"bridge": network}, **network}}

    def lines(self, follow):
        with open(self.log, "rb") as log:
            while True:
                last = not follow or not self.running()
                yield from log
                if last:
                    return
                time.sleep(0.05)


def frame(data):
    """What a container without a terminal writes comes in frames: the stream's number and the length before it."""
    return b"\1\0\0\0" + len(data).to_bytes(4, "big") + data


def route(verbs, pattern):
    return lambda method: ROUTES.append((verbs.split(), pattern, method))


class Api(http.server.BaseHTTPRequestHandler):
    """One connection: a request is answered by the first method whose route has its verb and path."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def body(self):
        if "chunked" not in self.headers.get("Transfer-Encoding", "").lower():
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = []
        while size := int(self.rfile.readline(), 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def answer(self, status, value=None):
        text = value if isinstance(value, str) else "" if value is None else json.dumps(value) + "\n"
        data = text.encode()
        self.send_response(status)
        self.send_header("Api-Version", "1.47")
        self.send_header("Content-Type", "text/plain" if isinstance(value, str) else "application/json")
        if status != 204:
            self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(b"" if self.command == "HEAD" else data)

    def stream(self):
        """Begin an answer without a length: what follows is raw, until the connection is closed."""
        upgrade = "upgrade" in self.headers.get("Connection", "").lower()
        self.send_response(101 if upgrade else 200)
        self.send_header("Content-Type", "application/vnd.docker.raw-stream")
        self.send_header("Connection", "Upgrade" if upgrade else "close")
        if upgrade:
            self.send_header("Upgrade", "tcp")
        self.end_headers()
        self.close_connection = True

    def dispatch(self):
        url = urllib.parse.urlsplit(self.path)
        self.query, self.data = dict(urllib.parse.parse_qsl(url.query)), self.body()
        path = re.sub(r"^/v\d+\.\d+", "", urllib.parse.unquote(url.path))
        try:
            for verbs, pattern, method in ROUTES:
                if self.command in verbs and (found := re.fullmatch(pattern, path)):
                    return method(self, *found.groups())
            self.answer(404, {"message": f"the stand-in does not know {self.command} {path}"})
        except KeyError as error:
            self.answer(404, {"message": str(error.args[0])})
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = dispatch

    @route("GET HEAD", "(" + "|".join(FIXED) + ")")
    def fixed(self, path):
        self.answer(200, FIXED[path])

    @route("POST", "/images/create")
    def pull(self):
        name = self.query["fromImage"] + ":" + self.query.get("tag", "latest")
        if not re.fullmatch(r"(docker\.io/)?(library/)?postgres:[\w.-]+", name):
            raise KeyError(f"the stand-in has no {name}, only postgres:NN")
        PULLED.add(name.split("/")[-1])
        self.answer(200, {"status": f"Status: Downloaded newer image for {name}"})

    @route("GET", "/images/(.+)/json")
    def image(self, name):
        if name.split("/")[-1] not in PULLED:
            raise KeyError(f"No such image: {name}")
        self.answer(200, {"Id": name, "RepoTags": [name], "Os": "linux", "Architecture": "amd64",
                          "Created": "2026-01-01T00:00:00Z", "Config": {"ExposedPorts": {"5432/tcp": {}}}})

    @route("POST", "/containers/create")
    def create(self):
        config = json.loads(self.data)
        if config["Image"].split("/")[-1] not in PULLED:
            raise KeyError(f"No such image: {config['Image']}")
        container = Container(config)
        CONTAINERS[container.id] = container
        self.answer(201, {"Id": container.id, "Warnings": []})

    @route("PUT", "/containers/([^/]+)/archive")
    def archive(self, name):
        target = os.path.join(CONTAINERS[name].root, self.query["path"].lstrip("/"))
        if not os.path.isdir(target):
            raise KeyError(f"Could not find the file {self.query['path']} in container {name}")
        with tarfile.open(fileobj=io.BytesIO(self.data)) as tar:
            tar.extractall(target, numeric_owner=True, filter="tar")
        self.answer(200)

    @route("POST", "/containers/([^/]+)/(start|stop|kill)")
    def state(self, name, verb):
        (CONTAINERS[name].start if verb == "start" else CONTAINERS[name].stop)()
        self.answer(204)

    @route("GET", "/containers/([^/]+)/json")
    def inspect(self, name):
        self.answer(200, CONTAINERS[name].inspect())

    @route("GET", "/containers/([^/]+)/logs")
    def logs(self, name):
        container = CONTAINERS[name]
        self.stream()
        for line in container.lines(self.query.get("follow", "").lower() in ("1", "true")):
            self.wfile.write(frame(line))

    @route("DELETE", "/containers/([^/]+)")
    def remove(self, name):
        CONTAINERS[name].remove()
        self.answer(204)

    @route("POST", "/containers/([^/]+)/exec")
    def exec_create(self, name):
        ident, container = secrets.token_hex(32), CONTAINERS[name]
        EXECS[ident] = {"ID": ident, "ContainerID": container.id, "Running": False, "ExitCode": None, "Pid": 1,
                        "ProcessConfig": json.loads(self.data)}
        self.answer(201, {"Id": ident})

    @route("POST", "/exec/([^/]+)/start")
    def exec_start(self, ident):
        this = EXECS[ident]
        container = CONTAINERS[this["ContainerID"]]
        self.stream()
        done = container.run(this["ProcessConfig"]["Cmd"])
        this["ExitCode"] = done.returncode
        self.wfile.write(frame(done.stdout))

    @route("GET", "/exec/([^/]+)/json")
    def exec_inspect(self, ident):
        self.answer(200, EXECS[ident])


class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True
    request_queue_size = 64


def main():
    with Server(sys.argv[1], Api) as server:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: threading.Thread(target=server.shutdown).start())
        server.serve_forever()
    os.unlink(sys.argv[1])
    for container in list(CONTAINERS.values()):
        container.remove()


if __name__ == "__main__":
    main()
