private import Digests
package import JSON
package import Telemetry

/// One request's claim to a key: whose it is, for which operation, and with which payload.
package struct IdempotencyClaim: Sendable {
    /// The operation, the caller and the resource acted on: the same key may serve once in each scope.
    let scope: String
    package let key: String
    /// SHA-256 of the payload's canonical form. Keys are kept with it for days: another form for the same payload would
    /// refuse their repetitions.
    let fingerprint: [UInt8]

    /// - Parameters:
    ///   - key: 1 to 255 visible ASCII characters.
    ///   - caller: whose key it is. The default caller adds nothing to the scope, so that keys from before there were callers
    ///     keep their replies.
    ///   - operation: the `operationId` of the contract.
    ///   - resourceID: for an operation on one resource.
    ///   - payload: what the operation reads of the request, and nothing that another service said, such as a customer's
    ///     name; nil where the operation and the resource say it all.
    package init(
        key: String, caller: Caller = .default, operation: String, resourceID: Int64? = nil, payload: JSONObject? = nil
    ) {
        self.key = key
        let named = caller == .default ? operation : "\(operation)@\(caller.name)"
        scope = resourceID.map { "\(named):\($0)" } ?? named
        fingerprint = SHA256.digest(JSONWriter.bytes(of: JSONValue.object(payload ?? JSONObject()).canonical))
    }
}
