private import Crypto
package import HTTPServer
package import JSON

/// One request's claim to a key: for which operation, and with which payload.
package struct IdempotencyClaim: Sendable {
    /// The operation and the resource it acts on: the same key may serve once in each scope.
    let scope: String
    let key: IdempotencyKey
    /// SHA-256 of the payload's canonical form.
    let fingerprint: [UInt8]

    /// - Parameters:
    ///   - operation: the `operationId` of the contract.
    ///   - resourceID: for an operation on one resource.
    ///   - payload: what the request asks for; nil where the operation and the resource say it all.
    package init(_ key: IdempotencyKey, operation: String, resourceID: Int64? = nil, payload: JSONObject? = nil) {
        self.key = key
        scope = resourceID.map { "\(operation):\($0)" } ?? operation
        fingerprint = SHA256.digest(JSONWriter.bytes(of: JSONValue.object(payload ?? JSONObject()).canonical))
    }
}

/// A reply that a key keeps: what the first request was answered, and every repetition is.
package struct StoredReply: Sendable {
    package let status: Int
    package let location: String?
    package let body: [UInt8]

    package init(status: Int, location: String? = nil, body: [UInt8]) {
        self.status = status
        self.location = location
        self.body = body
    }

    /// `{"data": …}` with the given status.
    package init(status: Int, location: String? = nil, data: some JSONEncodable) {
        self.init(status: status, location: location, body: JSONWriter.object { $0.member("data", data) })
    }
}
