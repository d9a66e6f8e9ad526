"""A certificate authority for one test run, made by openssl."""
import pathlib
import ssl
import subprocess

EC_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]


class Authority:
    """`ca` is the PEM to trust; `cert` and `key` belong to 127.0.0.1 and localhost."""

    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        self.ca, self._ca_key = self.directory / "ca.pem", self.directory / "ca.key"
        openssl("req", "-x509", *EC_KEY, "-keyout", self._ca_key, "-out", self.ca, "-days", "2",
                "-subj", "/CN=llm-gateway test authority")
        self.cert, self.key = self._issue("server", "IP:127.0.0.1,DNS:localhost")

    def server_context(self, name=None, kind="DNS"):
        """For a server with the usual certificate, or one for `name` only."""
        cert, key = self._issue(name, f"{kind}:{name}") if name else (self.cert, self.key)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(cert, key)
        return context

    def expired_context(self):
        """For a server whose certificate was good for yesterday only."""
        cert, key = self._issue("expired", "IP:127.0.0.1", is_expired=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(cert, key)
        return context

    def client_context(self):
        return ssl.create_default_context(cafile=self.ca)

    def _issue(self, name, alternatives, is_expired=False):
        stem = self.directory / name
        cert, key = stem.with_suffix(".pem"), stem.with_suffix(".key")
        request, extensions = stem.with_suffix(".csr"), stem.with_suffix(".cnf")
        extensions.write_text(f"subjectAltName={alternatives}\n")
        openssl("req", *EC_KEY, "-keyout", key, "-out", request, "-subj", f"/CN={name}")
        if is_expired:
            self._sign_for_the_past(request, cert, extensions)
            return cert, key
        openssl("x509", "-req", "-in", request, "-CA", self.ca, "-CAkey", self._ca_key,
                "-set_serial", "1", "-out", cert, "-days", "2", "-extfile", extensions)
        return cert, key

    def _sign_for_the_past(self, request, cert, extensions):
        """`openssl x509` knows no start date, `openssl ca` does."""
        config = self.directory / "past.cnf"
        (self.directory / "index").write_text("")
        config.write_text("[ca]\ndefault_ca=d\n[d]\npolicy=p\ndefault_md=sha256\n"
                          f"database={self.directory}/index\nnew_certs_dir={self.directory}\n"
                          "rand_serial=yes\n[p]\ncommonName=supplied\n")
        openssl("ca", "-batch", "-config", config, "-in", request, "-out", cert, "-notext",
                "-cert", self.ca, "-keyfile", self._ca_key, "-extfile", extensions,
                "-startdate", "20200101000000Z", "-enddate", "20200102000000Z")


def openssl(*args):
    subprocess.run(["openssl", *map(str, args)], check=True, capture_output=True)
