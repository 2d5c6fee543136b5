internal import CRabbitMQ
internal import Concurrency

extension BrokerConnection {
    /// Declares a durable topic exchange; one that is there must be of this kind.
    func declareExchange(_ name: String, by deadline: Deadline) throws(AMQPFailure) {
        try call(by: deadline) {
            withBytes(name, "topic") { name, type in
                amqp_exchange_declare(library, BrokerConnection.channel, name, type, 0, 1, 0, 0, amqp_empty_table)
            }
            return amqp_get_rpc_reply(library)
        }
    }

    /// Has the broker confirm each message, once all queues that it goes to have it.
    func requestConfirms(by deadline: Deadline) throws(AMQPFailure) {
        try call(by: deadline) {
            amqp_confirm_select(library, BrokerConnection.channel)
            return amqp_get_rpc_reply(library)
        }
    }

    /// Declares a quorum queue and its bindings. Bindings that it has besides are left.
    func declareQueue(_ queue: AMQPQueue, by deadline: Deadline) throws(AMQPFailure) {
        try call(by: deadline) {
            crabbitmq_declare_quorum_queue(library, BrokerConnection.channel, queue.name, Int64(queue.messagesMax ?? 0))
            return amqp_get_rpc_reply(library)
        }
        for key in queue.routingKeys {
            try call(by: deadline) {
                withBytes(queue.name, queue.exchange) { name, exchange in
                    withBytes(key, "") { key, _ in
                        amqp_queue_bind(library, BrokerConnection.channel, name, exchange, key, amqp_empty_table)
                    }
                }
                return amqp_get_rpc_reply(library)
            }
        }
    }

    /// Has the queue's messages delivered, no more than `prefetchCount` of them unacknowledged.
    func consume(_ queue: AMQPQueue, prefetchCount: UInt16, by deadline: Deadline) throws(AMQPFailure) {
        try call(by: deadline) {
            amqp_basic_qos(library, BrokerConnection.channel, 0, prefetchCount, 0)
            return amqp_get_rpc_reply(library)
        }
        try call(by: deadline) {
            withBytes(queue.name, "") { name, tag in
                amqp_basic_consume(library, BrokerConnection.channel, name, tag, 0, 0, 0, amqp_empty_table)
            }
            return amqp_get_rpc_reply(library)
        }
    }

    func acknowledge(_ tag: UInt64, by deadline: Deadline) throws(AMQPFailure) {
        try send(by: deadline) { amqp_basic_ack(library, BrokerConnection.channel, tag, 0) }
    }
}

/// Lends the bytes of two texts for the time of `body`.
@discardableResult
func withBytes<Value>(_ first: String, _ second: String, _ body: (amqp_bytes_t, amqp_bytes_t) -> Value) -> Value {
    var (first, second) = (first, second)
    return first.withUTF8 { first in second.withUTF8 { second in body(amqp_bytes_t(first), amqp_bytes_t(second)) } }
}

extension amqp_bytes_t {
    /// The library only reads them.
    fileprivate init(_ bytes: UnsafeBufferPointer<UInt8>) {
        self.init(len: bytes.count, bytes: UnsafeMutableRawPointer(mutating: bytes.baseAddress))
    }
}
