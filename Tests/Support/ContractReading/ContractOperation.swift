package import HTTPMessages
package import JSON
package import JSONSchemas

/// One operation of the contract, its references resolved.
package struct ContractOperation: Sendable {
    /// The `operationId`, by which a route names its place in the contract.
    package let id: String
    package let method: Method
    /// With its parameters in braces: `/admin/orders/{id}/confirm`.
    package let path: String
    /// Any one of these sets of security schemes is enough; the empty set asks for no token.
    package let security: [Set<String>]
    package let parameters: [ContractParameter]
    package let requestBody: ContractBody?
    package let responses: [ContractResponse]

    /// What the contract says of `status`; `default` where it does not list it.
    package func response(status: Int) -> ContractResponse? {
        responses.first { $0.status == status } ?? responses.first { $0.status == nil }
    }

    /// Whether a request for `path` is one for this operation.
    package func matches(path: some StringProtocol) -> Bool {
        let template = self.path.split(separator: "/", omittingEmptySubsequences: false)
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        return template.count == parts.count
            && zip(template, parts).allSatisfy { expected, part in
                expected == part || expected.hasPrefix("{") && !part.isEmpty
            }
    }

    /// Whether every request for it has to carry an idempotency key in a header.
    package var needsKey: Bool { parameters.contains { $0.name == "X-Idempotency-Key" && $0.isRequired } }

    /// A key of a client's own, which the contract shows none of: whoever tried an operation out with that would share it with others.
    package static let exampleKey = "0f8fad5b-d9cb-469f-a165-70867728950e"

    /// What a client sends that copies the examples of the parameters and of the body, under a key where one is needed: one request for
    /// each body.
    package var exampleRequests: [(name: String, request: Request)] {
        var target = path
        var query: [String] = []
        var headers: HeaderFields = [:]
        for parameter in parameters {
            guard let example = parameter.exampleText else { continue }
            switch parameter.location {
            case .path:
                target = target.split(separator: "/", omittingEmptySubsequences: false)
                    .map { $0 == "{\(parameter.name)}" ? PercentEncoding.encode(example) : String($0) }
                    .joined(separator: "/")
            case .query: query.append("\(parameter.name)=\(PercentEncoding.encode(example))")
            case .header: headers[parameter.name] = example
            }
        }
        if needsKey { headers["X-Idempotency-Key"] = ContractOperation.exampleKey }
        if !query.isEmpty { target += "?" + query.joined(separator: "&") }
        guard let requestBody else { return [(id, Request(method, target, headers: headers))] }
        headers["Content-Type"] = requestBody.mediaType
        return requestBody.examples.map {
            ("\(id) \($0.name)", Request(method, target, headers: headers, body: JSONWriter.bytes(of: $0.value)))
        }
    }
}

package struct ContractParameter: Sendable {
    package enum Location: String, Sendable {
        case path, query, header
    }

    package let name: String
    package let location: Location
    package let isRequired: Bool
    package let schema: JSONSchema
    package let example: JSONValue?

    /// The example as it stands in a request.
    package var exampleText: String? {
        example.map { $0.string ?? String(decoding: JSONWriter.bytes(of: $0), as: UTF8.self) }
    }
}

package struct ContractBody: Sendable {
    /// Without parameters: `application/json`.
    package let mediaType: String
    package let schema: JSONSchema
    package let examples: [(name: String, value: JSONValue)]

    package var isJSON: Bool { mediaType == "application/json" || mediaType.hasSuffix("+json") }
}

package struct ContractResponse: Sendable {
    /// nil for `default`.
    package let status: Int?
    package let headers: [ContractHeader]
    /// nil for a response that has none, such as a 304.
    package let body: ContractBody?
    /// The operations that its links lead to.
    package let links: [String]

    /// The example whose `code` is this one: every code that a response may have has an example in it.
    package func example(code: String) -> JSONValue? {
        body?.examples.first { $0.value["code"]?.string == code }?.value
    }

    package var codes: [String] { (body?.examples ?? []).compactMap { $0.value["code"]?.string } }
}

package struct ContractHeader: Sendable {
    package let name: String
    package let isRequired: Bool
    package let schema: JSONSchema
    package let example: JSONValue?
}
