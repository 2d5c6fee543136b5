/// A broker, and the limits within which it must answer.
package struct AMQPConfiguration: Sendable {
    package var url: AMQPURL
    /// A PEM file of the authorities that must vouch for the broker's certificate and host name. Needed for `amqps`.
    package var certificateAuthorityPath: String?
    /// What the broker's lists of connections show: the service, and what it does.
    package var connectionName: String
    /// How long connecting, logging in and declaring may take together. 5 s allow two lost packets to be sent again.
    package var connectTimeoutMilliseconds: Int
    /// A peer that has said nothing for twice this is taken for gone. 10 s is the least that RabbitMQ recommends.
    package var heartbeatSeconds: Int
    /// How long a window may wait for its confirms. They take milliseconds; a broker that needs 5 s is overloaded or blocked.
    package var confirmTimeoutMilliseconds: Int
    /// A window that has no confirm for so long, though nobody said that the broker is blocked, costs the connection. 60 s: a
    /// queue that elects a new leader needs seconds.
    package var unconfirmedSecondsMax: Int

    package init(
        url: AMQPURL, certificateAuthorityPath: String? = nil, connectionName: String,
        connectTimeoutMilliseconds: Int = 5000, heartbeatSeconds: Int = 10, confirmTimeoutMilliseconds: Int = 5000,
        unconfirmedSecondsMax: Int = 60
    ) {
        self.url = url
        self.certificateAuthorityPath = certificateAuthorityPath
        self.connectionName = connectionName
        self.connectTimeoutMilliseconds = connectTimeoutMilliseconds
        self.heartbeatSeconds = heartbeatSeconds
        self.confirmTimeoutMilliseconds = confirmTimeoutMilliseconds
        self.unconfirmedSecondsMax = unconfirmedSecondsMax
    }
}
