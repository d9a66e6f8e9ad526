"""An upstream that does exactly what the test says.

The test takes each request with `take()` and answers on it byte by byte, or
sets `reply`, bytes or a function of the request, for those it does not want to
see. Every request stays in `seen`."""
import queue
import socket
import threading

from lab import wire


class Request:
    """A request as it reached the upstream, and the connection to answer on."""

    def __init__(self, connection, request_head, body, number):
        self.wire = connection
        self.head = request_head
        self.body = body
        self.connection_number = number
        self.done = threading.Event()

    @property
    def method(self):
        return self.head.method

    @property
    def target(self):
        return self.head.target

    def send(self, data):
        self.wire.send(data)

    def finish(self):
        """The answer is complete; the connection may carry the next request."""
        self.done.set()

    def answer(self, data):
        self.send(data)
        self.finish()

    def close(self):
        self.wire.close()
        self.finish()

    def reset(self):
        self.wire.reset()
        self.finish()

    def was_left(self, seconds=wire.DEADLINE):
        """Does the gateway give the exchange up within this time?"""
        return self.wire.ended(seconds)


class Upstream:
    """Listens on a free port of `host` from creation to `close`."""

    def __init__(self, reply=None, tls=None, raw=None, host="127.0.0.1"):
        """`tls` is an ssl.SSLContext. `raw(sock)` takes over whole connections
        instead (for servers that do not even speak HTTP)."""
        self.reply = reply
        self.seen = []
        self.connections = 0
        self._tls, self._raw = tls, raw
        self._taken = queue.Queue()
        self._open = set()
        self._listener = socket.create_server((host, 0), backlog=512)
        self.port = self._listener.getsockname()[1]
        scheme = "https" if tls else "http"
        self.url = f"{scheme}://{host}:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        # shutdown wakes the accepting thread; close alone would not
        try:
            self._listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._listener.close()
        for connection in list(self._open):
            connection.close()

    def take(self, seconds=wire.DEADLINE):
        """The next request that came in."""
        return self._taken.get(timeout=seconds)

    def is_quiet(self, seconds=0.3):
        """Did no request come within this time?"""
        try:
            self._taken.get(timeout=seconds)
        except queue.Empty:
            return True
        return False

    def _accept(self):
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(sock, self.connections),
                             daemon=True).start()

    def _serve(self, sock, number):
        try:
            if self._raw:
                self._raw(sock)
                return
            if self._tls:
                sock.settimeout(wire.DEADLINE)
                sock = self._tls.wrap_socket(sock, server_side=True)
            connection = wire.Wire(sock)
            connection.sock.settimeout(None)
            self._open.add(connection)
            while True:
                self._one_request(connection, number)
        except (OSError, wire.Closed, ValueError):
            sock.close()

    def _one_request(self, connection, number):
        request_head = connection.read_head()
        if (request_head.get("expect") or "").lower() == "100-continue":
            connection.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        framed = "content-length" in request_head or "transfer-encoding" in request_head
        body, _ = connection.read_body(request_head, framed)
        request = Request(connection, request_head, body, number)
        self.seen.append(request)
        if self.reply is None:
            self._taken.put(request)
        else:
            data = self.reply(request) if callable(self.reply) else self.reply
            if data is not None:
                request.answer(data)
        request.done.wait()
        connection.sock.settimeout(None)
