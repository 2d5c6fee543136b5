import BlockingTesting
import Concurrency
import ConcurrencyTesting
import CurlHTTPClient
import HTTPMessages
import OutboundAddresses
import ScriptedServer
import Testing

/// What an `OutboundTransport` does with replies, however they come.
@Suite(.blocking) struct OutboundReplyTests {
    @Test func `a message arrives as it was written, and nothing of this machine with it`() throws {
        let received = Lock<ScriptedConnection.ReceivedRequest?>(nil)
        try withServer { connection in
            guard let request = connection.readRequest() else { return }
            received.withLock { $0 = request }
            connection.reply("202 Accepted", headers: ["Retry-After: 7", "Set-Cookie: a=b"], body: "taken")
        } _: { server in
            let response = try OutboundTransport(rule: .loopback).post(
                to: server.webhookURL("/hook/a?b=%20c"), "{\"id\":7}",
                headers: ["Content-Type": "application/json", "webhook-id": "1"])
            #expect(response.status == .accepted)
            #expect(response.body == Array("taken".utf8))
            #expect(RetryAfter.seconds(response) == 7)
        }
        let request = try #require(received.withLock { $0 })
        #expect(request.line == "POST /hook/a?b=%20c HTTP/1.1")
        #expect(request.body == Array("{\"id\":7}".utf8))
        #expect(
            Set(request.headers.map(\.name))
                == ["host", "user-agent", "accept", "content-type", "content-length", "webhook-id"])
    }

    @Test(arguments: ["Content-Length: 10000000000", "Transfer-Encoding: chunked"])
    func `a reply without end is its beginning, at once`(framing: String) throws {
        let written = Observed(0)
        try withServer { connection in
            guard connection.readRequest() != nil else { return }
            connection.write("HTTP/1.1 200 OK\r\n\(framing)\r\n\r\n")
            let piece =
                framing.hasPrefix("T")
                ? "400\r\n" + String(repeating: "x", count: 1024) + "\r\n" : String(repeating: "x", count: 1024)
            while connection.write(piece) { written.change { $0 += 1024 } }
        } _: { server in
            let url = try server.webhookURL()
            let elapsed = try elapsedMilliseconds {
                let response = try OutboundTransport(rule: .loopback).post(to: url)
                #expect(response.status == .ok)
                #expect(response.body == Array(repeating: UInt8(ascii: "x"), count: 1024))
            }
            #expect(elapsed < 2000, "\(elapsed) ms")
        }
        // What the two systems' buffers take, and not more.
        #expect(written.value < 16 << 20)
    }

    @Test func `a page of some kilobytes is cut, and its connection stays`() throws {
        try withServer { connection in
            while connection.readRequest() != nil {
                connection.reply("500 Internal Server Error", body: String(repeating: "y", count: 10_000))
            }
        } _: { server in
            let transport = OutboundTransport(rule: try .loopback)
            for _ in 0..<3 { #expect(try transport.post(to: server.webhookURL()).body.count == 1024) }
            #expect(server.acceptedCount == 1)
        }
    }

    @Test(arguments: [
        "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n5\r\nhe",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\nno number\r\n",
        "HTTP/1.1 200 OK\r\n\r\nhalf",
    ])
    func `a body that ends too early leaves the status good`(reply: String) throws {
        try withServer { connection in
            _ = connection.readRequest()
            connection.write(reply)
        } _: { server in
            let response = try OutboundTransport(rule: .loopback).post(to: server.webhookURL())
            #expect(response.status == .ok)
            #expect(response.body.starts(with: Array("half".utf8)))
        }
    }

    @Test(arguments: ["", "HTTP/1.1 200 OK\r\nContent-", "HTTP/1.1 100 Continue\r\n\r\n", "200 OK\r\n\r\n"])
    func `a head that does not end is no reply`(reply: String) throws {
        try withServer { connection in
            _ = connection.readRequest()
            connection.write(reply)
        } _: { server in
            let error = OutboundTransport(rule: try .loopback).failure(to: try server.webhookURL())
            #expect(error?.isMaybeSent == true, "\(String(describing: error))")
        }
    }

    @Test(arguments: [
        ("", "HTTP/1.1 200 OK\r\nX: "), ("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", "x"),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "1\r\nx\r\n"), ("HTTP/1.1 200 OK\r\n\r\n", ""),
    ])
    func `a reply that drips ends at the deadline, and is none`(start: String, drip: String) throws {
        try withServer { connection in
            guard connection.readRequest() != nil else { return }
            connection.write(start)
            while connection.write(drip), !connection.isEnded { Thread.sleep(milliseconds: 20) }
        } _: { server in
            let url = try server.webhookURL()
            let elapsed = try elapsedMilliseconds {
                let error = try OutboundTransport(rule: .loopback).failure(to: url, milliseconds: 400)
                #expect(error == .deadlineExceeded(maybeSent: true))
            }
            #expect(395..<1500 ~= elapsed, "\(elapsed) ms")
        }
    }

    @Test(arguments: [
        ("HTTP/1.1 200 OK\r\n", "X-Field: 0123456789\r\n"), ("", "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"),
    ])
    func `fields without end are refused at once`(start: String, piece: String) throws {
        try withServer { connection in
            guard connection.readRequest() != nil else { return }
            connection.write(start)
            while connection.write(piece) {}
        } _: { server in
            let error = OutboundTransport(rule: try .loopback).failure(to: try server.webhookURL())
            #expect(error == .replyTooLarge(bytesMax: 16 * 1024))
        }
    }

    @Test func `a message that is not answered ends when it is told to stop, and may have been sent`() throws {
        let isStopping = Lock(false)
        let transport = OutboundTransport(try .loopback) { $0.stop = StopToken { isStopping.withLock { $0 } } }
        try withServer { connection in
            if connection.readRequest() != nil { isStopping.withLock { $0 = true } }
            connection.waitForEnd()
        } _: { server in
            let start = Deadline.nowUptimeNanoseconds()
            let error = transport.failure(to: try server.webhookURL(), milliseconds: 9000)
            #expect(error?.isMaybeSent == true, "\(String(describing: error))")
            #expect((Deadline.nowUptimeNanoseconds() - start) / 1_000_000 < 5000)
        }
    }

    @Test func `an attempt has its own limit within the deadline`() throws {
        try withServer { connection in
            connection.waitForEnd()
        } _: { server in
            let transport = OutboundTransport(try .loopback) { $0.attemptTimeoutMilliseconds = 100 }
            #expect(transport.failure(to: try server.webhookURL()) == .deadlineExceeded(maybeSent: true))
            #expect(
                transport.failure(to: try server.webhookURL(), milliseconds: 0) == .deadlineExceeded(maybeSent: false))
        }
    }
}
