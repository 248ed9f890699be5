"""proxy: between a client and a real S3 server, and breaks what it is told.

It reads HTTP/1.1: a fault belongs to the n-th request of a kind (head, put,
create, part, complete, abort, delete, list), and happens at an exact place of
it. A request that was not sent on whole before its client went away is not
sent on at all.
"""
import random
import select
import socket
import struct
import threading
import time
from email.utils import formatdate

PIECE = 65536


class Gone(Exception):
    """This connection is over."""


def kind_of(method, target):
    query = target.partition("?")[2]
    if method == "HEAD":
        return "head"
    if method == "GET":
        return "list"
    if method == "POST":
        return "complete" if "uploadId=" in query else "create"
    if method == "PUT":
        return "part" if "partNumber=" in query else "put"
    return "abort" if "uploadId=" in query else "delete"


class Fault:
    """What goes wrong: at requests first..last of a kind, for one key."""

    def __init__(self, kind, action, first=1, count=1, key="", **args):
        self.kind = kind
        self.action = action
        self.first = first
        self.last = first + count - 1
        self.key = key
        self.args = args
        self.seen = 0
        self.struck = 0
        self.lock = threading.Lock()

    def strikes(self, kind, target):
        if self.kind not in (kind, "any") or self.key not in target:
            return False
        with self.lock:
            self.seen += 1
            hit = self.first <= self.seen <= self.last
            self.struck += hit
            return hit

    def __str__(self):
        args = "".join(f" {k}={v}" for k, v in self.args.items())
        return (f"{self.action} at {self.kind} {self.first}..{self.last}"
                f"{args}")


def reset(sock):
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                    struct.pack("ii", 1, 0))
    sock.close()


class Message:
    """Head and body of a request or an answer, as they came."""

    def __init__(self, head):
        self.head = head
        first, _, rest = head.decode("latin-1").partition("\r\n")
        self.words = first.split(" ", 2)
        self.headers = {
            name.strip().lower(): value.strip() for name, _, value in
            (line.partition(":") for line in rest.split("\r\n") if line)}

    def length(self):
        return int(self.headers.get("content-length", 0))


class Stream:
    """A socket with what was read ahead."""

    def __init__(self, sock):
        self.sock = sock
        self.ahead = b""

    def more(self):
        data = self.sock.recv(PIECE)
        if not data:
            raise Gone
        self.ahead += data

    def head(self):
        while b"\r\n\r\n" not in self.ahead:
            self.more()
        head, _, self.ahead = self.ahead.partition(b"\r\n\r\n")
        return Message(head + b"\r\n\r\n")

    def some(self, most):
        if not self.ahead:
            self.more()
        data, self.ahead = self.ahead[:most], self.ahead[most:]
        return data

    def exactly(self, count):
        parts = []
        while count > 0:
            parts.append(self.some(count))
            count -= len(parts[-1])
        return b"".join(parts)

    def line(self):
        while b"\r\n" not in self.ahead:
            self.more()
        line, _, self.ahead = self.ahead.partition(b"\r\n")
        return line + b"\r\n"

    def chunks(self):
        parts = []
        while True:
            parts.append(self.line())
            size = int(parts[-1].split(b";")[0], 16)
            parts.append(self.exactly(size + 2) if size else self.line())
            if size == 0:
                return b"".join(parts)

    def answer(self, method):
        """Head and raw body of a whole answer; a 1xx is left out."""
        message = self.head()
        while message.words[1].startswith("1"):
            message = self.head()
        if method == "HEAD" or message.words[1] in ("204", "304"):
            return message, b""
        if "chunked" in message.headers.get("transfer-encoding", ""):
            return message, self.chunks()
        return message, self.exactly(message.length())


def error_answer(status, code, port, args):
    """An S3 error; without a code one that no S3 server wrote."""
    body = b"<html><h1>Trouble</h1></html>"
    if code:
        extra = "".join(f"<{k}>{v}</{k}>"
                        for k, v in args.get("xml", {}).items())
        body = (f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}'
                f"</Code><Message>on purpose</Message>{extra}</Error>"
                ).encode()
    if args.get("bare"):
        body = b""
    head = [f"HTTP/1.1 {status} Trouble", f"Content-Length: {len(body)}",
            f"Date: {formatdate(usegmt=True)}", "Connection: close"]
    head += [f"{k}: {v}".replace("PORT", str(port))
             for k, v in args.get("headers", {}).items()]
    return "\r\n".join(head + ["", ""]).encode() + body


