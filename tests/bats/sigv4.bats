#!/usr/bin/env bats
# The signer against another one: botocore's.

load helper

@test "random requests are signed as botocore signs them" {
	[[ -x $build/unit/sigv4_test ]] || make -s -C "$top" units
	trials=300
	((${FULL:-0} == 0)) || trials=20000
	# Debian's own Python has Debian's python3-botocore.
	/usr/bin/python3 - "$build/unit/sigv4_test" "$trials" <<'PYTHON'
import datetime
import random
import subprocess
import sys
import urllib.parse

import botocore.auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

random.seed(1)
program, trials = sys.argv[1], int(sys.argv[2])
letters = "abcXYZ019-._~ /+%&=?#<>\"'!*()[]{}é漢\U0001f600"


def text(least, most, among=letters):
    return "".join(random.choices(among, k=random.randint(least, most)))


class Clock(datetime.datetime):
    now_is = None

    @classmethod
    def utcnow(cls):
        return cls.now_is


botocore.auth.datetime.datetime = Clock
botocore.auth.get_current_datetime = lambda *_: Clock.now_is
lines, expected = [], []
for _ in range(trials):
    when = random.randint(0, 4102444800)
    Clock.now_is = datetime.datetime(1970, 1, 1) + \
        datetime.timedelta(seconds=when)
    method = random.choice(["GET", "PUT", "POST", "DELETE", "HEAD"])
    path = "/" + urllib.parse.quote(text(0, 30), safe="/-._~")
    query = [(text(1, 8), text(0, 12)) for _ in range(random.randint(0, 5))]
    query = list(dict(query).items())
    headers = {"x-amz-meta-" + text(1, 9, "abc-019"):
               text(0, 5, "a  b,;=") + "x" for _ in range(random.randint(0, 5))}
    body = text(0, 50).encode()
    token = text(5, 9, "abcXYZ/+=") if random.random() < 0.3 else None
    access, secret = text(20, 20, "ABC012"), text(40, 40, "abcXYZ/+")
    region = random.choice(["us-east-1", "eu-west-3", "x"])
    request = AWSRequest(method, "http://h.example:9000" + path,
                         dict(headers), body, params=dict(query))
    botocore.auth.S3SigV4Auth(Credentials(access, secret, token), "s3",
                              region).add_auth(request)
    expected.append(request.headers["Authorization"])
    headers["host"] = "h.example:9000"
    for name in ("X-Amz-Date", "X-Amz-Content-SHA256",
                 "X-Amz-Security-Token"):
        if request.headers.get(name):
            headers[name.lower()] = request.headers[name]
    lines += ["M " + method, "P " + path, "R " + region, "V s3",
              "K " + access, "X " + secret, f"T {when}",
              "B " + headers["x-amz-content-sha256"]]
    lines += [f"Q {k}\t{v}" for k, v in query]
    lines += [f"H {k}\t{v}" for k, v in headers.items()] + ["."]
got = subprocess.run([program, "sign"], input="\n".join(lines).encode(),
                     stdout=subprocess.PIPE, check=True)
got = got.stdout.decode().splitlines()
assert len(got) == len(expected), (len(got), len(expected))
for number, (ours, theirs) in enumerate(zip(got, expected)):
    assert ours == theirs, f"request {number}:\n{ours}\n{theirs}"
PYTHON
}
