import ContractReading
import HTTPMessages
import JSON
import Testing

@Suite struct ContractRecorderTests {
    private let recorder: ContractRecorder
    private let request = Request(.get, "/admin/customers/find-one/1?x=1")

    init() throws { recorder = ContractRecorder(try OpenAPIContract("customers")) }

    @Test func `an exchange as documented is seen, and no other`() throws {
        let before = recorder.unseen()
        try recorder.check(operationID: "getCustomer", request: request, response: try example("getCustomer", 200))
        let seen = ContractRecorder.Exchange(operationID: "getCustomer", status: 200)
        #expect(before.contains(seen))
        #expect(recorder.unseen() == before.filter { $0 != seen })
    }

    @Test func `when every example has been shown, nothing is unseen`() throws {
        for operation in recorder.contract.operations {
            let request = try #require(operation.exampleRequests.first).request
            for documented in operation.responses {
                let values: [JSONValue?] = documented.body?.examples.map(\.value) ?? [nil]
                for value in values {
                    let status = value?["status"]?.integer.map(Int.init) ?? documented.status ?? 0
                    let response = response(documented, status: status, value: value)
                    if documented.status == nil {
                        try recorder.check(unrouted: response)
                    } else {
                        try recorder.check(operationID: operation.id, request: request, response: response)
                    }
                }
            }
        }
        #expect(recorder.unseen() == [])
        #expect(recorder.unseenCodes() == [])
    }

    @Test func `a response without a body has none`() throws {
        let operation = try #require(recorder.contract.operation("getCustomer"))
        let documented = try #require(operation.responses.first { $0.status == 304 })
        var response = response(documented, status: 304, value: nil)
        response.body = Array("{}".utf8)
        expectViolation(response, ["there is a body"], status: 304)
    }

    @Test func `the operation may be found by the request`() throws {
        let id = try recorder.check(request: request, response: try example("getCustomer", 404))
        #expect(id == "getCustomer")
        #expect(!recorder.unseenCodes().contains("customer-not-found"))
        let unrouted = try example("getCustomer", nil, code: "route-not-found", status: 404)
        #expect(try recorder.check(request: Request(.get, "/nowhere"), response: unrouted) == nil)
        #expect(!recorder.unseenCodes().contains("route-not-found"))
    }

    @Test func `a member that the contract does not know is a violation`() throws {
        let response = try example("getCustomer", 200) { $0.replacing(["data", "password"], with: .string("x")) }
        expectViolation(response, ["body/data/password is not in the contract"])
    }

    @Test func `a missing member is a violation`() throws {
        let response = try example("getCustomer", 200) { $0.replacing(["data", "email"], with: nil) }
        expectViolation(response, ["body/data/email is missing"])
    }

    @Test func `a missing header, a malformed one and one sent twice are violations`() throws {
        var response = try example("getCustomer", 200)
        response.headers["traceparent"] = nil
        expectViolation(response, ["traceparent is missing"])
        response.headers["traceparent"] = "00-1-2-01"
        expectViolation(response, ["traceparent does not match ^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$"])
        response = try example("getCustomer", 200)
        response.headers.append("X-Correlation-Id", "b")
        expectViolation(response, ["X-Correlation-Id occurs 2 times"])
    }

    @Test func `another media type and a body that is no JSON are violations`() throws {
        var response = try example("getCustomer", 200)
        response.headers["Content-Type"] = "text/html; charset=utf-8"
        response.body = Array("<html>".utf8)
        expectViolation(response, ["the media type is text/html, not application/json", "the body is not JSON"])
    }

