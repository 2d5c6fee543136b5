/// What happened between a publisher or a consumer and its broker, for logs and metrics.
package enum AMQPEvent: Sendable, Hashable {
    /// A connection stands, and what it needs is declared.
    case connected
    /// A connection could not be made; the next attempt comes after the pause.
    case connectFailed(AMQPFailure, pauseMilliseconds: Int)
    /// A connection ended.
    case connectionLost(AMQPFailure)
    /// The broker takes no messages until `unblocked`.
    case blocked(reason: String)
    case unblocked
    /// A window was not wholly confirmed.
    case publishFailed(AMQPPublishError)
    /// The broker gave a message back that nobody asked it to give back.
    case returned(routingKey: String)
}
