private import CMicroHTTPD
private import Glibc

/// libmicrohttpd's daemon: one thread that reads and parses requests and writes answers, and never waits for a handler.
///
/// The library answers by itself, in its own words and not as a problem, and then closes, where a request fails before
/// it hands us anything: a request line of more than the connection's memory (414) or with a version that is not
/// HTTP/1.x (400, 505), a head of more than that memory (431), a field line without a colon (400), chunk framing that
/// is wrong (400, 413). A first line without any blank closes the connection without a word.
final class EventLoop: Sendable {
    /// Whether the library holds the lines of a chunked body to CRLF. Before 1.0 it takes a bare LF as well; where such a
    /// body ends is then for a proxy in front to read in another way, and nothing behind it may count as a request.
    static let checksChunkLines = microhttpd_checks_chunk_lines() != 0

    private let daemon: UInt
    private let settings: UInt

    /// - Returns: nil when the system has no thread, memory or descriptor left.
    init?(_ dispatcher: Dispatcher, _ configuration: HTTPServerConfiguration, connectionsMax: Int) {
        let context = Unmanaged.passRetained(dispatcher)
        let settings = UnsafeMutablePointer<microhttpd_settings>.allocate(capacity: 1)
        settings.initialize(to: microhttpd_settings())
        settings.pointee.context = context.toOpaque()
        // The acceptor holds the limit, and the library must never come to its own: 0.9.75 keeps a lock when it refuses, and
        // stands still for good. 64: it counts a connection for a moment longer than we do.
        settings.pointee.connections_max = UInt32(connectionsMax + 64)
        // As much again for the library's records and the answer's head.
        settings.pointee.connection_memory_bytes = configuration.headerBytesMax * 2
        // The reaper is earlier; this is in case that it misses one.
        settings.pointee.idle_timeout_seconds = EventLoop.idleSeconds(configuration)
        setCallbacks(UnsafeMutableRawPointer(settings))
        guard let daemon = microhttpd_start(settings) else {
            settings.deallocate()
            context.release()
            return nil
        }
        self.daemon = UInt(bitPattern: daemon)
        self.settings = UInt(bitPattern: settings)
    }

    /// Hands a connected socket over, for good. False when it could not be taken; it is closed then.
    ///
    /// - Parameter address: the client's `sockaddr`, of `byteCount` bytes.
    func add(_ descriptor: Int32, address: UnsafeRawPointer, byteCount: Int) -> Bool {
        MHD_add_connection(
            OpaquePointer(bitPattern: daemon), descriptor, address.assumingMemoryBound(to: sockaddr.self),
            socklen_t(byteCount)) == .YES
    }

    /// Lets the loop go on with a connection that waited for its answer. From any thread, once per suspension.
    static func resume(connection: UInt) { MHD_resume_connection(OpaquePointer(bitPattern: connection)) }

    /// Closes what is open and ends the thread. No connection may be suspended. Call it once.
    func stop() {
        MHD_stop_daemon(OpaquePointer(bitPattern: daemon))
        guard let settings = UnsafeMutablePointer<microhttpd_settings>(bitPattern: settings) else { return }
        Unmanaged<Dispatcher>.fromOpaque(settings.pointee.context).release()
        settings.deallocate()
    }

    private static func idleSeconds(_ configuration: HTTPServerConfiguration) -> UInt32 {
        let longest = max(
            configuration.idleTimeoutMilliseconds, configuration.headTimeoutMilliseconds,
            configuration.bodyTimeoutMilliseconds, configuration.writeTimeoutMilliseconds)
        return UInt32(longest / 1000 + 10)
    }
}
