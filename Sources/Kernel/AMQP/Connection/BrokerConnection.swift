internal import CRabbitMQ
internal import Concurrency
private import Glibc
private import Resilience

/// One connection to a broker with one channel. It is used by one thread, which calls it at least every second: heartbeats go and
/// come only then.
///
/// After any error it is of no more use.
final class BrokerConnection {
    static let channel: amqp_channel_t = 1

    let library: amqp_connection_state_t
    private let socket: WatchedSocket
    private var assembly: ContentAssembly?
    private var isClosed = false

    /// The broker's own default.
    private static let frameBytesMax: Int32 = 131_072
    /// Bytes that the system takes although the broker reads nothing, which is more than a window with its frames: what is
    /// published never waits for a broker that is short of memory.
    private static let sendBufferBytes: Int32 = 256 * 1024
    /// The library ends its own waits; the socket is shut down a little later, where the library waits without a limit.
    private static let slackMilliseconds = 200

    /// Connects, logs in and opens the channel.
    init(_ configuration: AMQPConfiguration, by deadline: Deadline) throws(AMQPFailure) {
        guard let library = amqp_new_connection() else { throw .unreachable("out of memory") }
        do throws(AMQPFailure) {
            socket = try BrokerConnection.connect(library, configuration, by: deadline)
            self.library = library
        } catch {
            amqp_destroy_connection(library)
            throw error
        }
        try call(by: deadline) {
            crabbitmq_login(
                library, configuration.url.vhost, BrokerConnection.frameBytesMax, Int32(configuration.heartbeatSeconds),
                configuration.url.username, configuration.url.password, configuration.connectionName)
        }
        try call(by: deadline) {
            amqp_channel_open(library, BrokerConnection.channel)
            return amqp_get_rpc_reply(library)
        }
    }

    deinit { amqp_destroy_connection(library) }

    /// Runs a call that the broker answers.
    func call(by deadline: Deadline, _ body: () -> amqp_rpc_reply_t) throws(AMQPFailure) {
        var limit = timeval(milliseconds: deadline.remainingMilliseconds)
        amqp_set_handshake_timeout(library, &limit)
        amqp_set_rpc_timeout(library, &limit)
        let reply = limited(to: deadline, body)
        if let failure = AMQPFailure(reply, isCut: socket.isCut) { throw failure }
    }

    /// Runs a call that only sends.
    func send(by deadline: Deadline, _ body: () -> Int32) throws(AMQPFailure) {
        let status = limited(to: deadline, body)
        guard status == AMQP_STATUS_OK.code else { throw AMQPFailure(status: status, isCut: socket.isCut) }
    }

    /// What the broker says next; nil when `deadline` comes first. It may have passed: then what is there already.
    func nextFrame(by deadline: Deadline) throws(AMQPFailure) -> BrokerFrame? {
        while true {
            var frame = amqp_frame_t()
            var limit = timeval(milliseconds: deadline.remainingMilliseconds)
            let status = limited(to: deadline) { amqp_simple_wait_frame_noblock(library, &frame, &limit) }
            if status == AMQP_STATUS_TIMEOUT.code, !socket.isCut { return nil }
            guard status == AMQP_STATUS_OK.code else { throw AMQPFailure(status: status, isCut: socket.isCut) }
            // Everything is copied out of the library's buffers before they are released.
            defer { amqp_maybe_release_buffers(library) }
            if let meaning = try read(frame) { return meaning }
        }
    }

    /// Says good-bye, and waits for the answer no longer than until `deadline`.
    func close(by deadline: Deadline) {
        guard !isClosed else { return }
        isClosed = true
        // Whoever closes does not care how it ends.
        try? call(by: deadline) { amqp_connection_close(library, AMQP_REPLY_SUCCESS) }
    }

    private func limited<Value>(to deadline: Deadline, _ body: () -> Value) -> Value {
        socket.limit(
            to: max(deadline, .after(milliseconds: 0)).later(milliseconds: BrokerConnection.slackMilliseconds))
        defer { _ = socket.liftLimit() }
        return body()
    }

