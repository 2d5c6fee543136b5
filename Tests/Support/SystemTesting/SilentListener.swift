/// A port that takes connections and says nothing on any, for as long as there is a reference to it.
package final class SilentListener: Sendable {
    package let port: Int
    private let socket: LoopbackSocket

    package init() throws { (socket, port) = try LoopbackSocket.listening() }

    deinit { socket.close() }
}
