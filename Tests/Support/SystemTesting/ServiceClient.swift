import Concurrency
package import ContractReading
package import CurlHTTPClient
package import HTTPMessages
package import JSON

/// What came back, held against the contract already.
package struct Reply {
    package let response: Response
    /// `null` where the body is not JSON.
    package let json: JSONValue

    package var status: Int { response.status.code }
    package var code: String? { json["code"]?.string }
    package var data: JSONValue { json["data"] ?? .null }
    package var isReplay: Bool { response.headers["Idempotency-Replayed"] == "true" }

    /// A whole number that `data` has to hold.
    package func integer(_ name: String) throws -> Int64 {
        guard let integer = data[name]?.integer else {
            throw ServiceProcess.Failure(
                description: "No \(name) in \(status) \(String(decoding: response.body, as: UTF8.self))")
        }
        return integer
    }
}

/// A client of one service over a real socket. Each exchange is checked against the service's contract.
package struct ServiceClient: Sendable {
    package static let transport = CurlTransport()

    package let port: Int
    package let contract: ContractRecorder
    package var token: String?

    package init(port: Int, contract: ContractRecorder, token: String?) {
        self.port = port
        self.contract = contract
        self.token = token
    }

    /// Sends a request; a body is sent as JSON.
    package func send(
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

    /// Gets a target without looking at what comes: where time counts, and the look takes longer than the answer.
    package func time(_ target: String) throws -> (milliseconds: Double, status: Int) {
        let request = Request(.get, target, headers: token.map { ["Authorization": "Bearer \($0)"] } ?? [:])
        let start = Deadline.nowUptimeNanoseconds()
        let response = try transmit(request, timeoutMilliseconds: 20_000)
        return (Double(Deadline.nowUptimeNanoseconds() - start) / 1_000_000, response.status.code)
    }

    package func send(_ request: Request, timeoutMilliseconds: Int = 20_000) throws -> Reply {
        let response = try transmit(request, timeoutMilliseconds: timeoutMilliseconds)
        try contract.check(request: request, response: response)
        return Reply(response: response, json: (try? JSONParser.parse(response.body)) ?? .null)
    }

    private func transmit(_ request: Request, timeoutMilliseconds: Int) throws -> Response {
        guard let origin = Origin("http://127.0.0.1:\(port)") else {
            throw ServiceProcess.Failure(description: "no origin")
        }
        return try ServiceClient.transport.send(request, to: origin, by: .after(milliseconds: timeoutMilliseconds))
    }
}
