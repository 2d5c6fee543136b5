import BlockingTesting
import Concurrency
import ConcurrencyTesting
import CustomerAccess
import HTTPMessages
import JSON
import Telemetry
import Testing
import TokenTesting

/// An identity provider that publishes its keys, and does not always do so well.
@Suite(.blocking) struct PublishedKeyTests {
    private struct Tokens {
        /// By the RSA key, under the kid `rsa`.
        let rsa: String
        /// By the key of P-256, under the kid `p256`.
        let p256: String
        /// Under a kid that nobody has.
        let unknown: String
        /// By the secret.
        let secret: String

        init() throws {
            let keys = try TestKeys.shared()
            let payload = #"{"exp":1800000600,"customer_id":17}"#
            let made = try PyJWT.run([
                .craft(header: #"{"alg":"RS256","kid":"rsa"}"#, payload: payload, keys.rsa.privateJWK, "RS256"),
                .craft(header: #"{"alg":"ES256","kid":"p256"}"#, payload: payload, keys.p256.privateJWK, "ES256"),
                .craft(header: #"{"alg":"RS256","kid":"nobody"}"#, payload: payload, keys.rsa.privateJWK, "RS256"),
                .craft(header: #"{"alg":"HS256"}"#, payload: payload, .string(AccessHarness.secret), "HS256"),
            ])
            (rsa, p256, unknown, secret) = (made[0], made[1], made[2], made[3])
        }
    }

    private let tokens: Tokens
    private let keys: TestKeys
    private let clock = ManualClock()

    /// Made once: a program of its own for each test takes longer than the test.
    private static let made = Result { try Tokens() }

    init() throws {
        tokens = try Self.made.get()
        keys = try TestKeys.shared()
    }

    private var rsaOnly: [UInt8] { TestKeys.set([keys.rsa.published(kid: "rsa")]) }
    private var both: [UInt8] { TestKeys.set([keys.rsa.published(kid: "rsa"), keys.p256.published(kid: "p256")]) }

    private func harness(_ server: KeyServer) throws -> AccessHarness {
        try AccessHarness(["JWKS_URL": server.url, "JWT_SECRET": AccessHarness.secret], clock: clock.clock)
    }

    private func withServer(_ published: [UInt8], _ body: (KeyServer, AccessHarness) throws -> Void) throws {
        let server = try KeyServer(published)
        defer { server.stop() }
        try body(server, try harness(server))
    }

    private func expectUnavailable(_ response: Response) {
        #expect(response.status == .serviceUnavailable)
        #expect(response.code == "keys-unavailable")
        #expect(response.json?["retryable"] == .bool(true))
        #expect(response.headers["Retry-After"] == "1")
    }

    @Test func `until the keys were read a token may be good, and after that is`() throws {
        try withServer(rsaOnly) { server, harness in
            expectUnavailable(harness.get(tokens.rsa))
            #expect(harness.get(tokens.secret).status == .ok)
            #expect(harness.get("x").status == .unauthorized)
            harness.access.workers[0].runOnce()
            #expect(harness.get(tokens.rsa).status == .ok)
            #expect(server.requests.value == ["/keys?tenant=1"])
        }
    }

    @Test func `a key that is new is found, a minute after the last reading`() throws {
        try withServer(rsaOnly) { server, harness in
            harness.access.workers[0].runOnce()
            #expect(harness.get(tokens.p256).status == .unauthorized)
            server.publish(both)
            clock.advance(milliseconds: 59_999)
            #expect(harness.get(tokens.p256).status == .unauthorized)
            harness.access.workers[0].runOnce()
            #expect(server.requests.value.count == 1)
            clock.advance(milliseconds: 1)
            expectUnavailable(harness.get(tokens.p256))
            harness.access.workers[0].runOnce()
            #expect(harness.get(tokens.p256).status == .ok)
            #expect(server.requests.value.count == 2)
        }
    }

    @Test func `a key that is gone is good for an hour at most`() throws {
        try withServer(both) { server, harness in
            harness.access.workers[0].runOnce()
            #expect(harness.get(tokens.p256).status == .ok)
            server.publish(rsaOnly)
            clock.advance(milliseconds: 3_600_000)
            harness.access.workers[0].runOnce()
            #expect(harness.get(tokens.p256).status == .unauthorized)
            #expect(harness.get(tokens.rsa).status == .ok)
        }
    }

    @Test func `keys are believed for a day while the provider is away, and read again when it is back`() throws {
        try withServer(both) { server, harness in
            harness.access.workers[0].runOnce()
            server.publish([], status: "503 Service Unavailable")
            clock.advance(milliseconds: 86_399_999)
            harness.access.workers[0].runOnce()
            #expect(harness.get(tokens.p256).status == .ok)
            clock.advance(milliseconds: 1)
            #expect(harness.get(tokens.p256).status == .serviceUnavailable)
            server.publish(both)
            clock.advance(milliseconds: 60_000)
            harness.access.workers[0].runOnce()
            #expect(harness.get(tokens.p256).status == .ok)
        }
    }

    @Test func `a thousand tokens of an unknown key have it asked once`() throws {
        try withServer(rsaOnly) { server, harness in
            let worker = harness.access.workers[0]
            #expect(worker.start())
            defer {
                worker.requestStop()
                #expect(worker.waitForEnd(by: .after(milliseconds: 10_000)))
            }
            #expect(comesTrue { harness.get(tokens.rsa).status == .ok })
            clock.advance(milliseconds: 60_000)
            server.isOpen.change { $0 = false }
            let statuses = Lock<[Int: Int]>([:])
            let threads = (0..<8).compactMap { _ in
                Thread.start {
                    for _ in 0..<125 {
                        let code = harness.get(tokens.unknown).status.code
                        statuses.withLock { $0[code, default: 0] += 1 }
                    }
                }
            }
            for thread in threads { thread.join() }
            #expect(statuses.withLock { $0 } == [503: 1000])
            #expect(server.requests.wait { $0.count == 2 })
            // Whose key is known does not wait for it.
            #expect(harness.get(tokens.rsa).status == .ok)
            server.isOpen.change { $0 = true }
            #expect(comesTrue { harness.get(tokens.unknown).status == .unauthorized })
            #expect(server.requests.value.count == 2)
        }
    }

    /// Each of these takes no more than a reading may, and leaves the keys that were known.
    @Test(arguments: [
        "10 MB", "10 MB without a length", "garbage", "no usable key", "503", "302", "404", "nothing",
        "a byte at a time",
    ])
    func `a provider that fails takes nothing away`(failure: String) throws {
        try withServer(rsaOnly) { server, harness in
            harness.access.workers[0].runOnce()
            switch failure {
            case "10 MB": server.publish([UInt8](repeating: 0x20, count: 10_000_000))
            case "10 MB without a length":
                server.publish(
                    Array("A00000\r\n".utf8) + [UInt8](repeating: 0x20, count: 0xA00000) + Array("\r\n0\r\n\r\n".utf8),
                    headers: ["Transfer-Encoding: chunked"])
            case "garbage": server.publish(Array("<html>Sign in</html>".utf8))
            case "no usable key": server.publish(TestKeys.set([keys.shortRSA.publicJWK]))
            case "302": server.publish(both, status: "302 Found", headers: ["Location: \(server.url)"])
            case "nothing": server.stop()
            case "a byte at a time": server.drip()
            default: server.publish(both, status: "\(failure) No")
            }
            clock.advance(milliseconds: 3_600_000)
            let start = Deadline.nowUptimeNanoseconds()
            harness.access.workers[0].runOnce()
            #expect(Deadline.nowUptimeNanoseconds() - start < 6_000_000_000)
            #expect(harness.get(tokens.rsa).status == .ok)
            // It may be a key that could not be read.
            expectUnavailable(harness.get(tokens.p256))
            #expect(harness.metrics.prometheusText().contains(#"jwks_readings_total{outcome="failed"} 1"#))
            server.publish(both)
            guard failure != "nothing" else { return }
            clock.advance(milliseconds: 60_000)
            harness.access.workers[0].runOnce()
            #expect(harness.get(tokens.p256).status == .ok)
        }
    }

    @Test func `a provider that is slow keeps no request waiting`() throws {
        try withServer(rsaOnly) { server, harness in
            server.isOpen.change { $0 = false }
            let worker = harness.access.workers[0]
            #expect(worker.start())
            defer {
                worker.requestStop()
                #expect(worker.waitForEnd(by: .after(milliseconds: 10_000)))
            }
            #expect(server.requests.wait { $0.count == 1 })
            let start = Deadline.nowUptimeNanoseconds()
            for _ in 0..<100 { expectUnavailable(harness.get(tokens.rsa)) }
            #expect(Deadline.nowUptimeNanoseconds() - start < 2_000_000_000)
            #expect(harness.get(tokens.secret).status == .ok)
            #expect(comesTrue { harness.metrics.prometheusText().contains(#"outcome="failed"} 1"#) })
            expectUnavailable(harness.get(tokens.rsa))
        }
    }
}
