"""An authorization server on 127.0.0.1 that plays a vendor with Claude
accounts: authorize, token, revoke, profile.

It is strict: a code works once and only with its verifier and redirect; a
refresh token works once, and one that comes a second time ends the whole
sign-in (`replays` counts them). Every secret it makes or sees is in `secrets`.
Knobs make it slow or broken.
"""
import base64
import hashlib
import http.server
import json
import secrets
import threading
import time
import urllib.parse

CLIENT = "test-client"


class Vendor:
    def __init__(self):
        self.lock = threading.Lock()
        self.secrets = set()
        self.codes = {}             # code -> what it was given for
        self.live = set()           # refresh tokens that work
        self.spent = set()
        self.access = set()
        self.calls = []             # (path, body) of every POST
        self.refreshes = 0          # that were granted
        self.replays = 0
        self.revoked = []
        self.lifetime = 8 * 3600
        self.delay = 0              # seconds before an answer
        self.rotates = True
        self.forgiving = False      # a spent token works until its successor is used
        self.successors = {}        # spent token -> the one that came for it
        self.refused_scopes = set()
        self.token_bytes = 40
        self.answers = []           # raw answers to the next token calls: (status, text)
        self.has_profile = True
        vendor = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                vendor.get(self)

            def do_POST(self):
                vendor.post(self)

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

            def handle_error(self, *_):
                pass    # clients are killed in some tests

        self.server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def oauth_map(self, **more):
        """The account's `oauth:` map."""
        return {"authorize_url": f"{self.url}/authorize", "token_url": f"{self.url}/token",
                "revoke_url": f"{self.url}/revoke", "profile_url": f"{self.url}/profile",
                "client_id": CLIENT, "scopes": "user:profile user:inference",
                "redirect_url": f"{self.url}/shown", **more}

    def new_secret(self, kind):
        text = f"{kind}-" + secrets.token_urlsafe(self.token_bytes)
        self.secrets.add(text)
        return text

    # --- the person ---

    def consent(self, url):
        """What the vendor's page does when the person agrees: where it sends
        the browser."""
        query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(url).query))
        assert query["client_id"] == CLIENT and query["response_type"] == "code"
        assert query["code_challenge_method"] == "S256"
        assert len(query["code_challenge"]) == 43 and len(query["state"]) == 43
        code = self.new_secret("code")
        self.codes[code] = query
        return query["redirect_uri"] + "?" + urllib.parse.urlencode(
            {"code": code, "state": query["state"]})

    def shown_code(self, url):
        """The same with the page that shows a code to paste."""
        query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(self.consent(url)).query))
        return f"{query['code']}#{query['state']}"

    # --- the endpoints ---

    def get(self, request):
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if request.path != "/profile" or not self.has_profile:
            return reply(request, 404, {})
        if token not in self.access:
            return reply(request, 401, {"error": {"type": "authentication_error"}})
        reply(request, 200, {
            "account": {"uuid": "u-1", "email": "person@example.com"},
            "organization": {"uuid": "o-1", "name": "Example", "organization_type": "claude_max",
                             "rate_limit_tier": "tier_20x"}})

    def post(self, request):
        body = json.loads(request.rfile.read(int(request.headers["Content-Length"])))
        assert request.headers["Content-Type"] == "application/json"
        self.calls.append((request.path, body))
        self.secrets.update(v for k, v in body.items()
                            if k in ("code_verifier", "state") and isinstance(v, str))
        if request.path == "/token":
            self.token(request, body)
        else:
            self.revoked.append(body)
            reply(request, 200, {})

    def token(self, request, body):
        if self.answers:
            status, text = self.answers.pop(0)
            time.sleep(self.delay)
            return reply(request, status, text)
        with self.lock:
            if body["grant_type"] == "authorization_code":
                status, answer = self.exchange(body)
            else:
                status, answer = self.refresh(body)
        time.sleep(self.delay)
        reply(request, status, answer)

    def exchange(self, body):
        asked = self.codes.pop(body["code"], None)
        if asked is None or body["client_id"] != CLIENT:
            return refusal("invalid_grant")
        digest = hashlib.sha256(body["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        if (challenge != asked["code_challenge"] or body["redirect_uri"] != asked["redirect_uri"]
                or body["state"] != asked["state"]):
            return refusal("invalid_grant")
        return 200, self.tokens(asked["scope"])

    def refresh(self, body):
        old = body["refresh_token"]
        if set(body.get("scope", "").split()) & self.refused_scopes:
            return refusal("invalid_scope")
        if old in self.spent and self.forgiving and self.successors[old] in self.live:
            self.live.discard(self.successors[old])     # it never arrived
        elif old in self.spent:
            self.replays += 1
            self.live.clear()
            return refusal("invalid_grant")
        elif old not in self.live:
            return refusal("invalid_grant")
        self.refreshes += 1
        answer = self.tokens(body.get("scope"), rotate=self.rotates)
        if self.rotates:
            self.live.discard(old)
            self.spent.add(old)
            self.successors[old] = answer["refresh_token"]
        return 200, answer

    def tokens(self, scope, rotate=True):
        answer = {"token_type": "Bearer", "access_token": self.new_secret("oat"),
                  "expires_in": self.lifetime}
        if scope:
            answer["scope"] = scope
        if rotate:
            answer["refresh_token"] = self.new_secret("ort")
            self.live.add(answer["refresh_token"])
        self.access.add(answer["access_token"])
        return answer


def refusal(code):
    return 400, {"error": code, "error_description": "because"}


def reply(request, status, body):
    """`body` is JSON, or text as it is; None closes the connection without a
    word."""
    if body is None:
        request.close_connection = True
        return
    data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    request.send_response(status)
    request.send_header("Content-Type", "application/json")
    request.send_header("Content-Length", str(len(data)))
    if status in (301, 302, 307, 308):
        request.send_header("Location", "/token")
    request.end_headers()
    request.wfile.write(data)
