private import Foundation
private import RepositoryFiles

/// Another client of the broker, in another language: Python's pika, as a consumer of somebody else would use it.
package struct PikaClient: Sendable {
    /// A message as pika sees it.
    package struct Message: Sendable, Hashable, Decodable {
        package let routing_key: String
        package let message_id: String?
        package let type: String?
        package let content_type: String?
        package let delivery_mode: Int?
        package let timestamp: UInt64?
        package let body: String
    }

    private let url: String

    package init(_ server: RabbitServer) { url = server.url() }

    /// Declares a durable queue and binds it.
    ///
    /// - Parameter arguments: Python's, such as `{"x-queue-type": "quorum"}`.
    package func declareQueue(_ name: String, exchange: String, routingKey: String, arguments: String) throws {
        _ = try run(
            """
            channel.exchange_declare("\(exchange)", "topic", durable=True)
            channel.queue_declare("\(name)", durable=True, arguments=\(arguments))
            channel.queue_bind("\(name)", "\(exchange)", "\(routingKey)")
            """)
    }

    /// Takes all messages out of a queue, until none has come for a second.
    package func drain(_ queue: String) throws -> [Message] {
        let output = try run(
            """
            import json
            for method, properties, body in channel.consume("\(queue)", inactivity_timeout=1):
                if method is None:
                    break
                print(json.dumps({
                    "routing_key": method.routing_key, "message_id": properties.message_id, "type": properties.type,
                    "content_type": properties.content_type, "delivery_mode": properties.delivery_mode,
                    "timestamp": properties.timestamp, "body": body.decode()}))
                channel.basic_ack(method.delivery_tag)
            channel.cancel()
            """)
        return try output.split(separator: "\n").map { line in
            try JSONDecoder().decode(Message.self, from: Data(line.utf8))
        }
    }

    /// Runs Python with a `channel`.
    ///
    /// - Returns: what it prints.
    package func run(_ code: String) throws -> String {
        let program = """
            import sys, pika
            connection = pika.BlockingConnection(pika.URLParameters(sys.argv[1]))
            channel = connection.channel()
            \(code)
            connection.close()
            """
        return try PikaClient.python(["-c", program, url])
    }

    /// Runs a Python that has pika: the one that `TEST_PYTHON` names, or the project's own.
    package static func python(_ arguments: [String]) throws -> String {
        let path =
            ProcessInfo.processInfo.environment["TEST_PYTHON"] ?? RepositoryFile(".local/tools/python/bin/python").path
        guard FileManager.default.isExecutableFile(atPath: path) else {
            throw RabbitError("\(path) is no program; scripts/test installs it, and pika with it.")
        }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        let output = Pipe()
        let errors = Pipe()
        process.standardOutput = output
        process.standardError = errors
        try process.run()
        let bytes = output.fileHandleForReading.readDataToEndOfFile()
        let complaints = errors.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw RabbitError("Python failed: \(String(decoding: complaints.suffix(2000), as: UTF8.self))")
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
