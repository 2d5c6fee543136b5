import HTTPClient
import HTTPTypes
import JSON
import Resilience
import TestSupport

/// What came back, held against the contract already.
struct Reply {
    let response: Response
    /// `null` where the body is not JSON.
    let json: JSONValue

    var status: Int { response.status.code }
    var code: String? { json["code"]?.string }
    var data: JSONValue { json["data"] ?? .null }
    var isReplay: Bool { response.headers["Idempotency-Replayed"] == "true" }
}

/// A client of one service over a real socket. Each exchange is checked against the service's contract.
struct ServiceClient: Sendable {
    static let transport = CurlTransport()

    let port: Int
    let contract: ContractRecorder
    var token: String?

    /// Sends a request; a body is sent as JSON.
    func send(
        _ method: Method, _ target: String, _ body: String? = nil, headers: HeaderFields = [:],
        timeoutMilliseconds: Int = 20_000
    ) throws -> Reply {
        var request = Request(method, target, headers: headers, body: Array((body ?? "").utf8))
        if body != nil, request.headers["Content-Type"] == nil { request.headers["Content-Type"] = "application/json" }
        if let token, request.headers["Authorization"] == nil {
            request.headers["Authorization"] = "Bearer \(token)"
        }
        return try send(request, timeoutMilliseconds: timeoutMilliseconds)
    }

    func send(_ request: Request, timeoutMilliseconds: Int = 20_000) throws -> Reply {
        guard let origin = Origin("http://127.0.0.1:\(port)") else {
            throw ServiceProcess.Failure(description: "no origin")
        }
        let response = try ServiceClient.transport.send(
            request, to: origin, by: .after(milliseconds: timeoutMilliseconds))
        try contract.check(request: request, response: response)
        return Reply(response: response, json: (try? JSONParser.parse(response.body)) ?? .null)
    }
}
