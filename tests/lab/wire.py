"""HTTP/1.1 at the level of bytes: building messages, and a socket that reads
them without hiding anything (chunk borders included)."""
import json
import os
import socket
import ssl

# Seconds; generous: no test passes or fails by speed.
DEADLINE = float(os.environ.get("LAB_DEADLINE", 20))


def request(method, target, headers=(), body=None, host="127.0.0.1"):
    """Bytes of one request. `headers` is a list of pairs or a dict. A body
    gets its content-length unless the headers frame it already."""
    pairs = list(headers.items()) if isinstance(headers, dict) else list(headers)
    names = {name.lower() for name, _ in pairs}
    if "host" not in names:
        pairs.insert(0, ("Host", host))
    if body is not None and not names & {"content-length", "transfer-encoding"}:
        pairs.append(("Content-Length", str(len(body))))
    return head(f"{method} {target} HTTP/1.1", pairs) + (body or b"")


def answer(status=200, headers=(), body=b"", reason="OK"):
    """Bytes of one answer with a content-length, unless framed already."""
    pairs = list(headers.items()) if isinstance(headers, dict) else list(headers)
    names = {name.lower() for name, _ in pairs}
    if not names & {"content-length", "transfer-encoding"} and body is not None:
        pairs.append(("Content-Length", str(len(body))))
    return head(f"HTTP/1.1 {status} {reason}", pairs) + (body or b"")


def json_answer(value, status=200, headers=()):
    return answer(status, [("Content-Type", "application/json"), *headers],
                  json.dumps(value).encode())


def stream_head(headers=(), status=200):
    """Head of a chunked SSE answer."""
    return head(f"HTTP/1.1 {status} OK", [("Content-Type", "text/event-stream"),
                                          ("Transfer-Encoding", "chunked"), *headers])


def head(first_line, pairs):
    lines = [first_line] + [f"{name}: {value}" for name, value in pairs]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n"


def chunk(data):
    return b"%x\r\n%s\r\n" % (len(data), data)


LAST_CHUNK = b"0\r\n\r\n"


def sse(data, event=None):
    """One SSE frame; `data` is text or something to write as JSON."""
    text = data if isinstance(data, str) else json.dumps(data)
    return (f"event: {event}\n" if event else "").encode() + f"data: {text}\n\n".encode()


class Head:
    """First line and header fields of a message, as they came."""

    def __init__(self, raw):
        lines = raw.decode("latin-1").split("\r\n")
        self.raw = raw
        self.first_line = lines[0]
        self.pairs = [tuple(part.strip() if i else part for i, part in enumerate(l.split(":", 1)))
                      for l in lines[1:] if l]

    def get(self, name, default=None):
        values = self.all(name)
        return values[-1] if values else default

    def all(self, name):
        return [value for key, value in self.pairs if key.lower() == name.lower()]

    def __contains__(self, name):
        return bool(self.all(name))

    @property
    def status(self):
        return int(self.first_line.split(" ", 2)[1])

    @property
    def method(self):
        return self.first_line.split(" ")[0]

    @property
    def target(self):
        return self.first_line.split(" ")[1]


class Answer:
    """A whole answer: head, body without its framing, the chunks it came in
    (None when it was not chunked)."""

    def __init__(self, answer_head, body, chunks=None):
        self.head, self.body, self.chunks = answer_head, body, chunks
        self.status = answer_head.status

    def header(self, name, default=None):
        return self.head.get(name, default)

    def json(self):
        return json.loads(self.body)


class Closed(Exception):
    """The peer ended the connection before what was waited for came."""


class Wire:
    """A connected socket with a reading buffer. Every wait is bounded."""

    def __init__(self, sock):
        self.sock = sock
        self.sock.settimeout(DEADLINE)
        if sock.family in (socket.AF_INET, socket.AF_INET6):
            self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.pending = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def send(self, data):
        self.sock.sendall(data)

    def close(self):
        self.sock.close()

    def reset(self):
        """Ends the connection with RST instead of FIN."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.sock.close()

    def finish_sending(self):
        self.sock.shutdown(socket.SHUT_WR)

    def more(self):
        """Reads whatever comes next into the buffer; Closed at the end."""
        try:
            data = self.sock.recv(262144)
        except (ConnectionResetError, ssl.SSLEOFError) as error:
            raise Closed("connection reset") from error
        if not data:
            raise Closed("connection ended")
        self.pending += data

    def until(self, marker):
        """Everything up to and including the marker."""
        while marker not in self.pending:
            self.more()
        end = self.pending.index(marker) + len(marker)
        return self.take(end)

    def exactly(self, count):
        parts, have = [self.pending[:count]], min(count, len(self.pending))
        self.pending = self.pending[count:]
        while have < count:
            self.more()
            parts.append(self.pending[:count - have])
            self.pending = self.pending[count - have:]
            have += len(parts[-1])
        return b"".join(parts)

    def take(self, count):
        data, self.pending = self.pending[:count], self.pending[count:]
        return data

    def read_head(self):
        return Head(self.until(b"\r\n\r\n")[:-4])

    def read_chunk(self):
        """Data of the next chunk; b"" for the last one."""
        size = int(self.until(b"\r\n").split(b";")[0], 16)
        if size == 0:
            assert self.until(b"\r\n") == b"\r\n", "trailers are not expected"
            return b""
        data = self.exactly(size)
        assert self.exactly(2) == b"\r\n"
        return data

    def read_body(self, message_head, has_body=True):
        """(body, chunks) by the framing that the head announces."""
        if not has_body:
            return b"", None
        if "chunked" in (message_head.get("transfer-encoding") or "").lower():
            chunks = []
            while True:
                data = self.read_chunk()
                if not data:
                    return b"".join(chunks), chunks
                chunks.append(data)
        if "content-length" in message_head:
            return self.exactly(int(message_head.get("content-length"))), None
        return self.rest(), None

    def read_answer(self, method="POST"):
        message_head = self.read_head()
        while message_head.status // 100 == 1:
            message_head = self.read_head()
        has_body = method != "HEAD" and message_head.status not in (204, 304)
        return Answer(message_head, *self.read_body(message_head, has_body))

    def rest(self):
        """Everything until the peer closes."""
        try:
            while True:
                self.more()
        except Closed:
            return self.take(len(self.pending))

    def ended(self, seconds=DEADLINE):
        """Does the peer end the connection within this time, sending nothing?"""
        self.sock.settimeout(seconds)
        try:
            self.more()
        except Closed:
            return True
        except TimeoutError:
            return False
        finally:
            self.sock.settimeout(DEADLINE)
        return False