    @Test func `a status that the operation does not list is a violation`() throws {
        var response = try example("getCustomer", 200)
        response.status = .accepted
        #expect(throws: ContractViolation.self) {
            try recorder.check(operationID: "getCustomer", request: request, response: response)
        }
        let taken = try example("createCustomer", 409)
        #expect(throws: ContractViolation.self) {
            try recorder.check(operationID: "getCustomer", request: request, response: taken)
        }
    }

    @Test func `a problem whose facts are not those of its code is a violation`() throws {
        let response = try example("getCustomer", 404) {
            $0.replacing(["retryable"], with: .bool(true)).replacing(["type"], with: .string("/problems/gone"))
        }
        expectViolation(
            response,
            [
                "body/type is not /problems/customer-not-found",
                "body/retryable is not as documented for customer-not-found",
            ],
            status: 404)
    }

    @Test func `a code that the response does not document is a violation`() throws {
        let response = try example("getCustomer", 404) {
            $0.replacing(["code"], with: .string("idempotency-key-reused")).replacing(
                ["type"], with: .string("/problems/idempotency-key-reused"))
        }
        expectViolation(response, ["idempotency-key-reused is not documented for this response"], status: 404)
    }

    @Test func `a request for another operation is a violation`() throws {
        let response = try example("getCustomer", 200)
        #expect(throws: ContractViolation.self) {
            try recorder.check(operationID: "getCustomer", request: Request(.post, request.target), response: response)
        }
        #expect(throws: ContractViolation.self) {
            try recorder.check(
                operationID: "getCustomer", request: Request(.get, "/admin/customers/find-one/"), response: response)
        }
        #expect(throws: ContractViolation.self) {
            try recorder.check(operationID: "getNothing", request: request, response: response)
        }
    }

    @Test func `many threads may record at once`() async throws {
        let response = try example("getCustomer", 200)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<20 {
                        #expect(throws: Never.self) {
                            try recorder.check(operationID: "getCustomer", request: request, response: response)
                        }
                    }
                }
            }
        }
        #expect(!recorder.unseen().contains { $0.description == "getCustomer 200" })
    }

    /// The documented example of an operation's status, or of one `code` under it, as a response.
    private func example(
        _ operationID: String, _ documentedStatus: Int?, code: String? = nil, status: Int? = nil,
        changed change: (JSONValue) -> JSONValue = { $0 }
    ) throws -> Response {
        let operation = try #require(recorder.contract.operation(operationID))
        let documented = try #require(operation.responses.first { $0.status == documentedStatus })
        let value = try #require(code.map(documented.example) ?? documented.body?.examples.first?.value)
        return response(documented, status: try #require(status ?? documentedStatus), value: change(value))
    }

    private func response(_ documented: ContractResponse, status: Int, value: JSONValue?) -> Response {
        var headers: HeaderFields = [:]
        headers["Content-Type"] = documented.body.map { $0.mediaType + "; charset=utf-8" }
        for header in documented.headers {
            guard let example = header.example else { continue }
            headers[header.name] = example.string ?? String(decoding: JSONWriter.bytes(of: example), as: UTF8.self)
        }
        let body = value.map { $0.string.map { Array($0.utf8) } ?? JSONWriter.bytes(of: $0) }
        return Response(Status(status), headers: headers, body: body ?? [])
    }

    private func expectViolation(_ response: Response, _ findings: [String], status: Int = 200) {
        #expect {
            try recorder.check(operationID: "getCustomer", request: request, response: response)
        } throws: { error in
            let violation = error as? ContractViolation
            return violation?.findings == findings && violation?.status == status
        }
        #expect(recorder.unseen().contains { $0.description == "getCustomer 200" })
    }
}

extension JSONValue {
    /// This value with another one at `path`, or without it.
    fileprivate func replacing(_ path: ArraySlice<String>, with value: JSONValue?) -> JSONValue {
        guard let name = path.first else { return value ?? .null }
        var members = object?.members ?? []
        let index = members.firstIndex { $0.name == name } ?? members.endIndex
        let replacement = path.count == 1 ? value : members[index].value.replacing(path.dropFirst(), with: value)
        members.replaceSubrange(
            index..<min(index + 1, members.endIndex), with: replacement.map { [(name: name, value: $0)] } ?? [])
        return .object(JSONObject(members))
    }
}
