package import Settings

extension EnvironmentReader {
    /// The broker that `AMQP_URL` names; nil where it names none, or after a mistake.
    package mutating func broker(connectionName: String) -> AMQPConfiguration? {
        let text = secret(
            "AMQP_URL", "RabbitMQ, such as `amqp://user:password@host:5672/vhost`, or `amqps://` with TLS; empty: none."
        )
        let authorities = readableFile(
            "AMQP_CA_FILE", "The certificate authorities (PEM) that must vouch for an `amqps://` broker.")
        guard let text else {
            if authorities != nil { reject("AMQP_CA_FILE", "is of use only together with AMQP_URL") }
            return nil
        }
        guard let url = AMQPURL(text.revealed) else {
            reject(
                "AMQP_URL",
                "must be a URL such as amqp://user:password@host:5672/vhost, with special characters escaped")
            return nil
        }
        if url.isEncrypted {
            if authorities == nil { reject("AMQP_CA_FILE", "must name the authorities, since AMQP_URL is amqps://") }
            // The library compares names only.
            if url.isHostAddress { reject("AMQP_URL", "must have a host name, no address, where it is amqps://") }
        } else if authorities != nil {
            reject("AMQP_CA_FILE", "is of use only where AMQP_URL is amqps://")
        }
        return AMQPConfiguration(url: url, certificateAuthorityPath: authorities, connectionName: connectionName)
    }
}
