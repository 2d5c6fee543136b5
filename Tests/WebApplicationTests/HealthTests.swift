import BlockingTesting
import Concurrency
import ConcurrencyTesting
import HTTPMessages
import JSON
import Telemetry
import Testing
import WebApplication

@Suite(.blocking) struct HealthTests {
    private func harness(_ health: Health, _ metrics: Metrics = Metrics()) -> Harness {
        Harness(routes: ServiceRoutes(name: "test-api", version: "1.0.0", health: health, metrics: metrics).routes)
    }

    private let token: HeaderFields = ["Authorization": "Bearer api-1"]

    @Test(arguments: ["/", "/health"]) func `a service says what it is`(path: String) {
        let response = harness(Health([])).respond(.get, path)
        #expect(response.status == .ok)
        #expect(
            String(decoding: response.body, as: UTF8.self) == #"{"name":"test-api","version":"1.0.0","status":"ok"}"#)
    }

    @Test func `liveness asks nothing`() {
        let health = Health([
            HealthCheck("database") { _ in
                Issue.record("A check was asked.")
                return nil
            }
        ])
        let response = harness(health).respond(.get, "/health/live")
        #expect(String(decoding: response.body, as: UTF8.self) == #"{"status":"live"}"#)
    }

    @Test func `only what asks nothing is answered on the thread that reads`() {
        let application = harness(Health([])).application
        #expect(application.answersAtOnce(Request(.get, "/health/live")))
        for (method, target) in [
            (HTTPMessages.Method.get, "/health/ready"), (.get, "/metrics"), (.get, "/health/live?a"), (.get, "/"),
            (.post, "/health/live"), (.options, "/health/live"),
        ] {
            #expect(!application.answersAtOnce(Request(method, target)), "\(method) \(target)")
        }
    }

    @Test func `a service whose checks pass is ready`() {
        let response = harness(Health([HealthCheck("database") { _ in nil }])).respond(.get, "/health/ready")
        #expect(response.status == .ok)
        #expect(String(decoding: response.body, as: UTF8.self) == #"{"status":"ready"}"#)
    }

    @Test func `a service with a failing check is not ready and names it without its reason`() {
        let health = Health([HealthCheck("database") { _ in "inner reason" }, HealthCheck("other") { _ in nil }])
        let response = harness(health).respond(.get, "/health/ready")
        #expect(response.status == .serviceUnavailable)
        #expect(response.code == "not-ready")
        #expect(response.headers["Retry-After"] == "1")
        #expect(response.json?["detail"] == .string("Not available: database."))
    }

    @Test func `a check that does not decide shows in the details, and the service is ready`() {
        let harness = harness(
            Health([HealthCheck("a") { _ in nil }, HealthCheck("feed", decidesReadiness: false) { _ in "behind" }]))
        #expect(harness.respond(.get, "/health/ready").status == .ok)
        let details = String(decoding: harness.respond(.get, "/health/detailed", token).body, as: UTF8.self)
        #expect(details.contains(#""status":"fail","checks""#), "\(details)")
        #expect(
            details.contains(#"{"name":"feed","status":"fail","detail":"behind","latency_ms":"#), "\(details)")
    }

    @Test func `a draining service is alive and not ready`() {
        let health = Health([])
        let harness = harness(health)
        #expect(harness.respond(.get, "/health/ready").status == .ok)
        health.beginDraining()
        #expect(health.isDraining)
        #expect(harness.respond(.get, "/health/ready").code == "shutting-down")
        #expect(harness.respond(.get, "/health/live").status == .ok)
    }

    @Test func `the details need a token and show each check`() {
        let health = Health([HealthCheck("a") { _ in "broken" }, HealthCheck("b") { _ in nil }])
        let harness = harness(health)
        #expect(harness.respond(.get, "/health/detailed").status == .unauthorized)
        let response = harness.respond(.get, "/health/detailed", token)
        #expect(response.status == .ok)
        #expect(response.json?["status"] == .string("fail"))
        let checks = response.json?["checks"]?.array ?? []
        #expect(checks.map { $0["name"]?.string } == ["a", "b"])
        #expect(checks.map { $0["status"]?.string } == ["fail", "pass"])
        #expect(checks.map { $0["detail"]?.string } == ["broken", "available"])
        #expect(checks.allSatisfy { $0.object?.members.map(\.name) == ["name", "status", "detail", "latency_ms"] })
    }

    @Test func `a check shows how long it took, and what stands between`() throws {
        var details = HealthDetails()
        details.circuit = "half-open"
        details.callers = (2, 8)
        details.pool = (1, 2, 3, 4)
        let shown = details
        let health = Health([
            HealthCheck("a") { _ in
                Thread.sleep(milliseconds: 30)
                return nil
            } details: {
                shown
            }
        ])
        let response = harness(health).respond(.get, "/health/detailed", token)
        let text = String(decoding: response.body, as: UTF8.self)
        #expect(
            text.hasSuffix(
                #""circuit":"half-open","callers":{"waiting":2,"max":8},"pool":{"used":1,"idle":2,"waiting":3,"max":4}}]}"#
            ), "\(text)")
        let check = try #require(response.json?["checks"]?.array?.first)
        #expect(check["latency_ms"]?.integer.map { 30..<10_000 ~= $0 } == true, "\(text)")
    }

