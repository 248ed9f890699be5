"""reading: one download with a fault: exit 0 means every byte and no other."""
import os
import subprocess

from faults import FOR_EVER, broken, wait_for_it
from proxy import Fault
from upload import BIN, MIB, Run


def at(run):
    """One of the reads."""
    return run.rng.randint(1, max(1, run.size // run.read_size))


def torn(action, seconds=1):
    def make(run):
        make_one = broken(action, ["get"], seconds)
        fault = make_one(run)
        fault.kind, count = "get", fault.last - fault.first
        fault.first = at(run)
        fault.last = fault.first + count
        return fault
    return make


def passing(run):
    status, code = run.rng.choice([
        (500, "InternalError"), (503, "SlowDown"), (503, ""), (502, ""),
        (400, "RequestTimeout"), (408, ""), (429, "TooManyRequests")])
    return Fault("get", "error", at(run), run.rng.randint(1, 2),
                 status=status, code=code)


def lasting(run):
    run.needed = True
    return Fault("get", "error", at(run), 1, status=403, code="AccessDenied")


def waiting(run):
    fault = wait_for_it(run)
    fault.kind = "get"
    return fault


def odd(run):
    return Fault("get", "odd", at(run), run.rng.randint(1, 3),
                 how=run.rng.choice(["1.0", "chunks", "1xx", "capitals",
                                     "small"]))


def packed(run):
    """Something on the way packs it, or gives the half for the whole."""
    run.needed = True
    return Fault("get", "changed", at(run), 1,
                 how=run.rng.choice(["gzip", "half"]))


def portal(run):
    run.needed = True
    return Fault("get", "error", at(run), 1, status=200, code="",
                 text="<html><h1>Welcome</h1></html>")


def replaced(run):
    """Another object takes the name before this read."""
    run.needed = True
    run.other = run.soak.pool[:run.size]
    return Fault("get", "call", at(run), 1, call=lambda:
                 run.soak.server.truth.put(run.keys[0], run.other))


READS = {
    "read: nothing": lambda run: None,
    "read: refused": torn("refused"),
    "read: reset before": torn("reset before the request"),
    "read: reset in the body": torn("reset in the body"),
    "read: half an answer": torn("half an answer"),
    "read: stall": torn("stall before the answer", 2),
    "read: drips": torn("drips", 1),
    "read: closed behind it": torn("closed behind it"),
    "read: no ranges": lambda run: Fault("get", "no ranges", 1, FOR_EVER),
    "read: error that passes": passing,
    "read: error that stays": lasting,
    "read: Retry-After": waiting,
    "read: odd HTTP": odd,
    "read: gzip, half": packed,
    "read: a portal's page": portal,
    "read: replaced": replaced,
}


class Reading(Run):
    """An object put past the proxy, and read through it."""

    table = READS

    def draw_faults(self):
        self.urls = self.need = 1
        self.keys = self.keys[:1]
        self.other = None
        self.read_size = self.rng.choice([MIB, 2 * MIB, 5 * MIB, 8 * MIB])
        return super().draw_faults()

    def do(self, proxy):
        begin = self.rng.randrange(len(self.soak.pool) - self.size)
        self.data = self.soak.pool[begin:begin + self.size]
        truth = self.soak.server.truth
        words, env = self.command(truth.port, self.keys)
        subprocess.run(words, env=env, input=self.data, check=True,
                       stderr=subprocess.PIPE)
        proxy.begin(self.faults, f"{self.soak.seed}:{self.number}")
        env["AWS_ENDPOINT_URL"] = f"http://127.0.0.1:{proxy.port}"
        done = subprocess.run(
            [str(BIN / "s3-get"), f"--part-size={self.read_size}",
             f"--parts-in-flight={self.rng.randint(1, 4)}",
             f"--retry={self.retry}s", self.url(0)], env=env, timeout=300,
            stdin=subprocess.DEVNULL, capture_output=True, check=False)
        self.status, self.got = done.returncode, done.stdout
        self.said = done.stderr.decode()
        proxy.faults = []
        proxy.refuse_until = 0
        proxy.idle()

    def verdicts(self):
        yield "done" if self.status == 0 else "failed"

    def problems(self, verdicts):
        if self.status not in (0, 100, 111):
            yield "wrong", f"exit status {self.status}"
        if self.status == 0 and self.got not in (self.data, self.other):
            yield "wrong", f"{self.url(0)}: {len(self.got)} other bytes"
        if self.status != 0 and not any(
                one is not None and one.startswith(self.got)
                for one in (self.data, self.other)):
            yield "wrong", f"{self.url(0)}: failed, and behind other bytes"
        if self.status != 0 and not self.needed:
            yield "needless", f"{self.url(0)}: failed without need"
