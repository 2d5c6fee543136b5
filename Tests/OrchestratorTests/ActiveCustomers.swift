import Concurrency
import ScriptedServer

/// A Customers API of a test's own making. Unless it is told otherwise, everybody exists and may order.
final class ActiveCustomers: Sendable {
    private let server: ScriptedServer
    private let received: Lock<[ScriptedConnection.ReceivedRequest]>

    var url: String { server.url }

    /// What was asked, in the order in which it came.
    var requests: [ScriptedConnection.ReceivedRequest] { received.withLock { $0 } }

    /// - Parameter reply: the status and the body of the answer to every question; nil for that of somebody who may order.
    init(_ reply: (status: String, body: String)? = nil) throws {
        let received = Lock<[ScriptedConnection.ReceivedRequest]>([])
        self.received = received
        server = try ScriptedServer { connection in
            while let request = connection.readRequest() {
                received.withLock { $0.append(request) }
                let id = request.line.split(separator: " ")[1].split(separator: "/").last ?? ""
                connection.reply(reply?.status ?? "200 OK", body: reply?.body ?? ActiveCustomers.body(of: id))
            }
        }
    }

    deinit { server.stop() }

    static func body(of id: Substring) -> String {
        #"{"data":{"id":\#(id),"name":"Ana","email":"ana@example.com","phone":"555","is_active":true}}"#
    }
}
