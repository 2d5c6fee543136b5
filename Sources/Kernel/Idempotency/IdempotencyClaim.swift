private import Digests
package import JSON
package import WebApplication

/// One request's claim to a key: for which operation, and with which payload.
package struct IdempotencyClaim: Sendable {
    /// The operation and the resource it acts on: the same key may serve once in each scope.
    let scope: String
    let key: IdempotencyKey
    /// SHA-256 of the payload's canonical form. Keys are kept with it for days: another form for the same payload would
    /// refuse their repetitions.
    let fingerprint: [UInt8]

    /// - Parameters:
    ///   - operation: the `operationId` of the contract.
    ///   - resourceID: for an operation on one resource.
    ///   - payload: what the operation reads of the request (`ReadBody.payload`), and nothing that another service said, such
    ///     as a customer's name; nil where the operation and the resource say it all.
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
    /// The version of what was changed, for the first answer alone. It is not kept: a repetition's answer tells of the first
    /// attempt, and a version from it could be taken for the present one.
    package let entityTag: EntityTag?

    package init(status: Int, location: String? = nil, entityTag: EntityTag? = nil, body: [UInt8]) {
        self.status = status
        self.location = location
        self.entityTag = entityTag
        self.body = body
    }

    /// `{"data": …}` with the given status.
    package init(
        status: Int, location: String? = nil, entityTag: EntityTag? = nil, data: some JSONEncodable
    ) {
        self.init(
            status: status, location: location, entityTag: entityTag,
            body: JSONWriter.object { $0.member("data", data) })
    }
}
