"""faults: what may go wrong with an upload, by name.

Each gives a Fault, some of them, or None, and may change the run: its
environment, its patience, whether failing is needed.
"""
import signal

from proxy import Fault

FOR_EVER = 999

WRITES = ["put", "create", "part", "complete"]
EVERY = WRITES + ["head", "list"]


def place(run, kinds):
    """A request that this upload will make, by kind and number."""
    mine = [kind for kind in kinds
            if run.multi and kind != "put" or
            not run.multi and kind in ("put", "head", "list")]
    kind = run.rng.choice(mine or (["complete"] if run.multi else ["put"]))
    most = run.parts if kind == "part" else 2 if kind == "head" else 1
    return kind, run.rng.randint(1, most)


def broken(action, kinds=None, seconds=0):
    def make(run):
        kind, first = place(run, kinds or EVERY)
        return Fault(kind, action, first, run.rng.choice([1, 1, 1, 2, 3]),
                     hard=run.rng.random() < 0.5,
                     seconds=run.rng.uniform(0.2, seconds or 1))
    return make


def error(status, code, kinds=None, times=2, done=False, fatal=False, **args):
    def make(run):
        kind, first = place(run, kinds or EVERY)
        run.needed = run.needed or fatal
        return Fault(kind, "error", first, run.rng.randint(1, times),
                     status=status, code=code, done=done, **args)
    return make


def passing_error(run):
    """Some are told by their code alone, which the answer to HEAD lacks."""
    if run.rng.random() < 0.3:
        return error(*run.rng.choice([
            (400, "RequestTimeout"), (400, "IncompleteBody"),
            (409, "OperationAborted")]), WRITES)(run)
    return error(*run.rng.choice([
        (500, "InternalError"), (500, ""), (502, ""), (503, ""), (504, ""),
        (503, "ServiceUnavailable"), (429, "TooManyRequests"), (408, ""),
        (499, "ClientDisconnected"), (509, "BandwidthLimitExceeded")]))(run)


def lasting_error(run):
    return error(*run.rng.choice([
        (403, "AccessDenied"), (400, "InvalidArgument"), (400, "MalformedXML"),
        (404, "NoSuchBucket"), (507, "XMinioStorageFull"), (501, ""),
        (405, "MethodNotAllowed"), (403, "")]), kinds=WRITES, times=1,
        fatal=True)(run)


def digest_error(run):
    return error(400, run.rng.choice(["BadDigest",
                                      "XAmzContentSHA256Mismatch"]),
                 ["put", "part"], 1)(run)


def storm(run):
    kind, first = place(run, EVERY)
    run.retry = 60
    return Fault(run.rng.choice([kind, "any"]), "error", first,
                 run.rng.randint(3, 6), status=503, code="SlowDown",
                 headers={"Retry-After": "0"})


def skew(run):
    run.env["LD_PRELOAD"] = run.soak.skew
    run.needed = not run.soak.skew


def expired(run):
    run.needed = True       # the keys are the same when asked for again
    return error(400, "ExpiredToken", WRITES, 1, fatal=True)(run)


def renewed(run):
    """Keys of a program, other ones each time it is asked."""
    if run.soak.server.name == "fake":
        run.renewable_keys()
    fault = error(400, "ExpiredToken", WRITES, 1)(run)
    run.needed = run.soak.server.name != "fake"
    return fault


def moved_for_now(run):
    return error(307, "TemporaryRedirect", WRITES, 1, headers={
        "Location": "http://localhost:PORT/"})(run)


def moved(run):
    return error(301, "PermanentRedirect", WRITES, 1, fatal=True,
                 headers={"x-amz-bucket-region": "eu-west-7"})(run)


def wrong_region(run):
    run.needed = True
    run.env["AWS_REGION"] = "eu-west-9"


def away(run):
    """An answer is lost, and the server stays away."""
    run.needed = True
    run.retry = 2
    return Fault("complete" if run.multi else "put", "away", hard=True,
                 seconds=20)


def in_200(run):
    """An error inside of a 200, whether it was done or not."""
    run.needed = not run.multi
    code = run.rng.choice(["InternalError", "SlowDown"])
    return Fault("complete", "error", 1, run.rng.randint(1, 3), status=200,
                 code=code, done=run.rng.random() < 0.5)


def done_but(run):
    kind, first = place(run, WRITES)
    return Fault(kind, "error", first, 1, done=True, status=run.rng.choice(
        [500, 502, 503, 504]), code=run.rng.choice(["", "InternalError"]))


def signalled(number):
    def make(run):
        run.signalled = True
        run.needed = True
        kind, first = place(run, EVERY)
        action = run.rng.choice(["call", "called at the answer", "later"])
        if action == "later":
            run.later(run.rng.uniform(0.01, 0.3), number)
            return None
        return Fault(kind, action, first, 1,
                     call=lambda: run.kill(number))
    return make


def restarted(run):
    kind, first = place(run, EVERY)
    pause = run.rng.uniform(0.1, 1.5)
    run.retry = 30
    run.alone = True
    if not run.soak.server.restartable:
        return Fault(kind, "away", first, 1, hard=True, seconds=pause)
    action = run.rng.choice(["call", "called at the answer"])
    return Fault(kind, action, first, 1,
                 call=lambda: run.soak.server.restart(pause))


def early(code, status, fatal=False):
    """Said before the body was read, and then a reset."""
    def make(run):
        kind, first = place(run, ["put", "part"])
        run.needed = fatal
        return Fault(kind, "early error", first, run.rng.randint(1, 2),
                     status=status, code=code,
                     seconds=run.rng.choice([0, 0, 0.05]))
    return make


