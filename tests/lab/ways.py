"""Every way in which an upstream fails, and a server that fails in one."""
import selectors
import socket
import threading
import time

from lab import wire
from lab.families import ANTHROPIC
from lab.routes import GOOD, refusal, stream

WHOLE = stream(ANTHROPIC.opening(), ANTHROPIC.content("whole"), ANTHROPIC.closing())
CLOSE, RESET, CUT, SILENT, REFUSED = "close", "reset", "cut", "silent", "refused"
EARLY = wire.stream_head() + wire.chunk(ANTHROPIC.held())
WAYS = {
    "none": GOOD,
    "401": refusal(401, "authentication_error"),
    "402": refusal(402, "billing_error"),
    "403": refusal(403, "permission_error"),
    "404": refusal(404, "not_found_error", "model: asked-model"),
    "429 short": refusal(429, "rate_limit_error", headers=[("retry-after", "1")]),
    "429 long": refusal(429, "rate_limit_error", headers=[("retry-after", "600")]),
    "429 quota": refusal(429, "rate_limit_error", headers=[
        ("anthropic-ratelimit-unified-status", "rejected"),
        ("anthropic-ratelimit-unified-reset", str(int(time.time()) + 7200))]),
    "429 blind": refusal(429, "rate_limit_error"),
    "529": refusal(529, "overloaded_error"),
    "500": refusal(500),
    "502": wire.answer(502, body=b"<html>bad gateway</html>"),
    "503": wire.answer(503, body=b"no healthy upstream"),
    "504": wire.answer(504, body=b""),
    "error in a 200": wire.json_answer({"type": "error", "error": {
        "type": "overloaded_error", "message": "Overloaded"}}),
    "error in a stream": stream(ANTHROPIC.held() + wire.sse(
        {"type": "error", "error": {"type": "api_error", "message": "oops"}}, event="error")),
    "empty": wire.answer(200, [("Content-Type", "application/json")], b""),
    "page": wire.answer(200, [("Content-Type", "text/html")], b"<html>hello</html>"),
    "stream without content": EARLY + wire.LAST_CHUNK,
    "closed": CLOSE,
    "reset": RESET,
    "cut before content": CUT,
    "silent": SILENT,
    "refused": REFUSED,
}


class WayServer:
    """A quick upstream: one thread, every connection kept, one way to answer."""

    def __init__(self):
        self.way = GOOD
        self.asked = 0
        self.selector = selectors.DefaultSelector()
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.listener.setblocking(False)
        self.url = "http://127.0.0.1:%d" % self.listener.getsockname()[1]
        self.selector.register(self.listener, selectors.EVENT_READ, None)
        self.running = True
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def close(self):
        self.running = False
        self.thread.join()
        for key in list(self.selector.get_map().values()):
            key.fileobj.close()
        self.selector.close()

    def run(self):
        while self.running:
            for key, _ in self.selector.select(0.05):
                if key.fileobj is self.listener:
                    self.accept()
                else:
                    self.read(key.fileobj, key.data)

    def accept(self):
        sock, _ = self.listener.accept()
        self.selector.register(sock, selectors.EVENT_READ, bytearray())

    def drop(self, sock):
        self.selector.unregister(sock)
        sock.close()

    def read(self, sock, pending):
        try:
            data = sock.recv(65536)
        except OSError:
            data = b""
        if not data:
            return self.drop(sock)
        pending += data
        head, found, body = bytes(pending).partition(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0]) if found else 0
        if not found or len(body) < length:
            return None
        del pending[:len(head) + 4 + length]
        self.asked += 1
        return self.answer(sock, b'"stream": true' in body)

    def answer(self, sock, is_stream):
        way = self.way
        if way is RESET:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        if way in (CLOSE, RESET):
            return self.drop(sock)
        if way is CUT:
            sock.sendall(EARLY)
            return self.drop(sock)
        if way is not SILENT:
            sock.sendall(WHOLE if way is GOOD and is_stream else way)
        return None