    private func read(_ frame: amqp_frame_t) throws(AMQPFailure) -> BrokerFrame? {
        switch Int32(frame.frame_type) {
        case AMQP_FRAME_METHOD: return try read(frame.payload.method)
        case AMQP_FRAME_HEADER, AMQP_FRAME_BODY:
            guard var assembly, assembly.add(frame) else { throw .lost("a part of a message came out of order") }
            let whole = assembly.whole
            self.assembly = whole == nil ? assembly : nil
            return whole
        default: return nil
        }
    }

    private func read(_ method: amqp_method_t) throws(AMQPFailure) -> BrokerFrame? {
        guard assembly == nil else { throw .lost("a method came within a message") }
        switch method.id {
        case crabbitmq_basic_ack:
            guard let ack = method.content(amqp_basic_ack_t.self) else { return nil }
            return .confirmed(tag: ack.delivery_tag, isMultiple: ack.multiple != 0)
        case crabbitmq_basic_nack:
            guard let nack = method.content(amqp_basic_nack_t.self) else { return nil }
            return .notTaken(tag: nack.delivery_tag, isMultiple: nack.multiple != 0)
        case crabbitmq_basic_return:
            guard let returned = method.content(amqp_basic_return_t.self) else { return nil }
            assembly = ContentAssembly(.returned(routingKey: String(returned.routing_key)))
            return nil
        case crabbitmq_basic_deliver:
            guard let deliver = method.content(amqp_basic_deliver_t.self) else { return nil }
            let delivery = AMQPDelivery(
                routingKey: String(deliver.routing_key), isRedelivered: deliver.redelivered != 0)
            assembly = ContentAssembly(.delivered(tag: deliver.delivery_tag, delivery))
            return nil
        case crabbitmq_basic_cancel: return .consumerCanceled
        case crabbitmq_connection_blocked:
            return .blocked(reason: method.content(amqp_connection_blocked_t.self).map { String($0.reason) } ?? "")
        case crabbitmq_connection_unblocked: return .unblocked
        case crabbitmq_connection_close:
            isClosed = true
            var answer = amqp_connection_close_ok_t()
            _ = limited(to: .after(milliseconds: 0)) {
                amqp_send_method(library, 0, crabbitmq_connection_close_ok, &answer)
            }
            throw AMQPFailure(closing: method)
        case crabbitmq_channel_close: throw AMQPFailure(closing: method)
        default: return nil
        }
    }

    private static func connect(
        _ library: amqp_connection_state_t, _ configuration: AMQPConfiguration, by deadline: Deadline
    ) throws(AMQPFailure) -> WatchedSocket {
        let url = configuration.url
        guard let socket = url.isEncrypted ? amqp_ssl_socket_new(library) : amqp_tcp_socket_new(library) else {
            throw .unreachable("out of memory")
        }
        if url.isEncrypted {
            try requireTrust(socket, authorities: configuration.certificateAuthorityPath)
        }
        var limit = timeval(milliseconds: deadline.remainingMilliseconds)
        let status = amqp_socket_open_noblock(socket, url.host, Int32(url.port), &limit)
        guard status == AMQP_STATUS_OK.code else { throw AMQPFailure(connectingStatus: status) }
        let descriptor = amqp_get_sockfd(library)
        var bytes = sendBufferBytes
        setsockopt(descriptor, SOL_SOCKET, SO_SNDBUF, &bytes, socklen_t(MemoryLayout<Int32>.size))
        guard let watched = WatchedSocket(descriptor) else {
            throw .unreachable("the system has no descriptor or thread left")
        }
        return watched
    }

    private static func requireTrust(_ socket: OpaquePointer, authorities: String?) throws(AMQPFailure) {
        guard let authorities else { throw .untrusted("no authority is named") }
        amqp_ssl_socket_set_verify_peer(socket, 1)
        amqp_ssl_socket_set_verify_hostname(socket, 1)
        guard amqp_ssl_socket_set_ssl_versions(socket, AMQP_TLSv1_2, AMQP_TLSvLATEST) == AMQP_STATUS_OK.code,
            amqp_ssl_socket_set_cacert(socket, authorities) == AMQP_STATUS_OK.code
        else { throw .untrusted("\(authorities) holds no authorities") }
    }
}

extension timeval {
    /// At least 0; the library takes 0 for "do not wait".
    fileprivate init(milliseconds: Int) {
        self.init(tv_sec: milliseconds / 1000, tv_usec: (milliseconds % 1000) * 1000)
    }
}
