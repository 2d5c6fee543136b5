import BlockingTesting
import Concurrency
import ConcurrencyTesting
import CurlHTTPClient
import HTTPMessages
import ScriptedServer
import Testing

@Suite(.blocking) struct CurlTransportTests {
    @Test func `a request arrives as it was written and its reply comes back whole`() throws {
        let received = Lock<[ScriptedConnection.ReceivedRequest]>([])
        try withServer { connection in
            while let request = connection.readRequest() {
                received.withLock { $0.append(request) }
                connection.reply("201 Created", headers: ["X-One:  a b ", "x-two:", "X-One: c"], body: "{\"id\":7}")
            }
        } _: { server in
            let response = try CurlTransport().send(
                Request(
                    .post, "/orders/../orders?q=%20a&b=",
                    headers: ["Content-Type": "application/json", "X-Empty": "", "X-Text": "a; b"],
                    body: Array("{\"qty\":1}".utf8)),
                to: server.origin, by: .after(milliseconds: 5000))
            #expect(response.status == .created)
            #expect(response.headers.values(of: "x-one") == ["a b", "c"])
            #expect(response.headers["X-Two"] == "")
            #expect(response.body == Array("{\"id\":7}".utf8))
        }
        let request = try #require(received.withLock { $0.first })
        #expect(request.line == "POST /orders/../orders?q=%20a&b= HTTP/1.1")
        #expect(request.header("content-type") == "application/json")
        #expect(request.header("x-empty") == "")
        #expect(request.header("x-text") == "a; b")
        #expect(request.header("user-agent") == "orchestrator")
        #expect(request.header("expect") == nil)
        #expect(request.body == Array("{\"qty\":1}".utf8))
    }

    @Test func `a base path stands before the target`() throws {
        let line = Lock("")
        try withServer { connection in
            if let request = connection.readRequest() { line.withLock { $0 = request.line } }
            connection.reply("204 No Content")
        } _: { server in
            let origin = try #require(Origin(server.url + "/v1/"))
            _ = try CurlTransport().send(Request(.get, "/orders"), to: origin, by: .after(milliseconds: 5000))
        }
        #expect(line.withLock { $0 } == "GET /v1/orders HTTP/1.1")
    }

