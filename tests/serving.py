"""A bad server on 127.0.0.1, and what it serves."""

import hashlib
import http.server
import threading
from contextlib import contextmanager

BODY = bytes(range(256)) * 40
SHA256 = "sha256:" + hashlib.sha256(BODY).hexdigest()


@contextmanager
def serving(answer):
    """A server whose GETs are answered by ``answer(handler, count)``."""
    seen = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            seen.append({"path": self.path, **self.headers})
            answer(self, len(seen))

        def log_message(self, *args):
            pass

        def whole(self, body=BODY, status=200, length=None, **headers):
            self.send_response(status)
            self.send_header("Content-Length", str(len(body) if length is None else length))
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.end_headers()
            self.wfile.write(body)

        def broken_off(self, count, **headers):
            self.whole(BODY[:count], length=len(BODY), **headers)
            self.close_connection = True

        def start(self):
            """Where the asked range starts, or None."""
            asked = self.headers.get("Range")
            return asked and int(asked.removeprefix("bytes=").rstrip("-"))

        def rest(self, body=BODY, **headers):
            told = f"bytes {self.start()}-{len(body) - 1}/{len(body)}"
            self.whole(body[self.start() :], 206, Content_Range=told, **headers)

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/file.bin", seen
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def left_in(folder):
    return sorted(p.name for p in folder.iterdir())
