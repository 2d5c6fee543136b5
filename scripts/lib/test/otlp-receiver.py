"""A collector of spans on 127.0.0.1: prints its port, then each span that it is sent, as a line of JSON.

Takes OTLP/JSON, and refuses with 400 what OpenTelemetry's own definition of the messages (opentelemetry-proto) does not know, and
what its mapping to JSON forbids: ids other than hexadecimal digits, names of enumerations, 64-bit integers other than strings.
"""

import base64
import http.server
import json
import re
import threading

from google.protobuf import json_format
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2


printing = threading.Lock()


def show(text):
    """Whole lines, whichever service sends at the same time."""
    with printing:
        print(text, flush=True)


def require(condition, message):
    if not condition:
        raise ValueError(message)


def to_protobuf_json(request):
    """The same in protobuf's own mapping, which has ids in Base64 and takes more than OTLP does."""
    for resource in request["resourceSpans"]:
        for scope in resource["scopeSpans"]:
            for span in scope["spans"]:
                for name, digits in (("traceId", 32), ("spanId", 16), ("parentSpanId", 16)):
                    if name == "parentSpanId" and name not in span:
                        continue
                    require(re.fullmatch(f"[0-9a-f]{{{digits}}}", span[name]), f"{name}: {span[name]}")
                    span[name] = base64.b64encode(bytes.fromhex(span[name])).decode()
                require(isinstance(span["kind"], int), "kind is no number")
                require(isinstance(span["startTimeUnixNano"], str), "startTimeUnixNano is no string")
                require(isinstance(span["endTimeUnixNano"], str), "endTimeUnixNano is no string")
    for attribute in attributes_in(request):
        for kind, value in attribute["value"].items():
            require(isinstance(value, str), f"{attribute['key']}: a {kind} that is no string")
    return request


def attributes_in(request):
    for resource in request["resourceSpans"]:
        yield from resource["resource"]["attributes"]
        for scope in resource["scopeSpans"]:
            for span in scope["spans"]:
                yield from span["attributes"]


def plain(attributes):
    return {each.key: getattr(each.value, each.value.WhichOneof("value")) for each in attributes}


def lines(message, authorization):
    for resource in message.resource_spans:
        for scope in resource.scope_spans:
            for span in scope.spans:
                yield json.dumps(
                    {
                        "resource": plain(resource.resource.attributes),
                        "scope": scope.scope.name,
                        "authorization": authorization,
                        "trace_id": span.trace_id.hex(),
                        "span_id": span.span_id.hex(),
                        "parent_span_id": span.parent_span_id.hex(),
                        "name": span.name,
                        "kind": span.kind,
                        "duration_ns": span.end_time_unix_nano - span.start_time_unix_nano,
                        "start_s": span.start_time_unix_nano // 1_000_000_000,
                        "status": span.status.code,
                        "attributes": plain(span.attributes),
                    }
                )


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        try:
            require(self.path == "/v1/traces", f"the path is {self.path}")
            require(self.headers["Content-Type"] == "application/json", "the type is no JSON")
            message = trace_service_pb2.ExportTraceServiceRequest()
            json_format.ParseDict(to_protobuf_json(json.loads(body)), message)
        except (ValueError, KeyError, json_format.ParseError) as error:
            show(json.dumps({"error": f"{type(error).__name__}: {error}"}))
            return self.answer(400)
        show("\n".join(lines(message, self.headers["Authorization"])))
        return self.answer(200)

    def answer(self, status):
        reply = b"{}"
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(reply)))
        self.end_headers()
        self.wfile.write(reply)

    def log_message(self, *arguments):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_address[1])
server.serve_forever()
