#!/usr/bin/env bats
# The filters that touch every byte, while the first, second, third ... call of
# each kind fails, until none does: no output that counts, no report, exit 111,
# a message, no crash.

load helper

setup_file() {
	[[ ${BUILD-} != *sanitize* ]] || return 0
	cd -- "$BATS_FILE_TMPDIR"
	cc -shared -fPIC -O1 -o failat.so "$top/tests/fault/failat.c" -ldl
	sample 5000 >in
	gzip-frame --frame-size=1K <in >in.gz
	gzip <in >foreign.gz
	printf 'SET x = y;\nCOPY public.t (a) FROM stdin;\n1\n2\n\\.\n\n%s\n' \
		'-- PostgreSQL database dump complete' >rows
	printf -- '--\n-- PostgreSQL database dump\n--\n%s\n' "$(<rows)" >dump.sql
	gzip-frame <dump.sql >dump.sql.gz
	cat >run.py <<'PY'
import errno, os, stat, subprocess, sys
here, tool_in, args = sys.argv[1], sys.argv[2], sys.argv[3:]
KINDS = {"read": errno.EIO, "write": errno.ENOSPC, "close": errno.EIO,
         "fsync": errno.EIO, "rename": errno.EACCES, "malloc": errno.ENOMEM,
         "pthread_create": errno.EAGAIN}
def run(setting, ever=False):
    for name in ("report", "hit"):
        if os.path.exists(name):
            os.unlink(name)
    env = dict(os.environ, LD_PRELOAD=here + "/failat.so", FAILAT=setting,
               FAILAT_HIT="hit")
    if ever:
        env["FAILAT_EVER"] = "1"
    r, w = os.pipe()
    p = subprocess.run(args, stdin=open(tool_in), stdout=w, env=env,
                       stderr=subprocess.PIPE)
    mode = os.fstat(r).st_mode
    os.close(w)
    out = b""
    while True:
        piece = os.read(r, 65536)
        if not piece:
            break
        out += piece
    os.close(r)
    return p.returncode, bool(mode & stat.S_ISGID), out, p.stderr.decode()
marks = args[0] not in ("verify",)
code, whole, good, err = run("none:1:1")
assert code == 0 and whole == marks, (code, whole, err)
reports = os.path.exists("report")
code, whole, out, err = run("short")
assert (code, whole) == (0, marks), (code, err)
if args[0] != "verify":
    assert out == good
for kind, number in KINDS.items():
    for ever in (False, True):
        n = 0
        while True:
            # libcrypto alone asks thousands of times for memory.
            n += 1 + n // 8 if kind == "malloc" else 1
            code, whole, out, err = run("%s:%d:%d" % (kind, n, number), ever)
            hit = os.path.exists("hit")
            where = (args, kind, n, ever, code, err)
            if not hit:
                assert code == 0 and whole == marks, where
                break
            # What a library or the clean-up can do without is no failure.
            if code == 0 and kind in ("close", "malloc", "pthread_create"):
                assert args[0] == "verify" or out == good, where
                assert os.path.exists("report") == reports, where
                continue
            assert code == 111, where
            assert err.startswith(args[0] + ": fatal: "), where
            assert not (whole and kind != "close"), where
            # Behind the rename, when the directory is to be synced.
            assert not os.path.exists("report") or kind in (
                "close", "fsync", "malloc"), where
            assert n < 20000, where
PY
}

# trial IN COMMAND...
trial() {
	[[ ${BUILD-} != *sanitize* ]] || skip "sanitizers have their own malloc"
	cd -- "$BATS_TEST_TMPDIR"
	python3 "$BATS_FILE_TMPDIR/run.py" "$BATS_FILE_TMPDIR" \
		"$BATS_FILE_TMPDIR/$1" "${@:2}"
}

@test "sha-tee" {
	trial in sha-tee --report=report
}

@test "sha-tee --check" {
	not_sanitized
	sum=$(sha256sum <"$BATS_FILE_TMPDIR/in")
	trial in sha-tee --check="${sum%% *}"
}

@test "gzip-frame" {
	trial in gzip-frame --frame-size=1K --jobs=1 --report=report
}

@test "gzip-frame, two threads" {
	trial in gzip-frame --frame-size=1K --jobs=2
}

@test "gzip-frame -d, two threads" {
	trial in.gz gzip-frame -d --jobs=2 --report=report
}

@test "gzip-frame -d of foreign gzip" {
	trial foreign.gz gzip-frame -d --jobs=1
}

@test "gzip-frame -l" {
	trial in.gz gzip-frame -l
}

@test "guard" {
	trial in guard -- cat
}

@test "verify --describe" {
	trial dump.sql.gz verify --describe --jobs=1
}
