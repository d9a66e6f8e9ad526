"""Sealed transport as llm-gateway-api(7) describes it, written after the page
and not after the program."""
import base64
import json
import os
import time

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

TYPE = "application/vnd.llm-gateway.sealed+json"


def encode(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def decode(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Sealer:
    """Seals requests with the text that `apikey add --sealed` shows."""

    def __init__(self, text):
        assert text.startswith("lgw_sealed_"), text
        self.kid, self.secret = text[len("lgw_sealed_"):-44], decode(text[-43:])
        assert text[-44] == "_" and len(self.secret) == 32
        self.cipher = AESGCM(self.secret)

    def request(self, path, body, method="POST", **more):
        """The envelope; `more` replaces ts (ms), nonce, iv, or members at the end."""
        now = more.pop("ts", int(time.time() * 1000))
        nonce = encode(more.pop("raw_nonce", os.urandom(16)))
        iv = more.pop("raw_iv", os.urandom(12))
        aad = f"1\n{method}\n{path}\n{self.kid}\n{now}\n{nonce}"
        return {"v": 1, "kid": self.kid, "ts": now, "nonce": nonce, "iv": encode(iv),
                "ct": encode(self.cipher.encrypt(iv, body, aad.encode())), **more}

    def _open(self, value, asked, status, tail=""):
        aad = (f"1\n{status}\n{value['type']}\n{self.kid}\n{asked['ts']}\n{asked['nonce']}"
               + tail)
        return self.cipher.decrypt(decode(value["iv"]), decode(value["ct"]), aad.encode())

    def answer(self, answer, asked):
        """The plain body of a whole answer."""
        assert answer.header("content-type") == TYPE, (answer.head.raw, answer.body)
        return self._open(answer.json(), asked, answer.status)

    def events(self, answer, asked):
        """The plain events of a stream, in a list; all of them."""
        assert answer.header("content-type") == "text/event-stream", answer.head.raw
        plain, last = [], False
        for at, line in enumerate(answer.body.decode().strip().split("\n\n")):
            assert not last, line
            value = json.loads(line.removeprefix("data: "))
            last = value["last"]
            assert value["v"] == 1 and value["seq"] == at
            plain.append(self._open(value, asked, answer.status,
                                    f"\n{at}\n{'last' if last else 'more'}"))
        assert last
        return plain