    @Test func `ten requests share one connection, whatever their methods`() throws {
        let lines = Lock<[String]>([])
        try withServer { connection in
            while let request = connection.readRequest() {
                lines.withLock { $0.append("\(request.line.split(separator: " ")[0]) \(request.body.count)") }
                if request.header("content-type") != nil { connection.reset() }
                let body = request.line.hasPrefix("HEAD") ? "" : "hello"
                connection.write("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n" + body)
            }
        } _: { server in
            let transport = CurlTransport()
            let methods: [Method] = [.get, .post, .head, .put, .delete, .get, .patch, .post, .options, .get]
            for (index, method) in methods.enumerated() {
                let hasBody = [.post, .put, .patch].contains(method) && index != 7
                let response = try transport.send(
                    Request(method, "/", body: hasBody ? [1, 2, 3] : []), to: server.origin,
                    by: .after(milliseconds: 5000))
                #expect(response.body.count == (method == .head ? 0 : 5))
            }
            #expect(server.acceptedCount == 1)
        }
        #expect(
            lines.withLock { $0 } == [
                "GET 0", "POST 3", "HEAD 0", "PUT 3", "DELETE 0", "GET 0", "PATCH 3", "POST 0", "OPTIONS 0", "GET 0",
            ])
    }

    @Test func `a kept-alive connection that the other side has closed meanwhile is replaced`() throws {
        let closed = Observed(0)
        try withServer { connection in
            guard connection.readRequest() != nil else { return }
            connection.reply("200 OK")
            connection.close()
            closed.change { $0 += 1 }
        } _: { server in
            let transport = CurlTransport()
            for number in 1...3 {
                let response = try transport.send(
                    Request(.post, "/", body: [1]), to: server.origin, by: .after(milliseconds: 5000))
                #expect(response.status == .ok)
                #expect(closed.wait { $0 == number })
            }
            #expect(server.acceptedCount == 3)
        }
        #expect(closed.value == 3)
    }

    @Test(arguments: [false, true])
    func `a request that a kept-alive connection swallowed is not sent again unasked`(byReset: Bool) throws {
        let received = Lock(0)
        try withServer { connection in
            guard connection.readRequest() != nil else { return }
            connection.reply("200 OK")
            guard connection.readRequest() != nil else { return }
            received.withLock { $0 += 1 }
            if byReset { connection.reset() }
        } _: { server in
            let transport = CurlTransport()
            _ = try transport.send(Request(.get, "/"), to: server.origin, by: .after(milliseconds: 5000))
            let error = transport.failure(Request(.post, "/", body: [1]), to: try server.origin)
            #expect(error?.isMaybeSent == true, "\(String(describing: error))")
        }
        #expect(received.withLock { $0 } == 1)
    }

    @Test func `a server that dies with a request in hand may have acted, though its port refuses then`() throws {
        let hasRequest = Observed(false)
        let server = try ScriptedServer { connection in
            guard connection.readRequest() != nil else { return }
            connection.reply("200 OK")
            guard connection.readRequest() != nil else { return }
            hasRequest.change { $0 = true }
            connection.waitForEnd()
        }
        let transport = CurlTransport()
        _ = try transport.send(Request(.get, "/"), to: server.origin, by: .after(milliseconds: 5000))
        let stopper = Thread.start {
            hasRequest.wait { $0 }
            server.stop()
        }
        let error = transport.failure(Request(.post, "/", body: [1]), to: try server.origin)
        stopper?.join()
        #expect(error?.isMaybeSent == true, "\(String(describing: error))")
    }

    @Test func `a refused connection was not sent`() throws {
        let error = CurlTransport().failure(Request(.get, "/"), to: try unusedOrigin())
        #expect(error?.isNotSent == true, "\(String(describing: error))")
        #expect(error?.mayHaveBeenSent == false)
    }

    @Test func `a name that does not resolve was not sent`() throws {
        let origin = try #require(Origin("http://no-such-host.invalid:80"))
        let error = CurlTransport().failure(Request(.get, "/"), to: origin)
        #expect(error?.isNotSent == true, "\(String(describing: error))")
    }

    @Test func `a TLS handshake that stalls was not sent`() throws {
        try withServer { connection in
            connection.waitForEnd()
        } _: { server in
            let origin = try #require(Origin("https://127.0.0.1:\(server.port)"))
            let error = CurlTransport { $0.connectTimeoutMilliseconds = 100 }.failure(Request(.get, "/"), to: origin)
            #expect(error == .notSent(reason: "no connection within 100 ms"))
        }
    }

    @Test(arguments: [
        "", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", "HTTP/1.1 200 OK\r\nContent-",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel", "not HTTP at all\r\n\r\n",
    ])
    func `a reply that is cut off, or is none, may have been sent`(reply: String) throws {
        try withServer { connection in
            _ = connection.readRequest()
            connection.write(reply)
        } _: { server in
            let error = CurlTransport().failure(Request(.post, "/", body: [1]), to: try server.origin)
            #expect(error?.isMaybeSent == true, "\(String(describing: error))")
        }
    }

    @Test func `a stall ends at the deadline`() throws {
        try withServer { connection in
            _ = connection.readRequest()
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")
            connection.waitForEnd()
        } _: { server in
            let origin = try server.origin
            let elapsed = elapsedMilliseconds {
                let error = CurlTransport().failure(Request(.get, "/"), to: origin, by: .after(milliseconds: 200))
                #expect(error == .deadlineExceeded(maybeSent: true))
            }
            #expect(195..<700 ~= elapsed, "\(elapsed) ms")
        }
    }

    @Test func `a request that waits ends when it is told to stop`() throws {
        let isStopping = Lock(false)
        var configuration = CurlTransportConfiguration()
        configuration.attemptTimeoutMilliseconds = 30_000
        configuration.stop = StopToken { isStopping.withLock { $0 } }
        let transport = CurlTransport(configuration: configuration)
        try withServer { connection in
            if connection.readRequest() != nil { isStopping.withLock { $0 = true } }
            connection.waitForEnd()
        } _: { server in
            let start = Deadline.nowUptimeNanoseconds()
            let error = #expect(throws: TransportError.self) {
                try transport.send(Request(.get, "/"), to: server.origin, by: .after(milliseconds: 30_000))
            }
            #expect(error?.mayHaveBeenSent == true)
            #expect((Deadline.nowUptimeNanoseconds() - start) / 1_000_000 < 10_000)
            // One that is over has not begun.
            #expect(throws: TransportError.self) {
                try transport.send(Request(.get, "/"), to: server.origin, by: .after(milliseconds: 30_000))
            }
        }
    }

    @Test func `a stall with time left ends with the attempt`() throws {
        try withServer { connection in
            _ = connection.readRequest()
            connection.waitForEnd()
        } _: { server in
            let transport = CurlTransport { $0.attemptTimeoutMilliseconds = 100 }
            let error = transport.failure(Request(.get, "/"), to: try server.origin)
            #expect(error == .maybeSent(reason: "no complete reply within 100 ms"))
        }
    }

    @Test func `nothing is sent once the deadline has passed`() throws {
        try withServer { _ in
        } _: { server in
            let error = CurlTransport().failure(Request(.get, "/"), to: try server.origin, by: .after(milliseconds: 0))
            #expect(error == .deadlineExceeded(maybeSent: false))
            #expect(server.acceptedCount == 0)
        }
    }

    @Test func `64 threads share a transport`() throws {
        try withServer { connection in
            while let request = connection.readRequest() {
                Thread.sleep(milliseconds: 5)
                connection.reply("200 OK", body: String(request.line.split(separator: " ")[1]))
            }
        } _: { server in
            let transport = CurlTransport()
            let origin = try server.origin
            let mismatches = Lock<[String]>([])
            let threads = (0..<64).compactMap { number in
                Thread.start {
                    for round in 0..<10 {
                        let target = "/\(number)/\(round)"
                        let response = try? transport.send(
                            Request(.get, target), to: origin, by: .after(milliseconds: 20_000))
                        if response?.body != Array(target.utf8) { mismatches.withLock { $0.append(target) } }
                    }
                }
            }
            for thread in threads { thread.join() }
            #expect(threads.count == 64)
            #expect(mismatches.withLock { $0 } == [])
            // At first every thread has a connection of its own; later at most `handlesMax` idle ones stay open.
            #expect(server.acceptedCount < 640)
        }
    }
}
