private import CMicroHTTPD
private import FaultPoints
private import Glibc
private import HTTPTypes
private import Synchronization
private import Telemetry

// What libmicrohttpd calls, all on the event loop's thread. Global functions: a closure in a file with top-level code
// would belong to the main actor and stop the process.

/// Enters the functions below.
///
/// - Parameter settings: a `microhttpd_settings`, whose context is a retained `Dispatcher`.
func setCallbacks(_ settings: UnsafeMutableRawPointer) {
    let settings = settings.assumingMemoryBound(to: microhttpd_settings.self)
    settings.pointee.request_line_read = requestLineRead
    settings.pointee.request_progressed = requestProgressed
    settings.pointee.request_completed = requestCompleted
    settings.pointee.connection_changed = connectionChanged
    settings.pointee.log = logLine
}

/// The request line is there. What is returned comes back as `state` of the other calls, and is let go of in the last.
private func requestLineRead(
    _ context: UnsafeMutableRawPointer?, _ target: UnsafePointer<CChar>?, _ connection: OpaquePointer?
) -> UnsafeMutableRawPointer? {
    guard let connection else { return nil }
    let bytes = UnsafeRawBufferPointer(start: target, count: target.map { strlen($0) } ?? 0)
    let exchange = Exchange(
        connection: UInt(bitPattern: connection), descriptor: microhttpd_descriptor(connection),
        target: String(validating: bytes, as: UTF8.self), targetByteCount: bytes.count)
    dispatcher(context)?.requestLineRead(exchange, queryFieldCount: bytes.count { $0 == UInt8(ascii: "&") })
    return Unmanaged.passRetained(exchange).toOpaque()
}

/// Called when the head is whole, for each part of the body, when the body is whole, and when the answer is there.
private func requestProgressed(
    _ context: UnsafeMutableRawPointer?, _ connection: OpaquePointer?, _ url: UnsafePointer<CChar>?,
    _ method: UnsafePointer<CChar>?, _ version: UnsafePointer<CChar>?, _ data: UnsafePointer<CChar>?,
    _ byteCount: UnsafeMutablePointer<Int>?, _ state: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
) -> MHD_Result {
    guard let dispatcher = dispatcher(context), let connection, let byteCount, let exchange = exchange(state)
    else { return .NO }
    switch exchange.stage {
    case .head:
        guard let head = readHead(connection, exchange, method: method, version: version) else { return .NO }
        exchange.stage = .body
        guard let refusal = dispatcher.headRead(head, for: exchange) else { return .YES }
        return write(refusal, to: connection, exchange, dispatcher)
    case .body where byteCount.pointee > 0, .refused where byteCount.pointee > 0:
        data?.withMemoryRebound(to: UInt8.self, capacity: byteCount.pointee) { bytes in
            dispatcher.bodyArrived(UnsafeBufferPointer(start: bytes, count: byteCount.pointee), for: exchange)
        }
        byteCount.pointee = 0
        return .YES
    case .body:
        // Suspended here, it would be resumed as one that reads, and the end of what a client sends that has shut down its
        // side would come before the answer and end the connection. The library asks again, then as one that waits for us.
        exchange.stage = .whole
        return .YES
    case .whole:
        if let refusal = dispatcher.bodyRead(for: exchange) {
            return write(refusal, to: connection, exchange, dispatcher)
        }
        exchange.stage = .handling
        // Before the queue has it: a worker may be done with it before this function returns.
        MHD_suspend_connection(connection)
        dispatcher.dispatch(exchange)
        return .YES
    case .handling:
        guard let answer = exchange.answer, !faultPointLosesReply("http-server.before-reply") else { return .NO }
        return write(answer, to: connection, exchange, dispatcher)
    case .answered, .refused: return .NO
    }
}

/// The answer is out, or the connection broke.
private func requestCompleted(
    _ context: UnsafeMutableRawPointer?, _ connection: OpaquePointer?,
    _ state: UnsafeMutablePointer<UnsafeMutableRawPointer?>?, _ reason: MHD_RequestTerminationCode
) {
    guard let pointer = state?.pointee else { return }
    state?.pointee = nil
    faultPoint("http-server.after-reply")
    dispatcher(context)?.finished(Unmanaged<Exchange>.fromOpaque(pointer).takeRetainedValue())
}

private func connectionChanged(
    _ context: UnsafeMutableRawPointer?, _ connection: OpaquePointer?,
    _ state: UnsafeMutablePointer<UnsafeMutableRawPointer?>?, _ change: MHD_ConnectionNotificationCode
) {
    guard let connection, let dispatcher = dispatcher(context) else { return }
    let descriptor = microhttpd_descriptor(connection)
    switch change {
    case .CONNECTION_NOTIFY_STARTED:
        dispatcher.eventLoopThread.store(UInt(pthread_self()), ordering: .relaxed)
        let address = microhttpd_client_address(connection).map { SocketAddress.text(of: $0) } ?? ""
        dispatcher.opened(descriptor, remoteAddress: address)
    case .CONNECTION_NOTIFY_CLOSED:
        // The library (0.9.75) forgets to complete a request whose query exceeds the connection's memory.
        if let left = dispatcher.connections.closed(descriptor) { Unmanaged.passUnretained(left).release() }
    @unknown default: break
    }
}