class Pair:
    """A client's connection and the one behind it."""

    def __init__(self, proxy, sock):
        self.proxy = proxy
        self.client = Stream(sock)
        self.server = None
        self.rng = random.Random(proxy.seed)

    def connect(self):
        if self.server is None:
            sock = socket.create_connection(("127.0.0.1", self.proxy.behind))
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.server = Stream(sock)

    def end(self, hard):
        for stream in (self.client, self.server):
            if stream is None:
                continue
            try:
                if hard:
                    reset(stream.sock)
                else:
                    stream.sock.close()
            except OSError:
                pass
        raise Gone

    def stall(self, seconds):
        """Nothing moves; but a client that goes away ends it."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            ready, _, _ = select.select([self.client.sock], [], [], 0.05)
            if ready and not self.client.sock.recv(PIECE, socket.MSG_PEEK):
                self.end(True)
            if ready:
                time.sleep(0.05)

    def send_on(self, request, fault):
        """The request to the server, whole but for the fault."""
        left = request.length()
        action = fault.action if fault else ""
        cut = flip = -1
        if action == "reset in the request":
            cut = self.rng.randrange(left + 1)
        if action == "flipped byte" and left > 0:
            flip = self.rng.randrange(left)
        self.connect()
        sent = 0
        try:
            self.server.sock.sendall(request.head)
            while left > 0:
                data = bytearray(self.client.some(min(left, PIECE)))
                if 0 <= flip - sent < len(data):
                    data[flip - sent] ^= 1
                if 0 <= cut <= sent + len(data):
                    self.server.sock.sendall(data[:cut - sent])
                    self.end(fault.args["hard"])
                self.server.sock.sendall(data)
                sent += len(data)
                left -= len(data)
        except (BrokenPipeError, ConnectionResetError):
            pass  # the server may have answered early
        if cut >= 0:
            self.end(fault.args["hard"])

    def say_error(self, request, fault):
        args = fault.args
        if args.get("done"):
            self.send_on(request, None)
            self.server.answer(request.words[0])
        else:
            self.client.exactly(request.length())
        answer = error_answer(args["status"], args.get("code"),
                              self.proxy.port, args)
        if request.words[0] == "HEAD":
            answer = answer.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
        self.client.sock.sendall(answer)
        self.end(False)

    def before(self, request, fault):
        """Faults that come before the request is sent on."""
        action, args = fault.action, fault.args
        if action == "call":
            args["call"]()
        elif action in ("refused", "away"):
            self.proxy.refuse(args["seconds"])
            if action == "refused":
                self.end(True)
        elif action == "reset before the request":
            self.end(args["hard"])
        elif action == "stall before the request":
            self.stall(args["seconds"])
            if args["hard"]:
                self.end(True)
        elif action == "error":
            self.say_error(request, fault)

    def pass_on(self, request, fault):
        action = fault.action if fault else ""
        if fault:
            self.before(request, fault)
        self.send_on(request, fault)
        if action == "reset before the answer":
            self.end(fault.args["hard"])
        message, body = self.server.answer(request.words[0])
        if action in ("lost answer", "away"):
            self.end(fault.args["hard"])
        if action == "called at the answer":
            fault.args["call"]()
        if action == "stall before the answer":
            self.stall(fault.args["seconds"])
            if fault.args["hard"]:
                self.end(True)
        whole = message.head + body
        if action == "half an answer":
            self.client.sock.sendall(whole[:self.rng.randrange(len(whole))])
            self.end(fault.args["hard"])
        self.client.sock.sendall(whole)
        if message.headers.get("connection", "").lower() == "close":
            self.end(False)

    def serve(self):
        try:
            while True:
                request = self.client.head()
                method, target = request.words[0], request.words[1]
                if time.monotonic() < self.proxy.refuse_until:
                    self.end(True)
                kind = kind_of(method, target)
                fault = self.proxy.fault
                if fault and not fault.strikes(kind, target):
                    fault = None
                self.pass_on(request, fault)
        except (Gone, OSError, ValueError):
            pass
        finally:
            for stream in (self.client, self.server):
                if stream:
                    stream.sock.close()


class Proxy:
    """Listens on one port for as long as it lives."""

    def __init__(self, behind):
        self.behind = behind    # the server's port
        self.fault = None
        self.seed = 0
        self.lock = threading.Lock()
        self.open = 0
        self.refuse_until = 0
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def begin(self, fault, seed):
        """A new run: its fault, and no other."""
        self.fault = fault
        self.seed = seed
        self.refuse_until = 0

    def refuse(self, seconds):
        self.refuse_until = time.monotonic() + seconds

    def idle(self, seconds=30):
        """Wait until every connection is over: nothing is under way."""
        end = time.monotonic() + seconds
        while self.open and time.monotonic() < end:
            time.sleep(0.01)
        return self.open == 0

    def count(self, by):
        with self.lock:
            self.open += by

    def run(self, sock):
        try:
            Pair(self, sock).serve()
        finally:
            self.count(-1)

    def accept(self):
        while True:
            if time.monotonic() < self.refuse_until:
                self.listener.close()
                while time.monotonic() < self.refuse_until:
                    time.sleep(0.01)
                self.listener = socket.create_server(
                    ("127.0.0.1", self.port), backlog=64)
            ready, _, _ = select.select([self.listener], [], [], 0.01)
            if not ready:
                continue
            sock, _ = self.listener.accept()
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.count(1)
            threading.Thread(target=self.run, args=(sock,),
                             daemon=True).start()
