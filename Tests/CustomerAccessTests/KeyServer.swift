import Concurrency
import ConcurrencyTesting
import ScriptedServer
import TokenTesting

/// An identity provider that publishes what a test says.
final class KeyServer: Sendable {
    private struct Script: Sendable {
        var status = "200 OK"
        var body: [UInt8] = []
        var headers: [String] = []
        var isDripping = false
    }

    private let script: Lock<Script>
    /// The targets that were asked for.
    let requests = Observed<[String]>([])
    /// While it is closed, no request is answered.
    let isOpen = Observed(true)
    private let server: ScriptedServer

    init(_ body: [UInt8] = []) throws {
        let script = Lock(Script(body: body))
        self.script = script
        let (requests, isOpen) = (requests, isOpen)
        server = try ScriptedServer { connection in
            while let request = connection.readRequest() {
                requests.change { $0.append(String(request.line.split(separator: " ")[1])) }
                guard isOpen.wait({ $0 }) else { return }
                let reply = script.withLock { $0 }
                let isChunked = reply.headers.contains { $0.hasPrefix("Transfer-Encoding") }
                let fields = reply.headers + (isChunked ? [] : ["Content-Length: \(reply.body.count)"])
                connection.write("HTTP/1.1 \(reply.status)\r\n" + fields.map { $0 + "\r\n" }.joined() + "\r\n")
                guard reply.isDripping else {
                    connection.write(reply.body)
                    continue
                }
                for byte in reply.body {
                    guard connection.write([byte]) else { return }
                    Thread.sleep(milliseconds: 100)
                }
            }
        }
    }

    var url: String { server.url + "/keys?tenant=1" }

    func publish(_ body: [UInt8], status: String = "200 OK", headers: [String] = []) {
        script.withLock { $0 = Script(status: status, body: body, headers: headers) }
    }

    /// From now on a byte comes each tenth of a second.
    func drip() { script.withLock { $0.isDripping = true } }

    func stop() {
        isOpen.change { $0 = true }
        server.stop()
    }
}
