// What poses as a broker and is none costs a caller its own time and no more.
import AMQP
import BlockingTesting
import Concurrency
import ScriptedServer
import Testing

@Suite(.blocking) struct HostilePeerTests {
    /// A header frame of the protocol's own kind of nonsense: the method `connection.start` with a table that claims 4 GiB.
    private static let brokenStart: [UInt8] =
        [1, 0, 0, 0, 0, 0, 11, 0, 10, 0, 10, 0, 9, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0xCE]

    @Test func `a peer that says nothing is waited for until the deadline`() throws {
        try withPeer({ $0.waitForEnd() }) { running in
            #expect(running.publishInTime(window(1...1), withinMilliseconds: 800) == .nothingAccepted(.timedOut))
            // The connection is tried anew, again within the time there is.
            #expect(running.publishInTime(window(1...1), withinMilliseconds: 800)?.isNothing == true)
        }
    }

    @Test func `a peer that says nothing does not hold up the end`() throws {
        try withPeer({ $0.waitForEnd() }) { running in
            _ = running.publish(window(1...1), withinMilliseconds: 100)
            running.publisher.requestStop()
            #expect(running.publisher.waitForEnd(by: .after(milliseconds: 6000)))
        }
    }

    @Test func `a peer that closes in the handshake counts as unreachable`() throws {
        try withPeer({ $0.reset() }) { running in expectNothing(running) }
        try withPeer({ $0.close() }) { running in expectNothing(running) }
    }

    @Test(arguments: [
        Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8), Array("AMQP\u{0}\u{1}\u{0}\u{0}".utf8), brokenStart,
        [UInt8](repeating: 0xFF, count: 100_000), [UInt8](repeating: 0, count: 100_000),
        [1, 0, 0, 0x7F, 0xFF, 0xFF, 0xFF], [3, 0, 9, 0, 0, 0, 0, 0xCE], [8, 0, 0, 0, 0, 0, 0, 0xCE, 1, 0, 0],
    ])
    func `garbage counts as unreachable`(bytes: [UInt8]) throws {
        try withPeer({ connection in
            connection.write(bytes)
            connection.waitForEnd()
        }) { running in expectNothing(running) }
    }

    @Test func `a peer that trickles is waited for until the deadline`() throws {
        // A frame of 100 bytes that never ends.
        try withPeer({ connection in
            connection.write([1, 0, 0, 0, 0, 0, 100])
            while connection.write([0]) { Thread.sleep(milliseconds: 20) }
        }) { running in
            #expect(running.publishInTime(window(1...1), withinMilliseconds: 800)?.isNothing == true)
        }
    }

    @Test func `nobody at the port is tried again until the deadline`() throws {
        let server = try ScriptedServer { $0.close() }
        let port = server.port
        server.stop()
        let running = RunningPublisher(try configuration(port: Int(port)))
        expectNothing(running)
        let attempts = running.events.all.filter {
            if case .connectFailed(.unreachable, _) = $0 { true } else { false }
        }
        #expect(attempts.count > 1)
    }

    @Test func `a host without an address counts as unreachable`() throws {
        let url = try #require(AMQPURL("amqp://guest:guest@name.invalid"))
        let running = RunningPublisher(AMQPConfiguration(url: url, connectionName: "tests"))
        expectNothing(running)
    }

    private func expectNothing(_ running: RunningPublisher) {
        let error = running.publishInTime(window(1...1), withinMilliseconds: 800)
        #expect(error?.isNothing == true)
    }

    private func withPeer(
        _ serve: @escaping @Sendable (ScriptedConnection) -> Void, _ body: (RunningPublisher) throws -> Void
    ) throws {
        let server = try ScriptedServer(serve)
        defer { server.stop() }
        try body(RunningPublisher(try configuration(port: Int(server.port))))
    }

    private func configuration(port: Int) throws -> AMQPConfiguration {
        let url = try #require(AMQPURL("amqp://guest:guest@127.0.0.1:\(port)"))
        return AMQPConfiguration(url: url, connectionName: "tests")
    }
}
