private import Concurrency
private import Glibc

/// A real TCP server on the loopback interface that does to each connection what a test says, byte by byte.
///
/// It owns its threads: `stop` cuts every connection and waits for all of them.
package final class ScriptedServer: Sendable {
    package let port: UInt16
    private let listener: Int32
    private let state = Lock(State())
    private let serve: @Sendable (ScriptedConnection) -> Void

    private struct State {
        var acceptedCount = 0
        var isStopped = false
        var connections: [ScriptedConnection] = []
        var threads: [Thread] = []
    }

    package struct SetupError: Error {
        package let call: String
        package let code: Int32
    }

    /// - Parameters:
    ///   - port: 0 for one from the system.
    ///   - serve: runs once for each accepted connection, on a thread of its own; the connection is closed after it.
    package init(port: UInt16 = 0, _ serve: @escaping @Sendable (ScriptedConnection) -> Void) throws(SetupError) {
        self.serve = serve
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard listener >= 0 else { throw SetupError(call: "socket", code: errno) }
        var yes: Int32 = 1
        setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = listener
        let code = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                guard bind(descriptor, pointer, length) == 0, listen(descriptor, 256) == 0,
                    getsockname(descriptor, pointer, &length) == 0
                else { return errno }
                return 0
            }
        }
        self.port = UInt16(bigEndian: address.sin_port)
        guard code == 0 else {
            close(listener)
            throw SetupError(call: "bind", code: code)
        }
        guard let thread = Thread.start({ [self] in acceptUntilStopped() }) else {
            close(listener)
            throw SetupError(call: "pthread_create", code: EAGAIN)
        }
        state.withLock { $0.threads.append(thread) }
    }

    package var url: String { "http://127.0.0.1:\(port)" }

    package var acceptedCount: Int { state.withLock { $0.acceptedCount } }

    /// Stops listening, cuts what is open, and returns when no thread of this server is left.
    package func stop() {
        let connections = state.withLock { state in
            let connections = state.isStopped ? [] : state.connections
            if !state.isStopped { shutdown(listener, Int32(SHUT_RDWR)) }
            state.isStopped = true
            return connections
        }
        for connection in connections { connection.cut() }
        while let thread = state.withLock({ $0.threads.popLast() }) { thread.join() }
    }

    private func acceptUntilStopped() {
        while true {
            let descriptor = accept(listener, nil, nil)
            guard descriptor >= 0 else { break }
            let connection = ScriptedConnection(descriptor: descriptor)
            let isStopped = state.withLock { state in
                state.acceptedCount += 1
                state.connections.append(connection)
                return state.isStopped
            }
            guard !isStopped else {
                connection.close()
                break
            }
            let thread = Thread.start { [serve] in
                serve(connection)
                connection.close()
            }
            if let thread { state.withLock { $0.threads.append(thread) } } else { connection.close() }
        }
        close(listener)
    }
}
