internal import CRabbitMQ

/// A message that comes in several frames: a method, a header, and pieces of its body.
struct ContentAssembly {
    /// 1 MiB: sixteen times the largest event. A larger body is not kept, whoever sent it.
    static let bodyBytesMax = 1 << 20

    private let method: BrokerFrame
    private var hasHeader = false
    private var bytesMissing: UInt64 = 0
    private var messageID = ""
    private var type = ""
    private var contentType = ""
    private var body: [UInt8]? = []

    /// - Parameter method: what the message comes with; its delivery is filled in at the end.
    init(_ method: BrokerFrame) { self.method = method }

    /// - Returns: false for a frame that cannot come next.
    mutating func add(_ frame: amqp_frame_t) -> Bool {
        switch Int32(frame.frame_type) {
        case AMQP_FRAME_HEADER where !hasHeader:
            hasHeader = true
            bytesMissing = frame.payload.properties.body_size
            if bytesMissing > UInt64(ContentAssembly.bodyBytesMax) { body = nil }
            readProperties(frame.payload.properties.decoded)
            return true
        case AMQP_FRAME_BODY where hasHeader:
            let piece = frame.payload.body_fragment
            guard piece.len > 0, UInt64(piece.len) <= bytesMissing else { return false }
            bytesMissing -= UInt64(piece.len)
            body?.append(contentsOf: UnsafeRawBufferPointer(start: piece.bytes, count: piece.len))
            return true
        default: return false
        }
    }

    /// What has come; nil while a part of it is missing.
    var whole: BrokerFrame? {
        guard hasHeader, bytesMissing == 0 else { return nil }
        guard case .delivered(let tag, var delivery) = method else { return method }
        delivery.messageID = messageID
        delivery.type = type
        delivery.contentType = contentType
        delivery.body = body
        return .delivered(tag: tag, delivery)
    }

    private mutating func readProperties(_ decoded: UnsafeMutableRawPointer?) {
        guard let properties = decoded?.assumingMemoryBound(to: amqp_basic_properties_t.self).pointee else { return }
        if properties._flags & crabbitmq_message_id != 0 { messageID = String(properties.message_id) }
        if properties._flags & crabbitmq_type != 0 { type = String(properties.type) }
        if properties._flags & crabbitmq_content_type != 0 { contentType = String(properties.content_type) }
    }
}
