"""A certificate authority for one test run, made by openssl."""
import pathlib
import ssl
import subprocess


class Authority:
    """`ca` is the PEM to trust; `cert`/`key` belong to 127.0.0.1 and localhost."""

    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        self.ca = self.directory / "ca.pem"
        self.cert = self.directory / "server.pem"
        self.key = self.directory / "server.key"
        self._make()

    def server_context(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.cert, self.key)
        return context

    def client_context(self):
        return ssl.create_default_context(cafile=self.ca)

    def _make(self):
        ca_key, request = self.directory / "ca.key", self.directory / "server.csr"
        names = self.directory / "names.cnf"
        names.write_text("subjectAltName=IP:127.0.0.1,DNS:localhost\n")
        key_kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        openssl("req", "-x509", *key_kind, "-keyout", ca_key, "-out", self.ca, "-days", "2",
                "-subj", "/CN=llm-gateway test authority")
        openssl("req", *key_kind, "-keyout", self.key, "-out", request, "-subj", "/CN=localhost")
        openssl("x509", "-req", "-in", request, "-CA", self.ca, "-CAkey", ca_key,
                "-set_serial", "1", "-out", self.cert, "-days", "2", "-extfile", names)


def openssl(*args):
    subprocess.run(["openssl", *map(str, args)], check=True, capture_output=True)
