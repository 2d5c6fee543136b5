import Digests
import Telemetry

/// The call that made an order, as far as the order is found by it. Digests, since a client may have put anything into either text.
struct OrderOrigin: Sendable {
    /// Nil for an order that was made without a key.
    let keyDigest: [UInt8]?
    let correlationDigest: [UInt8]

    /// - Parameter key: of whoever wanted the order; nil for none.
    init(key: String?, _ call: CallContext) {
        keyDigest = key.map(TextDigest.bytes(of:))
        correlationDigest = TextDigest.bytes(of: call.correlationID)
    }
}