    @Test func `readiness asks for nothing that does not decide it`() {
        let asked = Lock(0)
        let health = Health([
            HealthCheck("a") { _ in nil },
            HealthCheck("slow", decidesReadiness: false) { _ in
                asked.withLock { $0 += 1 }
                return "down"
            },
        ])
        let harness = harness(health)
        for _ in 0..<3 { #expect(harness.respond(.get, "/health/ready").status == .ok) }
        #expect(asked.withLock { $0 } == 0)
        #expect(harness.respond(.get, "/health/detailed", token).json?["status"] == .string("fail"))
        #expect(asked.withLock { $0 } == 1)
    }

    @Test func `a check that takes all its time leaves the next one its own`() {
        let given = Lock<[Int]>([])
        let check: @Sendable (Deadline) -> String? = { deadline in
            given.withLock { $0.append(deadline.remainingMilliseconds) }
            Thread.sleep(milliseconds: max(deadline.remainingMilliseconds, 0))
            return "down"
        }
        _ = Health([HealthCheck("a", failure: check), HealthCheck("b", failure: check)]).readiness()
        let times = given.withLock { $0 }
        #expect(times.count == 2 && times[0] <= 450 && times[1] >= 1, "\(times)")
    }

    @Test func `checks are asked once however often the service is`() {
        let asked = Lock(0)
        let health = Health([
            HealthCheck("a") { _ in
                asked.withLock { $0 += 1 }
                return nil
            }
        ])
        for _ in 0..<50 { _ = health.report() }
        #expect(asked.withLock { $0 } == 1)
    }

    @Test func `checks are asked anew after a second`() {
        let time = ManualClock()
        let answers = Lock<[String?]>([nil, "down", "still down"])
        let health = Health([HealthCheck("a") { _ in answers.withLock { $0.removeFirst() } }], clock: time.clock)
        #expect(health.report().isHealthy)
        time.advance(milliseconds: 999)
        #expect(health.report().isHealthy)
        time.advance(milliseconds: 1)
        #expect(health.report().results.map(\.failure) == ["down"])
        time.advance(milliseconds: 5000)
        #expect(health.report().results.map(\.failure) == ["still down"])
    }

    @Test func `checks are asked once by however many at once`() throws {
        let asked = Lock(0)
        let mayAnswer = Observed(false)
        let health = Health([
            HealthCheck("a") { _ in
                asked.withLock { $0 += 1 }
                mayAnswer.wait { $0 }
                return "down"
            }
        ])
        let begun = Observed(0)
        let reports = Lock<[Bool]>([])
        let threads = try (0..<16).map { _ in
            try #require(
                Thread.start {
                    begun.change { $0 += 1 }
                    let isHealthy = health.report().isHealthy
                    reports.withLock { $0.append(isHealthy) }
                })
        }
        #expect(begun.wait { $0 == 16 })
        mayAnswer.change { $0 = true }
        threads.forEach { $0.join() }
        #expect(asked.withLock { $0 } == 1)
        #expect(reports.withLock { $0 } == Array(repeating: false, count: 16))
    }

    @Test func `a check is told when its answer must be out`() {
        let health = Health([HealthCheck("a") { $0.remainingMilliseconds <= 900 && !$0.hasPassed ? nil : "no limit" }])
        #expect(health.report().isHealthy)
    }

    @Test func `the measurements are Prometheus text`() {
        let metrics = Metrics()
        metrics.increment(Metrics.Definition("things_total", "Things.", .counter))
        let response = harness(Health([]), metrics).respond(.get, "/metrics")
        #expect(response.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8")
        #expect(String(decoding: response.body, as: UTF8.self) == metrics.prometheusText())
    }
}
