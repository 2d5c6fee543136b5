private import Concurrency

/// A port that takes connections and says nothing on any, for as long as there is a reference to it.
package final class SilentListener: Sendable {
    package let port: Int
    private let socket: LoopbackSocket
    private let clients = Lock<[LoopbackSocket]>([])

    package init() throws { (socket, port) = try LoopbackSocket.listening() }

    deinit {
        for client in clients.withLock({ $0 }) { client.close() }
        socket.close()
    }

    /// Waits for a client; it gets nothing either.
    package func waitForClient() {
        guard let client = socket.accepted(timeoutSeconds: 1) else { return }
        clients.withLock { $0.append(client) }
    }
}