/// What the library says of its troubles, most of them some client's.
///
/// It says so before it answers a `Content-Length` that is no number, which it does twice over (0.9.75) and not as a
/// problem: a head that is whole but was not handed to us is one that it is about to answer, so we are first. That head is
/// looked for among the latest only; where a stranger has begun many at once, the library's own answer stands.
private func logLine(_ context: UnsafeMutableRawPointer?, _ line: UnsafePointer<CChar>?) {
    guard let dispatcher = dispatcher(context), let line else { return }
    let text = String(cString: line)
    dispatcher.logger.warning("libmicrohttpd", ["text": text.hasSuffix("\n") ? String(text.dropLast()) : text])
    // On another thread the connections are not ours to look at.
    guard dispatcher.eventLoopThread.load(ordering: .relaxed) == UInt(pthread_self()) else { return }
    for exchange in dispatcher.connections.openHeads where exchange.stage == .head {
        guard let connection = OpaquePointer(bitPattern: exchange.connection), microhttpd_head_bytes(connection) > 0
        else { continue }
        dispatcher.headUnreadable(readFields(connection, from: 0), for: exchange)
    }
}

private func dispatcher(_ context: UnsafeMutableRawPointer?) -> Dispatcher? {
    context.map { Unmanaged<Dispatcher>.fromOpaque($0).takeUnretainedValue() }
}

private func exchange(_ state: UnsafeMutablePointer<UnsafeMutableRawPointer?>?) -> Exchange? {
    state?.pointee.map { Unmanaged<Exchange>.fromOpaque($0).takeUnretainedValue() }
}

private func write(
    _ response: Response, to connection: OpaquePointer, _ exchange: Exchange, _ dispatcher: Dispatcher
) -> MHD_Result {
    exchange.stage = .answered
    let message = response.body.withUnsafeBytes { body in
        MHD_create_response_from_buffer(
            body.count, UnsafeMutableRawPointer(mutating: body.baseAddress), MHD_ResponseMemoryMode.RESPMEM_MUST_COPY)
    }
    guard let message else { return .NO }
    defer { MHD_destroy_response(message) }
    for field in response.headers.fields where !ResponseFraming.isOwn(field) {
        guard MHD_add_response_header(message, field.name, field.value) == .YES else { return .NO }
    }
    if dispatcher.isDraining || exchange.isLastOnConnection { MHD_add_response_header(message, "Connection", "close") }
    dispatcher.answering(exchange)
    return MHD_queue_response(connection, UInt32(response.status.code), message)
}

private func readHead(
    _ connection: OpaquePointer, _ exchange: Exchange, method: UnsafePointer<CChar>?, version: UnsafePointer<CChar>?
) -> RequestHead? {
    guard let method, let version else { return nil }
    let start = Int(bitPattern: method)
    return RequestHead(
        method: String(cString: method), target: exchange.target, targetByteCount: exchange.targetByteCount,
        version: String(cString: version), versionOffset: Int(bitPattern: version) - start,
        fields: readFields(connection, from: start), byteCount: microhttpd_head_bytes(connection))
}

private struct FieldCollector {
    /// Where positions count from. They are differences of addresses in the connection's one buffer; a part that stands
    /// elsewhere gets a position that no check accepts.
    let start: Int
    var fields: [RequestHead.Field] = []
}

private func readFields(_ connection: OpaquePointer, from start: Int) -> [RequestHead.Field] {
    var collector = FieldCollector(start: start)
    withUnsafeMutablePointer(to: &collector) { collector in
        _ = MHD_get_connection_values_n(connection, MHD_ValueKind.HEADER_KIND, collectField, collector)
    }
    return collector.fields
}

private func collectField(
    _ collector: UnsafeMutableRawPointer?, _ kind: MHD_ValueKind, _ name: UnsafePointer<CChar>?, _ nameByteCount: Int,
    _ value: UnsafePointer<CChar>?, _ valueByteCount: Int
) -> MHD_Result {
    guard let collector = collector?.assumingMemoryBound(to: FieldCollector.self) else { return .NO }
    let start = collector.pointee.start
    let nameStart = Int(bitPattern: name) - start
    // A field without a value has no address for it; it then stands where the parts before it end.
    let valueStart = value.map { Int(bitPattern: $0) - start } ?? nameStart + nameByteCount + 1
    var valueBytes = UnsafeRawBufferPointer(start: value, count: value == nil ? 0 : valueByteCount)[...]
    while let last = valueBytes.last, last == UInt8(ascii: " ") || last == UInt8(ascii: "\t") {
        valueBytes.removeLast()
    }
    collector.pointee.fields.append(
        RequestHead.Field(
            name: String(decoding: UnsafeRawBufferPointer(start: name, count: nameByteCount), as: UTF8.self),
            value: String(decoding: valueBytes, as: UTF8.self), nameRange: nameStart..<nameStart + nameByteCount,
            valueRange: valueStart..<valueStart + valueByteCount))
    return .YES
}
