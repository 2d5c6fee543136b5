"""Sends damaged requests to a service and compares what it serves with what h11 and llhttp read in the same bytes.

A request that the service serves and another reader refuses, or reads otherwise, is a finding: a proxy in front could be such a
reader. Arguments: PORT SEED COUNT.
"""

import json
import random
import socket
import sys

import h11
import httptools

SEEDS = [
    b"POST /one HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhelloGET /two HTTP/1.1\r\nHost: x\r\n\r\n",
    b"POST /one HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n0\r\nT: x\r\n\r\n"
    b"GET /two HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /one HTTP/1.1\r\nHost: x\r\nX: y\r\nConnection: keep-alive\r\n\r\nPOST /two HTTP/1.1\r\nHost: x\r\n"
    b"Content-Length: 0\r\n\r\nGET /three HTTP/1.1\r\nHost: x\r\n\r\n",
    b"\r\nGET http://x/one HTTP/1.1\r\nHost: x\r\nAccept: */*\r\n\r\nGET /two HTTP/1.0\r\n\r\n",
]
PIECES = [bytes([value]) for value in range(0x80)] + [
    b"\r\n", b"\n", b"\r", b"\0", b"\r\n ", b"\r\n\t", b"\r\n\r\n", b"Content-Length: 3\r\n", b"Transfer-Encoding: chunked\r\n",
    b"Transfer-Encoding: gzip, chunked\r\n", b"content-length:+5\r\n", b"Host: y\r\n", b"0\r\n\r\n", b"00", b"0x", b";", b"\x80",
]
REFUSALS = {
    "malformed-request", "body-too-large", "uri-too-long", "headers-too-large", "expectation-failed", "not-implemented",
}
ANY = "(not told)"


def damaged(generator: random.Random) -> bytes:
    data = bytearray(generator.choice(SEEDS))
    for _ in range(generator.randint(1, 3)):
        start = generator.randrange(len(data))
        kind = generator.randrange(3)
        end = start + (0 if kind == 0 else generator.randint(1, 4))
        data[start:end] = b"" if kind == 1 else generator.choice(PIECES)
    return bytes(data)


def served(port: int, data: bytes) -> list[str]:
    """The paths of the requests that the service served, in order."""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        while chunk := connection.recv(65536):
            answer += chunk
    paths = []
    while answer:
        head, _, rest = answer.partition(b"\r\n\r\n")
        if head.startswith(b"HTTP/1.1 100"):
            answer = rest
            continue
        fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
        length = int(fields.get(b"content-length", b"0"))
        body = rest[:length] if rest[:1] == b"{" else b""
        answer = rest[len(body):]
        problem = json.loads(body) if body else {}
        if problem.get("code") not in REFUSALS:
            paths.append(problem.get("instance", ANY))
    return paths


def path(target: bytes) -> str:
    text = target.decode("latin-1")
    for scheme in ("http://", "https://"):
        if text.lower().startswith(scheme):
            slash = text.find("/", len(scheme))
            text = text[slash:] if slash >= 0 else "/"
    return text.split("?")[0]


def read_by_h11(data: bytes) -> list[str]:
    paths: list[str] = []
    while True:
        # It knows no empty lines before a request, which RFC 9112 section 2.2 asks a server to skip.
        while data.startswith(b"\r\n"):
            data = data[2:]
        connection = h11.Connection(h11.SERVER, max_incomplete_event_size=1 << 20)
        connection.receive_data(data)
        try:
            request = connection.next_event()
            if not isinstance(request, h11.Request):
                return paths
            while not isinstance(event := connection.next_event(), h11.EndOfMessage):
                if event is h11.NEED_DATA:
                    return paths
        except h11.RemoteProtocolError:
            return paths
        paths.append(path(request.target))
        if connection.their_state is h11.MUST_CLOSE:
            return paths
        data = connection.trailing_data[0]


class Collector:
    def __init__(self) -> None:
        self.target = b""
        self.paths: list[str] = []

    def on_message_begin(self) -> None:
        self.target = b""

    def on_url(self, part: bytes) -> None:
        self.target += part

    def on_message_complete(self) -> None:
        self.paths.append(path(self.target))


def read_by_llhttp(data: bytes) -> list[str]:
    collector = Collector()
    try:
        httptools.HttpRequestParser(collector).feed_data(data)
    except httptools.HttpParserInvalidMethodError:
        # It knows a list of methods; to us every token is one, which the router answers with 404 or 405.
        collector.paths += [ANY] * 9
    except (httptools.HttpParserError, httptools.HttpParserUpgrade):
        pass
    return collector.paths


def is_expected(data: bytes) -> bool:
    """Differences that are no findings: they read the same bytes, and one of them is stricter for reasons of its own."""
    # RFC 9112 section 2.3 lets a later minor version through; a target of UTF-8 is ours to route to 404.
    return any(b"HTTP/1.%d" % minor in data for minor in range(2, 10)) or any(byte >= 0x80 for byte in data)


def main() -> int:
    port, seed, count = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    generator = random.Random(seed)
    requests = findings = stricter = 0
    for _ in range(count):
        data = damaged(generator)
        ours = served(port, data)
        requests += len(ours)
        for name, theirs in (("h11", read_by_h11(data)), ("llhttp", read_by_llhttp(data))):
            same = len(theirs) >= len(ours) and all(ANY in pair or pair[0] == pair[1] for pair in zip(ours, theirs))
            if not same and not is_expected(data):
                findings += 1
                print(f"{name} reads {theirs}, the service serves {ours}: {data!r}")
            stricter += len(theirs) > len(ours)
    print(f"{count} damaged conversations, {requests} requests served, {findings} findings, {stricter} times stricter; seed {seed}")
    return 1 if findings else 0


sys.exit(main())
