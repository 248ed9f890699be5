"""upload: what is drawn for one upload, its process, what came of it."""
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import tempfile
import threading
import time

from faults import FAULTS, FOR_EVER, TWICE
from server import TOP

BIN = pathlib.Path(os.environ.get("BUILD", TOP / "build")) / "bin"
MIB = 1 << 20
POOL = 24 * MIB         # random bytes that the objects are cut from


class Run:
    table = FAULTS

    def __init__(self, soak, number, fault_name):
        self.soak = soak
        self.number = number
        self.rng = random.Random(f"{soak.seed}:{number}")
        self.part_size = self.rng.choice([5, 5, 5, 6, 7]) * MIB
        self.size = self.draw_size()
        self.parts = -(-self.size // self.part_size)
        self.multi = self.parts > 1
        self.urls = self.rng.choice([1, 1, 1, 1, 2, 3])
        self.need = self.rng.randint(1, self.urls)
        self.keys = [f"soak-{soak.seed}/{number}/{i}-{self.rng.randrange(99)}"
                     for i in range(self.urls)]
        self.retry = self.rng.randint(12, 25)
        self.signalled = False
        self.needed = False     # the failure
        self.alone = False      # no other run beside it
        self.process = None
        self.struck = threading.Event()
        self.env = dict(soak.env)
        self.fault_name = fault_name
        self.proxy = None
        self.dir = tempfile.mkdtemp(dir=soak.dir)
        self.faults = self.draw_faults()

    def draw_faults(self):
        faults = self.table[self.fault_name](self) or []
        faults = faults if isinstance(faults, list) else [faults]
        for fault in faults:
            fault.key = self.rng.choice(self.keys + [""])
            if fault.kind == "list" or fault.last >= FOR_EVER:
                fault.key = ""  # a list's path has none
            if fault.key == "" and self.urls > 1:
                fault.last += self.urls - 1
            if self.fault_name in TWICE and fault.last > fault.first:
                self.needed = True
        return faults

    def draw_size(self):
        part = self.part_size
        return self.rng.choice([
            0, 1, self.rng.randint(2, 70000), self.rng.randint(70000, part),
            part - 1, part, part + 1, 2 * part, self.rng.randint(part, 2 * part),
            self.rng.randint(part, 3 * part), 3 * part + 1])

    def renewable_keys(self):
        program = os.path.join(self.dir, "keys")
        with open(program, "w", encoding="utf-8") as file:
            file.write(
                '#!/bin/sh\necho "{\\"Version\\": 1, \\"AccessKeyId\\": '
                '\\"key$$\\", \\"SecretAccessKey\\": \\"fake\\", '
                '\\"SessionToken\\": \\"t\\", \\"Expiration\\": '
                '\\"2999-01-01T00:00:00Z\\"}"\n')
        os.chmod(program, 0o700)
        config = os.path.join(self.dir, "config")
        with open(config, "w", encoding="utf-8") as file:
            file.write(f"[default]\ncredential_process = {program}\n")
        self.env["AWS_CONFIG_FILE"] = config
        del self.env["AWS_ACCESS_KEY_ID"], self.env["AWS_SECRET_ACCESS_KEY"]

    def kill(self, number):
        while self.process is None:
            time.sleep(0.001)
        self.process.send_signal(number)
        if number == signal.SIGKILL:
            self.process.wait()

    def later(self, seconds, number):
        def strike():
            while self.process is None:
                time.sleep(0.001)
            time.sleep(seconds)
            self.process.send_signal(number)
        threading.Thread(target=strike, daemon=True).start()

    def url(self, i):
        return f"s3://{self.soak.server.bucket}/{self.keys[i]}"

    def command(self, port, keys, *options):
        env = dict(self.env, AWS_ENDPOINT_URL=f"http://127.0.0.1:{port}")
        words = [str(BIN / "s3-put"), f"--part-size={self.part_size}",
                 "--allow-empty", *options]
        words += [f"s3://{self.soak.server.bucket}/{key}" for key in keys]
        return words, env

    def do(self, proxy):
        """Upload through the proxy. The exit status, negative: a signal."""
        self.proxy = proxy
        begin = self.rng.randrange(POOL - self.size)
        self.data = self.soak.pool[begin:begin + self.size]
        path = os.path.join(self.dir, "in")
        with open(path, "wb") as file:
            file.write(self.data)
        self.report = os.path.join(self.dir, "report")
        proxy.begin(self.faults, f"{self.soak.seed}:{self.number}")
        words, env = self.command(
            proxy.port, self.keys, f"--retry={self.retry}s",
            f"--need={self.need}", f"--report={self.report}")
        with open(path, "rb") as data:
            self.process = subprocess.Popen(
                words, env=env, stdin=data, stderr=subprocess.PIPE, text=True)
            self.said = self.process.communicate(timeout=300)[1]
        self.status = self.process.returncode
        proxy.faults = []
        proxy.refuse_until = 0
        proxy.idle()

    def verdicts(self):
        """What s3-put says of each URL."""
        told = {}
        if self.status == 0:
            with open(self.report, encoding="utf-8") as file:
                told = {one["url"]: one for one in json.load(file)["urls"]}
        for i in range(self.urls):
            url = self.url(i)
            if self.status == -signal.SIGKILL:
                yield "killed"
            elif told and told[url]["ok"]:
                yield "done"
            elif f'could not learn whether object "{url}"' in self.said:
                yield "unknown"
            elif f'object "{url}" stays' in self.said:
                yield "unknown"
            else:
                yield "failed"

    def problems(self, verdicts):
        """Pairs of a column and a text."""
        server = self.soak.server
        if self.status not in (0, 100, 111, -9, -15):
            yield "wrong", f"exit status {self.status}"
        if self.status in (-9, -15) and not self.signalled:
            yield "wrong", f"died of signal {-self.status}"
        if "unknown" in verdicts and self.status not in (0, 111, -15):
            yield "wrong", f"unknown, and exit status {self.status}"
        for i, verdict in enumerate(verdicts):
            held = server.truth.get(self.keys[i])
            if held is not None and held != self.data:
                yield "wrong", f"{self.url(i)}: {len(held)} other bytes"
            elif verdict == "done" and held is None:
                yield "wrong", f"{self.url(i)}: said done and is not"
            elif verdict == "failed" and held is not None:
                yield "wrong", f"{self.url(i)}: said failed and is published"
            if verdict == "failed" and not self.needed and (
                    self.status != 0 or self.urls == 1):
                yield "needless", f"{self.url(i)}: failed without need"
            yield from self.leaks(i, verdict, held)

    def leaks(self, i, verdict, held):
        truth = self.soak.server.truth
        left = truth.uploads(self.keys[i])
        if not left:
            return
        if verdict != "killed" and "is left open" not in self.said:
            self.soak.note(self, f"{self.url(i)}: an upload left open, "
                           "and not a word")
        if held is None:
            words, env = self.command(truth.port, self.keys[i:i + 1])
            subprocess.run(words, env=env, input=self.data[:1], check=True,
                           stderr=subprocess.PIPE)
        else:
            time.sleep(1.1)     # an age of 0 s is less than no second
            words, env = self.command(truth.port, [])
            subprocess.run([str(BIN / "s3-rm"), "--uploads", "--older-than=0s",
                            self.url(i)], env=env, check=True,
                           stderr=subprocess.PIPE)
        if truth.uploads(self.keys[i]):
            yield "leaked", f"{self.url(i)}: an upload is left open"

    def clean(self):
        for key in self.keys:
            self.soak.server.truth.delete(key)
        shutil.rmtree(self.dir)
