internal import CRabbitMQ

extension AMQPFailure {
    /// What a status of the library means once a connection was under way.
    ///
    /// - Parameter isCut: whether the socket was shut down at its deadline, which the library takes for a broken connection.
    init(status: Int32, isCut: Bool = false) {
        let text = String(cString: amqp_error_string2(status))
        switch status {
        case _ where isCut: self = .timedOut
        case AMQP_STATUS_TIMEOUT.code, AMQP_STATUS_HEARTBEAT_TIMEOUT.code: self = .timedOut
        case AMQP_STATUS_SSL_HOSTNAME_VERIFY_FAILED.code, AMQP_STATUS_SSL_PEER_VERIFY_FAILED.code:
            self = .untrusted(text)
        default: self = .lost(text)
        }
    }

    /// What a status of the library means that connecting ended with.
    init(connectingStatus status: Int32) {
        let failure = AMQPFailure(status: status)
        if case .lost(let reason) = failure { self = .unreachable(reason) } else { self = failure }
    }

    /// What went wrong in a call that the broker answers; nil where nothing did.
    init?(_ reply: amqp_rpc_reply_t, isCut: Bool) {
        switch reply.reply_type {
        case AMQP_RESPONSE_NORMAL: return nil
        case AMQP_RESPONSE_SERVER_EXCEPTION: self.init(closing: reply.reply)
        default: self.init(status: reply.library_error, isCut: isCut)
        }
    }

    /// What the broker says with the method that closes a connection or a channel.
    init(closing method: amqp_method_t) {
        switch method.id {
        case crabbitmq_connection_close:
            guard let close = method.content(amqp_connection_close_t.self) else { fallthrough }
            self = .refused(code: Int(close.reply_code), text: String(close.reply_text))
        case crabbitmq_channel_close:
            guard let close = method.content(amqp_channel_close_t.self) else { fallthrough }
            self = .refused(code: Int(close.reply_code), text: String(close.reply_text))
        default: self = .lost("it answered with another method than was asked for")
        }
    }
}

extension amqp_status_enum {
    var code: Int32 { rawValue }
}

extension amqp_method_t {
    /// What the method carries; good until the library's buffers are released.
    func content<Content>(_ type: Content.Type) -> Content? {
        decoded?.assumingMemoryBound(to: type).pointee
    }
}

extension String {
    init(_ bytes: amqp_bytes_t) {
        self.init(decoding: UnsafeRawBufferPointer(start: bytes.bytes, count: bytes.len), as: UTF8.self)
    }
}
