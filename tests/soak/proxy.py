"""proxy: between a client and a real S3 server, and breaks what it is told.

It reads HTTP/1.1: a fault belongs to the n-th request of a kind (head, put,
create, part, complete, abort, delete, list, get), and happens at an exact
place of it. A request that was not sent on whole before its client went away is not
sent on at all.
"""
import random
import select
import socket
import threading
import time

from wire import (PIECE, Gone, Stream, changed_answer, error_answer, kind_of,
                  odd_answer, plain, reset, rewritten)


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
        if action == "no ranges":
            request.strip("range")
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

    def say_early(self, fault):
        """An answer before the body was read, and then a reset."""
        self.client.sock.sendall(error_answer(
            fault.args["status"], fault.args["code"], self.proxy.port,
            fault.args))
        time.sleep(fault.args["seconds"])
        self.end(True)

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
        elif action == "early error":
            self.say_early(fault)

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
        if fault:
            self.after(request, fault, message, body)
        self.client.sock.sendall(whole)
        if message.headers.get("connection", "").lower() == "close":
            self.end(False)

    def after(self, request, fault, message, body):
        """Faults of the answer."""
        action, args, method = fault.action, fault.args, request.words[0]
        whole = message.head + body
        if action == "half an answer":
            self.client.sock.sendall(whole[:self.rng.randrange(len(whole))])
            self.end(args["hard"])
        elif action == "reset in the body":
            cut = len(message.head) + self.rng.randrange(len(body) + 1)
            self.client.sock.sendall(whole[:cut])
            self.end(args["hard"])
        elif action == "odd":
            self.client.sock.sendall(odd_answer(args["how"], method, message,
                                                body))
            self.end(False)
        elif action == "changed":
            self.client.sock.sendall(changed_answer(args["how"], method,
                                                    message, body))
            self.end(False)
        elif action == "blanks":
            self.say_blanks(args, message, body)
        elif action == "drips":
            drop = max(1, len(whole) // 150)
            for i in range(0, len(whole), drop):
                self.client.sock.sendall(whole[i:i + drop])
                time.sleep(args["seconds"] / 150)
            self.end(False)
        elif action == "closed behind it":
            self.client.sock.sendall(whole)
            self.end(args["hard"])

    def say_blanks(self, args, message, body):
        """200 and blanks while the server works, as AWS does."""
        body = plain(message, body)
        if args["code"]:
            body = error_answer(200, args["code"], self.proxy.port,
                                args).partition(b"\r\n\r\n")[2]
        pieces = [b" "] * 9 + [b"\n" + body]
        self.client.sock.sendall(rewritten(
            message, b"", "HTTP/1.1 200 OK", content_length=None,
            transfer_encoding="chunked", connection="close"))
        for piece in pieces:
            time.sleep(args["seconds"] / len(pieces))
            self.client.sock.sendall(b"%x\r\n%s\r\n" % (len(piece), piece))
        self.client.sock.sendall(b"0\r\n\r\n")
        self.end(False)

    def serve(self):
        try:
            while True:
                request = self.client.head()
                method, target = request.words[0], request.words[1]
                if time.monotonic() < self.proxy.refuse_until:
                    self.end(True)
                kind = kind_of(method, target)
                faults = [fault for fault in self.proxy.faults
                          if fault.strikes(kind, target)]
                self.pass_on(request, faults[0] if faults else None)
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
        self.faults = []
        self.seed = 0
        self.lock = threading.Lock()
        self.open = 0
        self.refuse_until = 0
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def begin(self, faults, seed):
        """A new run: its faults, and no others."""
        self.faults = faults
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
