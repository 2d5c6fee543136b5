import BlockingTesting
import Concurrency
import ConcurrencyTesting
import CurlHTTPClient
import HTTPMessages
import OutboundAddresses
import ScriptedServer
import Testing

/// Whose connections an `OutboundTransport` keeps, and for how long.
@Suite(.blocking) struct OutboundConnectionTests {
    @Test func `an endpoint keeps its connection, and shares it with no other`() throws {
        try withServer { connection in
            while connection.readRequest() != nil { connection.reply("200 OK") }
        } _: { server in
            let transport = OutboundTransport(rule: try .loopback)
            let url = try server.webhookURL()
            for _ in 0..<5 { _ = try transport.post(to: url, endpointID: 1) }
            #expect(server.acceptedCount == 1)
            for _ in 0..<5 { _ = try transport.post(to: url, endpointID: 2) }
            #expect(server.acceptedCount == 2)
            _ = try transport.post(to: url, endpointID: 1)
            #expect(server.acceptedCount == 2)
        }
    }

    @Test func `the same address under another name, or another rule, is connected to anew`() throws {
        try withServer { connection in
            while connection.readRequest() != nil { connection.reply("200 OK") }
        } _: { server in
            let transport = OutboundTransport(rule: try .loopback)
            _ = try transport.post(to: server.webhookURL())
            _ = try transport.post(to: try WebhookURL("http://localhost:\(server.port)/", rule: .loopback))
            #expect(server.acceptedCount == 2)
            _ = try OutboundTransport(rule: .loopback).post(to: server.webhookURL())
            #expect(server.acceptedCount == 3)
        }
    }

    @Test func `of too many idle connections the oldest is closed`() throws {
        let ended = Observed(0)
        try withServer { connection in
            while connection.readRequest() != nil { connection.reply("200 OK") }
            ended.change { $0 += 1 }
        } _: { server in
            let transport = OutboundTransport(try .loopback) { $0.idleConnectionsMax = 2 }
            let url = try server.webhookURL()
            for endpoint in 1...3 { _ = try transport.post(to: url, endpointID: Int64(endpoint)) }
            #expect(ended.wait { $0 == 1 })
            for endpoint in 2...3 { _ = try transport.post(to: url, endpointID: Int64(endpoint)) }
            #expect(server.acceptedCount == 3)
            _ = try transport.post(to: url, endpointID: 1)
            #expect(server.acceptedCount == 4)
        }
    }

    @Test func `connections that were idle for too long are closed when another comes back`() throws {
        let ended = Observed(0)
        try withServer { connection in
            while connection.readRequest() != nil { connection.reply("200 OK") }
            ended.change { $0 += 1 }
        } _: { server in
            let transport = OutboundTransport(try .loopback) { $0.idleConnectionSecondsMax = 1 }
            let url = try server.webhookURL()
            for endpoint in 1...3 { _ = try transport.post(to: url, endpointID: Int64(endpoint)) }
            Thread.sleep(milliseconds: 1100)
            #expect(ended.value == 0)
            _ = try transport.post(to: url, endpointID: 4)
            #expect(ended.wait { $0 == 3 })
        }
    }

    @Test func `a message that a kept connection swallowed is not sent again unasked`() throws {
        let received = Lock(0)
        try withServer { connection in
            guard connection.readRequest() != nil else { return }
            connection.reply("200 OK")
            guard connection.readRequest() != nil else { return }
            received.withLock { $0 += 1 }
        } _: { server in
            let transport = OutboundTransport(rule: try .loopback)
            _ = try transport.post(to: server.webhookURL())
            let error = transport.failure(to: try server.webhookURL())
            #expect(error?.isMaybeSent == true, "\(String(describing: error))")
        }
        #expect(received.withLock { $0 } == 1)
    }

    @Test func `32 threads reach 8 endpoints, each with its own body`() throws {
        let bodies = Lock<Set<String>>([])
        try withServer { connection in
            while let request = connection.readRequest() {
                _ = bodies.withLock { $0.insert(String(decoding: request.body, as: UTF8.self)) }
                connection.reply("200 OK")
            }
        } _: { server in
            let transport = OutboundTransport(rule: try .loopback)
            let url = try server.webhookURL()
            let threads = (0..<32).compactMap { number in
                Thread.start {
                    for round in 0..<10 {
                        _ = try? transport.post(to: url, "\(number)/\(round)", endpointID: Int64(number % 8))
                    }
                }
            }
            for thread in threads { thread.join() }
            #expect(threads.count == 32)
            #expect(bodies.withLock { $0.count } == 320)
        }
    }
}
