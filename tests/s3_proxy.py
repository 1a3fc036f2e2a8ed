"""A proxy before the S3 server: checks each signature by Amazon's own code, notes each request, and answers by itself
where a rule says so (another region, an expired session, a wrong clock)."""
import http.client
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import botocore.auth
import botocore.awsrequest
import botocore.credentials


def signature_by_botocore(method, url, headers, secret):
    """What botocore makes of the request that came, or nothing where it is not signed."""
    authorization = headers.get("Authorization")
    if not authorization:
        return None, None
    parts = dict(p.strip().split("=", 1) for p in authorization.split(" ", 1)[1].split(","))
    key, date, region, service, _ = parts["Credential"].split("/")
    request = botocore.awsrequest.AWSRequest(method=method, url=url)
    for name in parts["SignedHeaders"].split(";"):
        request.headers[name] = headers[name]
    request.context["timestamp"] = headers["x-amz-date"]
    auth = botocore.auth.S3SigV4Auth(botocore.credentials.Credentials(key, secret), service, region)
    auth.headers_to_sign = lambda made: only(made, parts["SignedHeaders"].split(";"))
    canonical = auth.canonical_request(request)
    return parts["Signature"], auth.signature(auth.string_to_sign(request, canonical), request)


def only(request, names):
    chosen = http.client.HTTPMessage()
    for name in names:
        chosen[name] = request.headers[name]
    return chosen


class S3Proxy:
    """`rule(request)` may return (status, headers, body); None passes the request on. A request has method, path, headers."""

    def __init__(self, server, secret, rule=lambda request: None):
        self.server, self.secret, self.rule = server.url.removeprefix("http://"), secret, rule
        self.requests, self.wrong = [], []
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                proxy.handle(self)

            do_HEAD = do_PUT = do_POST = do_DELETE = do_GET

            def log_message(self, *_):
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.url = "http://127.0.0.1:%d" % self.http.server_address[1]
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def handle(self, request):
        request.method = request.command
        url = f"http://{request.headers['Host']}{request.path}"
        sent, expected = signature_by_botocore(request.method, url, request.headers, self.secret)
        if sent != expected:
            self.wrong.append((request.method, request.path, sent, expected))
        self.requests.append((request.method, request.path))
        body = request.rfile.read(int(request.headers.get("Content-Length", 0)))
        answer = self.rule(request) or self.forward(request, body)
        self.answer(request, *answer)

    def forward(self, request, body):
        connection = http.client.HTTPConnection(self.server, timeout=60)
        connection.putrequest(request.method, request.path, skip_host=True, skip_accept_encoding=True)
        for name, value in request.headers.items():
            connection.putheader(name, value)
        connection.endheaders(body)
        reply = connection.getresponse()
        data = reply.read()
        connection.close()
        return reply.status, dict(reply.getheaders()), data

    def answer(self, request, status, headers, body):
        request.send_response_only(status)
        length = headers.get("Content-Length") if request.method == "HEAD" else None
        for name, value in headers.items():
            if name.lower() not in ("content-length", "transfer-encoding", "connection"):
                request.send_header(name, value)
        request.send_header("Content-Length", length or str(len(body)))
        request.end_headers()
        if request.method != "HEAD":
            request.wfile.write(body)

    def stop(self):
        self.http.shutdown()
        self.http.server_close()


def s3_error(code, message="", **more):
    fields = "".join(f"<{k}>{v}</{k}>" for k, v in more.items())
    return f"<Error><Code>{code}</Code><Message>{message}</Message>{fields}<RequestId>R-TEST</RequestId></Error>".encode()
