"""wire: HTTP/1.1 as the proxy reads and writes it, with no mercy on anyone."""
import gzip
import socket
import struct
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
        key = target.partition("?")[0].partition("/")[2].partition("/")[2]
        return "get" if key and "uploadId=" not in query else "list"
    if method == "POST":
        return "complete" if "uploadId=" in query else "create"
    if method == "PUT":
        return "part" if "partNumber=" in query else "put"
    return "abort" if "uploadId=" in query else "delete"


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

    def strip(self, name):
        lines = [line for line in self.head.split(b"\r\n")
                 if line.partition(b":")[0].lower() != name.encode()]
        self.head = b"\r\n".join(lines)

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


def plain(message, body):
    """A body without its chunks."""
    if "chunked" not in message.headers.get("transfer-encoding", ""):
        return body
    parts = []
    while body:
        size, _, body = body.partition(b"\r\n")
        count = int(size.split(b";")[0], 16)
        parts.append(body[:count])
        body = body[count + 2:]
    return b"".join(parts)


def rewritten(message, body, status_line=None, **changes):
    """An answer with other headers: None takes one away."""
    lines = message.head.decode("latin-1").split("\r\n")[:-2]
    names = [name.replace("_", "-") for name in changes] + [
        "transfer-encoding"]
    kept = [status_line or lines[0]] + [
        line for line in lines[1:]
        if line.partition(":")[0].strip().lower() not in names]
    kept += [f"{name.replace('_', '-')}: {value}"
             for name, value in changes.items() if value is not None]
    return "\r\n".join(kept + ["", ""]).encode("latin-1") + body


def chunked(body, size=7):
    """In chunks, the first of them small, and a trailer."""
    pieces = [body[:size], body[size:]]
    return b"".join(b"%x;x=y\r\n%s\r\n" % (len(one), one)
                    for one in pieces if one) + b"0\r\nX-Trailer: x\r\n\r\n"


def odd_answer(how, method, message, body):
    """The same answer in an unusual shape that is still right."""
    body = plain(message, body)
    length = message.headers.get("content-length", len(body))
    bare = method == "HEAD" or message.words[1] in ("204", "304")
    status = message.words[1]
    if how == "1.0" and not bare:
        return rewritten(message, body, f"HTTP/1.0 {status} Odd",
                         content_length=None, connection=None)
    if how == "chunks" and not bare:
        return rewritten(message, chunked(body), content_length=None,
                         transfer_encoding="chunked", connection="close")
    whole = rewritten(message, body, f"HTTP/1.1 {status}",
                      content_length=length, connection="close")
    if how == "1xx":
        return (b"HTTP/1.1 100 Continue\r\n\r\n"
                b"HTTP/1.1 102 Processing\r\n\r\n" + whole)
    head, _, rest = whole.partition(b"\r\n\r\n")
    lines = []
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        name = name.upper() if how == "capitals" else name.lower()
        lines.append(name + b": " + value.strip() if lines else line)
    return b"\r\n".join(lines) + b"\r\n\r\n" + rest


def changed_answer(how, method, message, body):
    """An answer to a request that was done, but not quite what was meant."""
    body = plain(message, body)
    if method == "HEAD" or not body:
        return message.head + body
    if how == "gzip":
        body = gzip.compress(body)
        return rewritten(message, body, content_encoding="gzip",
                         content_length=len(body), connection="close")
    body = body[:len(body) // 2]
    return rewritten(message, body, content_length=len(body),
                     connection="close")


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
    if "text" in args:
        body = args["text"].encode()
    head = [f"HTTP/1.1 {status} Trouble", f"Content-Length: {len(body)}",
            f"Date: {formatdate(usegmt=True)}", "Connection: close"]
    head += [f"{k}: {v}".replace("PORT", str(port))
             for k, v in args.get("headers", {}).items()]
    return "\r\n".join(head + ["", ""]).encode() + body