def conflict(run):
    """A PUT may be sent again; AWS wants the whole upload again."""
    run.needed = run.multi
    return error(409, "ConditionalRequestConflict", ["put", "complete"])(run)


def vanished(run):
    """The server says so, and it is not true."""
    run.needed = True
    return error(404, "NoSuchUpload", ["part", "complete"], 1)(run)


def not_known(run):
    """If-None-Match on a write."""
    return error(501, "NotImplemented", ["put", "complete"], 1)(run)


def wait_for_it(run):
    run.retry = 30
    return error(503, run.rng.choice(["SlowDown", ""]), times=2, headers={
        "Retry-After": run.rng.choice(["0", "1", "2"])})(run)


def may_not_look(run):
    """The right to write, and no other."""
    return [Fault("head", "error", 1, FOR_EVER, status=403, code="", bare=True),
            Fault("list", "error", 1, FOR_EVER, status=403, code="AccessDenied")]


def portal(run):
    """A page of somebody's, with 200; nothing was done."""
    kind, first = place(run, EVERY)
    run.needed = True
    return Fault(kind, "error", first, run.rng.randint(1, 2), status=200,
                 code="", text="<html><h1>Welcome</h1></html>")


def odd(run):
    kind, first = place(run, EVERY)
    return Fault(kind, "odd", first, run.rng.randint(1, 3),
                 how=run.rng.choice(["1.0", "chunks", "1xx", "capitals",
                                     "small"]))


def changed(run):
    """Half of the XML, or packed though nobody asked for it."""
    kind, first = place(run, ["create", "complete", "list"])
    run.needed = kind != "complete"
    return Fault(kind, "changed", first, 1,
                 how=run.rng.choice(["gzip", "half"]))


def blanks(run):
    """As AWS does while it completes; then it may still fail."""
    run.needed = not run.multi
    code = run.rng.choice(["", "", "InternalError", "SlowDown"])
    return Fault("complete", "blanks", 1, run.rng.randint(1, 2), code=code,
                 seconds=run.rng.uniform(0.1, 2))


def drips(run):
    kind, first = place(run, EVERY)
    return Fault(kind, "drips", first, run.rng.randint(1, 2),
                 seconds=run.rng.uniform(0.1, 1))


def silent_minute(run):
    """Longer than s3-put waits; but for the completion, which may take."""
    kind, first = place(run, EVERY)
    run.retry = 200
    return Fault(kind, run.rng.choice(["stall before the request",
                                       "stall before the answer"]), first, 1,
                 hard=kind != "complete", seconds=65)


TRANSIENT = ["reset before the request", "reset before the answer",
             "lost answer", "half an answer", "stall before the answer",
             "closed behind it"]


def two_at_once(run):
    run.retry += 10
    return [broken(run.rng.choice(TRANSIENT))(run),
            run.rng.choice([broken(run.rng.choice(TRANSIENT)),
                            passing_error, done_but, wait_for_it])(run)]


def abort_in_trouble(run):
    """What has to be taken back cannot be at once."""
    run.needed = True
    return [error(403, "AccessDenied", ["part", "complete"], 1)(run),
            Fault("abort", run.rng.choice([
                "error", "lost answer", "reset before the request",
                "half an answer"]), 1, run.rng.randint(1, 3), hard=True,
                status=503, code="SlowDown")]


def nothing(run):
    del run


FAULTS = {
    "nothing": nothing,
    "two at once": two_at_once,
    "refused": broken("refused"),
    "reset before the request": broken("reset before the request"),
    "reset in the request": broken("reset in the request", ["put", "part"]),
    "reset before the answer": broken("reset before the answer"),
    "lost answer": broken("lost answer"),
    "lost answer of the end": broken("lost answer", ["complete", "put"]),
    "half an answer": broken("half an answer"),
    "closed behind an answer": broken("closed behind it"),
    "drips": drips,
    "odd HTTP": odd,
    "blanks before the end": blanks,
    "half XML, gzip": changed,
    "a portal's page": portal,
    "stall before the request": broken("stall before the request", seconds=2),
    "stall before the answer": broken("stall before the answer", seconds=2),
    "silent minute": silent_minute,
    "early 503, reset": early("SlowDown", 503),
    "early 403, reset": early("AccessDenied", 403, fatal=True),
    "Retry-After": wait_for_it,
    "409": conflict,
    "NoSuchUpload": vanished,
    "501 to a condition": not_known,
    "no right to look": may_not_look,
    "abort in trouble": abort_in_trouble,
    "error that passes": passing_error,
    "error that stays": lasting_error,
    "error, but done": done_but,
    "error inside of 200": in_200,
    "storm of SlowDown": storm,
    "BadDigest": digest_error,
    "flipped byte": broken("flipped byte", ["put", "part"]),
    "wrong clock": skew,
    "ExpiredToken": expired,
    "ExpiredToken, renewed": renewed,
    "redirect": moved_for_now,
    "other region": moved,
    "wrong region": wrong_region,
    "server away at the end": away,
    "server restarted": restarted,
    "kill -9": signalled(signal.SIGKILL),
    "TERM": signalled(signal.SIGTERM),
}
WEIGHTS = {"silent minute": 0.1}    # it takes one
# A second time is the end.
TWICE = ("flipped byte", "redirect", "BadDigest", "501 to a condition")
