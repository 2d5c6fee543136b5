internal import CRabbitMQ
internal import Concurrency

extension BrokerConnection {
    /// Sends messages, persistent and not mandatory: one that no queue wants is confirmed, too.
    func publish(_ messages: [AMQPMessage], to exchange: String, by deadline: Deadline) throws(AMQPFailure) {
        // Under one limit: setting it for each would cost as much as sending.
        try send(by: deadline) {
            withBytes(exchange, "") { exchange, _ in
                for message in messages {
                    let status = send(message, to: exchange)
                    guard status == AMQP_STATUS_OK.code else { return status }
                }
                return AMQP_STATUS_OK.code
            }
        }
    }

    private func send(_ message: AMQPMessage, to exchange: amqp_bytes_t) -> Int32 {
        // All names in one array, whose pointer holds for the call.
        var names: [UInt8] = []
        names.reserveCapacity(256)
        let routingKey = append(message.routingKey, to: &names)
        let messageID = append(message.messageID, to: &names)
        let type = append(message.type, to: &names)
        let contentType = append(message.contentType, to: &names)
        return names.withUnsafeMutableBytes { names in
            message.body.withUnsafeBytes { body in
                var properties = amqp_basic_properties_t()
                properties._flags =
                    crabbitmq_content_type | crabbitmq_delivery_mode | crabbitmq_message_id | crabbitmq_type
                // 2 is "persistent".
                properties.delivery_mode = 2
                properties.content_type = names.bytes(contentType)
                properties.message_id = names.bytes(messageID)
                properties.type = names.bytes(type)
                if let seconds = message.timestampSeconds {
                    properties._flags |= crabbitmq_timestamp
                    properties.timestamp = seconds
                }
                let content = amqp_bytes_t(
                    len: body.count, bytes: UnsafeMutableRawPointer(mutating: body.baseAddress))
                return amqp_basic_publish(
                    library, BrokerConnection.channel, exchange, names.bytes(routingKey), 0, 0, &properties, content)
            }
        }
    }

    private func append(_ text: String, to bytes: inout [UInt8]) -> Range<Int> {
        let start = bytes.count
        bytes.append(contentsOf: text.utf8)
        return start..<bytes.count
    }
}

extension UnsafeMutableRawBufferPointer {
    fileprivate func bytes(_ range: Range<Int>) -> amqp_bytes_t {
        amqp_bytes_t(len: range.count, bytes: baseAddress.map { $0 + range.lowerBound })
    }
}
