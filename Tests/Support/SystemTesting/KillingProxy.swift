import Foundation

/// Passes bytes between a client and a server, until the client sends `trigger`: then it does `action` instead, and what
/// was to be sent is lost.
package final class KillingProxy: Sendable {
    /// Longer than any test waits for an answer.
    private static let timeoutSeconds = 60

    package let port: Int
    private let listener: LoopbackSocket

    package init(to serverPort: Int, before trigger: String, action: @escaping @Sendable () -> Void) throws {
        let (listener, port) = try LoopbackSocket.listening()
        self.listener = listener
        self.port = port
        Foundation.Thread.detachNewThread {
            while let client = listener.accepted(timeoutSeconds: KillingProxy.timeoutSeconds) {
                guard let server = LoopbackSocket.connected(to: serverPort, timeoutSeconds: KillingProxy.timeoutSeconds)
                else {
                    client.closeByReset()
                    continue
                }
                let group = DispatchGroup()
                for (source, target, trigger) in [(client, server, Data(trigger.utf8)), (server, client, nil)] {
                    group.enter()
                    Foundation.Thread.detachNewThread {
                        KillingProxy.pump(from: source, to: target, trigger: trigger, action: action)
                        group.leave()
                    }
                }
                group.notify(queue: .global()) {
                    client.close()
                    server.close()
                }
            }
            listener.close()
        }
    }

    package func stop() { listener.shutDown() }

    private static func pump(from source: LoopbackSocket, to target: LoopbackSocket, trigger: Data?, action: () -> Void)
    {
        while let bytes = source.receive() {
            if let trigger, Data(bytes).range(of: trigger) != nil {
                action()
                break
            }
            guard target.send(bytes[...]) else { break }
        }
        source.shutDown()
        target.shutDown()
    }
}
