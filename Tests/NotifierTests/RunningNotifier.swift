import Concurrency
import ContractReading
import Foundation
import HTTPMessages
import RawHTTP
import ServiceTesting
import SystemTesting

/// The program on a port of its own, each answer of which is held against the contract.
final class RunningNotifier {
    let process: ServiceProcess
    let client: ServiceClient

    init(_ harness: ServiceHarness, _ settings: [String: String] = [:]) throws {
        process = try ServiceProcess("Notifier", environment: harness.environment.merging(settings) { $1 })
        client = ServiceClient(
            port: try process.waitForPort(), contract: ContractRecorder(try OpenAPIContract("notifier"), log: .shared),
            token: settings["API_TOKEN"])
    }

    deinit { process.end() }

    /// Each operation of the contract, with its first example.
    func forEachOperation(_ body: (ContractOperation, Request) throws -> Void) throws {
        for operation in client.contract.contract.operations {
            guard var example = operation.exampleRequests.first?.request else { continue }
            example.headers["X-Request-Timeout-Ms"] = nil
            try body(operation, example)
        }
    }

    /// Sends a request below the lines that `head` begins with.
    func send(_ request: Request, under head: String, pauseMilliseconds: Int = 0) throws -> Response {
        var head = "\(request.method) \(request.target) HTTP/1.1\r\n\(head)"
        for field in request.headers.fields { head += "\(field.name): \(field.value)\r\n" }
        let connection = try RawConnection(port: client.port)
        connection.send(head + "Content-Length: \(request.body.count)\r\n\r\n")
        Concurrency.Thread.sleep(milliseconds: pauseMilliseconds)
        connection.send(request.body)
        let reply = try response(connection)
        try client.contract.check(request: request, response: reply)
        return reply
    }

    func response(_ connection: RawConnection) throws -> Response {
        let raw = try connection.response()
        return Response(Status(raw.status), headers: raw.headers, body: raw.body)
    }
}

extension ContractOperation {
    func documents(_ status: Int) -> Bool { responses.contains { $0.status == status } }
}
