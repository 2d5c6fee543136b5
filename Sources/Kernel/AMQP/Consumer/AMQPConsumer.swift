package import Concurrency
private import Resilience

/// Takes messages out of a quorum queue and hands them to a closure, one after the other.
///
/// Its queue and the queue's bindings are declared with each connection; the exchange must be there, and is declared as a durable
/// topic exchange, too. A message is acknowledged when the closure has returned. After a loss it connects again, and the broker
/// delivers again what was not acknowledged: a message may come twice.
package final class AMQPConsumer: Sendable {
    /// Its thread. `start` it, `requestStop`, `waitForEnd`.
    package let worker: Worker
    private let connected = Lock(false)

    /// Heartbeats are looked for and sent so often, and a stop is heard.
    private static let tickMilliseconds = 1000
    /// Nobody waits for it but the process's end.
    private static let closeMilliseconds = 500

    /// - Parameters:
    ///   - prefetchCount: how many messages may be delivered and not yet acknowledged; at least 1. 64 keep a fast consumer busy
    ///     over a network.
    ///   - reconnectPauseMillisecondsMax: 5 s: soon after a broker is back.
    ///   - observe: called on the consumer's thread; it must not wait.
    ///   - handle: called on the consumer's thread. It must return within seconds, since no heartbeat is sent meanwhile.
    package init(
        _ configuration: AMQPConfiguration, queue: AMQPQueue, prefetchCount: UInt16 = 64,
        reconnectPauseMillisecondsMax: Int = 5000, observe: @escaping @Sendable (AMQPEvent) -> Void = { _ in },
        handle: @escaping @Sendable (AMQPDelivery) -> Void
    ) {
        let policy = RetryPolicy(
            attemptsMax: .max, baseMilliseconds: 100, capMilliseconds: reconnectPauseMillisecondsMax)
        let reconnection = Lock(Reconnection(policy))
        let connected = connected
        worker = Worker("amqp-\(queue.name)") { stop in
            let failure = AMQPConsumer.consume(
                configuration, queue, max(prefetchCount, 1), until: stop, observe: observe,
                didConnect: {
                    connected.withLock { $0 = true }
                    reconnection.withLock { $0.didConnect() }
                }, handle)
            let wasConnected = connected.withLock { connected in
                defer { connected = false }
                return connected
            }
            guard let failure else { return .never }
            let pause = reconnection.withLock { $0.didEnd(failure, wasConnected: wasConnected) }
            observe(wasConnected ? .connectionLost(failure) : .connectFailed(failure, pauseMilliseconds: pause))
            return .after(milliseconds: pause)
        }
    }

    /// Whether a connection stands, and the queue's messages come.
    package var isConnected: Bool { connected.withLock { $0 } }

    /// Consumes over one connection.
    ///
    /// - Returns: nil after a stop, or why the connection ended.
    private static func consume(
        _ configuration: AMQPConfiguration, _ queue: AMQPQueue, _ prefetchCount: UInt16, until stop: StopToken,
        observe: (AMQPEvent) -> Void, didConnect: () -> Void, _ handle: (AMQPDelivery) -> Void
    ) -> AMQPFailure? {
        do throws(AMQPFailure) {
            let limit = Deadline.after(milliseconds: configuration.connectTimeoutMilliseconds)
            let connection = try BrokerConnection(configuration, by: limit)
            try connection.declareExchange(queue.exchange, by: limit)
            try connection.declareQueue(queue, by: limit)
            try connection.consume(queue, prefetchCount: prefetchCount, by: limit)
            didConnect()
            observe(.connected)
            while !stop.isStopRequested {
                let tick = Deadline.after(milliseconds: tickMilliseconds)
                guard let frame = try connection.nextFrame(by: tick) else { continue }
                switch frame {
                case .delivered(let tag, let delivery):
                    handle(delivery)
                    try connection.acknowledge(tag, by: .after(milliseconds: tickMilliseconds))
                case .consumerCanceled: throw .lost("the queue is gone")
                case .blocked(let reason): observe(.blocked(reason: reason))
                case .unblocked: observe(.unblocked)
                case .confirmed, .notTaken, .returned: throw .lost("it confirms what was never published")
                }
            }
            connection.close(by: .after(milliseconds: closeMilliseconds))
            return nil
        } catch {
            return error
        }
    }
}
