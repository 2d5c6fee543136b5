import BlockingTesting
import Concurrency
import CurlHTTPClient
import HTTPMessages
import ScriptedServer
import Settings
import Telemetry
import Testing

@testable import OrdersAPI

/// A gateway that does not answer as one does.
@Suite(.blocking) struct PaymentHostilePeerTests {
    /// What a capture came to, and how long it took.
    private func capture(
        timeoutMilliseconds: Int = 500, _ serve: @escaping @Sendable (ScriptedConnection) -> Void
    ) throws -> (error: PaymentError?, milliseconds: Int) {
        let server = try ScriptedServer(serve)
        defer { server.stop() }
        return try capture(at: server.url, timeoutMilliseconds: timeoutMilliseconds)
    }

    private func capture(
        at url: String, timeoutMilliseconds: Int = 500
    ) throws -> (error: PaymentError?, milliseconds: Int) {
        let gateway = PaymentGateway(
            transport: CurlTransport(
                configuration: PaymentGateway.transportConfiguration(timeoutMilliseconds: timeoutMilliseconds)),
            origin: try #require(Origin(url)), key: "sk_test_1")
        let key = PaymentKey(.capture, orderID: 1, placedAt: Timestamp(microsecondsSince1970: 1))
        let start = Deadline.nowUptimeNanoseconds()
        var failure: PaymentError?
        do throws(PaymentError) {
            _ = try gateway.capture(id: "pi_1", amountCents: 1, key: key, by: .after(milliseconds: 5000))
        } catch { failure = error }
        return (failure, Int((Deadline.nowUptimeNanoseconds() - start) / 1_000_000))
    }

    private func isUnknown(_ error: PaymentError?) -> Bool {
        if case .outcomeUnknown(isKept: false, _) = error { true } else { false }
    }

    @Test func `one that is silent, or drips, is given up in time`() throws {
        let silent = try capture { $0.waitForEnd() }
        #expect(isUnknown(silent.error))
        #expect(400..<4000 ~= silent.milliseconds)
        let dripping = try capture { connection in
            _ = connection.readRequest()
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
            while connection.write(" ") { Thread.sleep(milliseconds: 50) }
        }
        #expect(isUnknown(dripping.error))
        #expect(400..<4000 ~= dripping.milliseconds)
    }

    @Test func `one that breaks off, or says too much or nonsense, leaves the outcome unknown`() throws {
        let large = String(repeating: "x", count: 300 * 1024)
        let answers = [
            "", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
            "HTTP/1.1 200 OK\r\nContent-Length: \(large.utf8.count)\r\n\r\n\(large)",
            "HTTP/1.1 200 OK\r\nX: \(large)\r\n\r\n", "SSH-2.0-OpenSSH_9.2\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nZ\r\n",
            "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n",
        ]
        for answer in answers {
            let result = try capture { connection in
                _ = connection.readRequest()
                if !answer.isEmpty { connection.write(answer) }
            }
            #expect(isUnknown(result.error), "\(answer.prefix(60)): \(String(describing: result.error))")
        }
        let reset = try capture { connection in
            _ = connection.readRequest()
            connection.reset()
        }
        #expect(isUnknown(reset.error))
    }

    @Test func `one that is not there was not asked`() throws {
        let server = try ScriptedServer { _ in }
        let url = server.url
        server.stop()
        guard case .notSent = try capture(at: url).error else {
            Issue.record("Nobody listens, and yet it may have been sent.")
            return
        }
        guard case .notSent = try capture(at: "http://nowhere.invalid:1").error else {
            Issue.record("The name does not exist, and yet it may have been sent.")
            return
        }
    }

    @Test func `a redirect is not followed`() throws {
        let second = try ScriptedServer { _ = $0.readRequest() }
        defer { second.stop() }
        let location = second.url
        let result = try capture { connection in
            _ = connection.readRequest()
            connection.reply(
                "307 Temporary Redirect", headers: ["Location: \(location)/v1/payment_intents/pi_1/capture"])
        }
        guard case .notTheGateway = result.error else {
            Issue.record("\(String(describing: result.error))")
            return
        }
        #expect(second.acceptedCount == 0)
    }

    @Test func `a request is in Stripe's form, with its key`() throws {
        let seen = Lock<[String]>([])
        _ = try capture { connection in
            guard let request = connection.readRequest() else { return }
            seen.withLock {
                $0 = [
                    request.line, request.header("authorization") ?? "", request.header("stripe-version") ?? "",
                    request.header("content-type") ?? "", request.header("idempotency-key") ?? "",
                    String(decoding: request.body, as: UTF8.self),
                ]
            }
            connection.reply("500 Internal Server Error")
        }
        let key = PaymentKey(.capture, orderID: 1, placedAt: Timestamp(microsecondsSince1970: 1)).text
        #expect(
            seen.withLock(\.self) == [
                "POST /v1/payment_intents/pi_1/capture HTTP/1.1", "Bearer sk_test_1", PaymentGateway.version,
                "application/x-www-form-urlencoded", key, "amount_to_capture=1&expand%5B0%5D=latest_charge",
            ])
    }
}
