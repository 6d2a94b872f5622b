"""Somebody's web service that takes what is posted to it, by HTTPS with a certificate of its own."""

import http.server
import json
import ssl
import threading

from .lab import run


class Hook:
    """answers: status of each request, the last one for ever; got: (path, headers, body as JSON) of each."""

    def __init__(self, lab, name="hook"):
        self.answers, self.got = [200], []
        self.lab, self.name = lab, name
        self.held = threading.Event()
        self.held.set()
        self.ca = lab.path(f"{name}.pem")

    def start(self):
        key = self.lab.path(f"{self.name}.key")
        run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
             "-keyout", key, "-out", self.ca, "-subj", f"/CN={self.name}", "-addext", f"subjectAltName=IP:{self.lab.address}"],
            "a certificate")
        hook = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                hook.got.append((self.path, self.headers, json.loads(body)))
                hook.held.wait(60)
                self.send_response(hook.answers.pop(0) if len(hook.answers) > 1 else hook.answers[0])
                self.send_header("Location", f"{hook.url}/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.ca, key)
        self.server = http.server.ThreadingHTTPServer((self.lab.address, 0), Handler)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.url = f"https://{self.lab.address}:{self.server.server_port}/hook"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def stop(self):
        self.held.set()
        self.server.shutdown()
        self.server.server_close()
