import Concurrency
import Glibc
import HTTPMessages
import JSON
import RawHTTP
import Telemetry
import Testing
import WebApplication

@testable import EpollHTTPServer

/// A server on a port of the system's choice for as long as `body` runs.
///
/// Its handler answers with the method, the target and the body; `/sleep/N` and `/health/N` take N milliseconds first, `/split`
/// gives a field value with a line end in it, `/large` a megabyte, `/withheld` a response that is not to be written. `/health/live` is answered at once.
func withServer<T>(
    _ change: (inout HTTPServerConfiguration) -> Void = { _ in }, log: LogCollector = LogCollector(),
    _ body: (HTTPServer) throws -> T
) throws -> T {
    var configuration = HTTPServerConfiguration()
    change(&configuration)
    let server = HTTPServer(
        configuration, logger: Logger(service: "test", sink: log.sink), respond: { .response(echo($0, $1)) },
        refuse: { refusal, request in
            Problem(refusal).response(
                instance: request.map { String($0.path) }, traceID: String(repeating: "0", count: 32))
        },
        classify: { request, metadata in
            RequestClass(request.path.hasPrefix("/health") ? .service : .ordinary, caller: metadata.remoteAddress)
        }, answersAtOnce: { $0.target == "/health/live" })
    try server.start()
    defer { server.stop(by: .after(milliseconds: 2000)) }
    return try body(server)
}

private func echo(_ request: Request, _ metadata: RequestMetadata) -> Response {
    let parts = request.path.split(separator: "/")
    if parts.count == 2, parts[0] == "sleep" || parts[0] == "health", let milliseconds = Int(parts[1]) {
        Thread.sleep(milliseconds: milliseconds)
    }
    var headers: HeaderFields = ["X-Remote": metadata.remoteAddress, "Content-Type": "text/plain"]
    switch parts.first {
    case "split": headers["X-Split"] = "a\r\nX-Injected: 1"
    case "large": return Response(.ok, body: [UInt8](repeating: 0x61, count: 1 << 20))
    case "nothing": return Response(.noContent)
    case "withheld": return Response(.ok, headers: ["Content-Type": "text/plain"], body: Array("never".utf8)).withheld
    default: break
    }
    if let echoed = request.headers["X-Echo"] { headers["X-Echo"] = echoed }
    return Response(.ok, headers: headers, body: Array("\(request.method) \(request.target)\n".utf8) + request.body)
}

/// Log lines, kept.
final class LogCollector: Sendable {
    private let lines = Lock<[String]>([])

    var sink: LogSink {
        LogSink { [lines] line in lines.withLock { $0.append(String(decoding: line, as: UTF8.self)) } }
    }

    var all: [String] { lines.withLock { $0 } }
}

extension RawResponse {
    /// Checks that this is a problem of that status and code.
    func expectProblem(
        _ status: Int, _ code: String, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        #expect(self.status == status, sourceLocation: sourceLocation)
        #expect(headers["Content-Type"] == "application/problem+json", sourceLocation: sourceLocation)
        let body = try JSONParser.parse(body)
        #expect(body["code"]?.string == code, sourceLocation: sourceLocation)
        #expect(body["status"]?.integer == Int64(status), sourceLocation: sourceLocation)
        #expect(body["type"]?.string == "/problems/\(code)", sourceLocation: sourceLocation)
    }
}

/// Runs `body` on `count` threads at once and gives what they gave, in order.
func inParallel<T: Sendable>(_ count: Int, _ body: @escaping @Sendable (Int) throws -> T) throws -> [T] {
    let results = Lock<[Int: Result<T, any Error>]>([:])
    let threads = (0..<count).map { index in
        Thread.start {
            let result = Result { try body(index) }
            results.withLock { $0[index] = result }
        }
    }
    for thread in threads { try #require(thread).join() }
    return try (0..<count).map { index in try #require(results.withLock { $0[index] }).get() }
}
