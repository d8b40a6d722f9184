"""A little service: answers on a port. With `deaf` it ignores TERM; with `shell` it ends by 143 on TERM, as shells and Java do."""

import http.server
import os
import signal
import sys

if "deaf" in sys.argv:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
if "shell" in sys.argv:
    signal.signal(signal.SIGTERM, lambda *_: os._exit(143))
if "broken" in sys.argv and os.path.exists("/run/broken"):
    sys.exit(int(open("/run/broken").read() or 1))


class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_):
        pass


http.server.ThreadingHTTPServer.allow_reuse_address = True
http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Answer).serve_forever()
