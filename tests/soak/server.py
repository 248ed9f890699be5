"""server: a server of the soak's own: started, restarted in the middle, ended.
"""
import os
import pathlib
import random
import socket
import subprocess
import threading
import time

from truth import Truth

TOP = pathlib.Path(__file__).resolve().parents[2]
TOOLS = pathlib.Path(os.environ.get(
    "PGBACKPIPE_TOOLS", pathlib.Path.home() / ".cache/pgbackpipe/bin"))


class Server:
    region = "us-east-1"

    def __init__(self, name, directory):
        self.name = name
        self.dir = directory
        self.bucket, self.key, self.secret = "backups", "soakkey1", "soaksecret"
        self.port = 0
        self.process = None
        self.ended = False
        self.lock = threading.Lock()
        self.restartable = name in ("minio", "versitygw")
        getattr(self, "begin_" + name)()
        self.truth = Truth(self.port, self.bucket, self.key, self.secret)
        if self.restartable:
            status, body = self.truth.patiently("PUT")
            if status not in (200, 409):
                raise RuntimeError(f"no bucket: {status} {body[:300]!r}")

    def spawn(self, words, **env):
        """It dies with us."""
        log = open(os.path.join(self.dir, "server.log"), "ab")
        self.process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", "--"] + words,
            env=dict(os.environ, HOME=self.dir, **env), stdout=log,
            stderr=log, stdin=subprocess.PIPE)

    @staticmethod
    def free_port():
        """One that no client's end takes while the server is down."""
        while True:
            with socket.socket() as sock:
                port = random.SystemRandom().randrange(10000, 32000)
                try:
                    sock.bind(("127.0.0.1", port))
                    return port
                except OSError:
                    continue

    def begin_fake(self):
        self.bucket, self.key, self.secret = "box", "fake", "fake"
        self.spawn([str(TOP / "tests/fault/fake-s3"), self.dir])
        path = pathlib.Path(self.dir, "port")
        while not path.exists():
            time.sleep(0.05)
        self.port = int(path.read_text())

    def begin_minio(self):
        self.port = self.port or self.free_port()
        self.spawn([str(TOOLS / "minio"), "server", "--quiet", "--address",
                    f"127.0.0.1:{self.port}", f"{self.dir}/data"],
                   MINIO_ROOT_USER=self.key, MINIO_ROOT_PASSWORD=self.secret,
                   MINIO_SITE_REGION=self.region, MINIO_BROWSER="off",
                   MINIO_UPDATE="off")

    def begin_versitygw(self):
        self.port = self.port or self.free_port()
        os.makedirs(f"{self.dir}/data", exist_ok=True)
        os.makedirs(f"{self.dir}/side", exist_ok=True)
        self.spawn([str(TOOLS / "versitygw"), "--quiet", "--keep-alive",
                    "--port", f"127.0.0.1:{self.port}", "--region",
                    self.region, "posix", "--sidecar", f"{self.dir}/side",
                    f"{self.dir}/data"],
                   ROOT_ACCESS_KEY=self.key, ROOT_SECRET_KEY=self.secret)

    def begin_rgw(self):
        services = str(TOP / "scripts/services")
        subprocess.run([services, "start", f"--dir={self.dir}/rgw",
                        f"--owner-pid={os.getpid()}", "rgw"], check=True,
                       stdout=subprocess.DEVNULL)
        text = subprocess.run([services, "env", f"--dir={self.dir}/rgw",
                               "rgw"], check=True, capture_output=True,
                              text=True).stdout
        env = dict(line.removeprefix("export ").split("=", 1)
                   for line in text.splitlines())
        env = {name: value.strip("'") for name, value in env.items()}
        self.port = int(env["AWS_ENDPOINT_URL"].rsplit(":", 1)[1])
        self.bucket = env["S3_BUCKET"]
        self.key = env["AWS_ACCESS_KEY_ID"]
        self.secret = env["AWS_SECRET_ACCESS_KEY"]

    def restart(self, pause):
        """kill -9, and up again after a pause; returns when it is down."""
        with self.lock:
            self.process.kill()
            self.process.wait()

        def up():
            time.sleep(pause)
            with self.lock:
                if self.ended:
                    return
                getattr(self, "begin_" + self.name)()
                process = self.process
            # The kernel kills it when the thread that began it ends.
            process.wait()
        threading.Thread(target=up, daemon=True).start()

    def end(self):
        with self.lock:
            self.ended = True
            if self.process:
                self.process.kill()
                self.process.wait()
        if self.name == "rgw":
            subprocess.run([str(TOP / "scripts/services"), "stop",
                            f"--dir={self.dir}/rgw", "rgw"], check=False)
