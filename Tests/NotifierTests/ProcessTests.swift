import BlockingTesting
import Concurrency
import ConcurrencyTesting
import Foundation
import JSON
import MySQL
import ServiceTesting
import SystemTesting
import Testing

@testable import Notifier

/// The program itself, ended in the middle of what it does.
@Suite(.blocking) struct ProcessTests {
    /// A plan of faults for the program (`FAULT_PLAN`).
    private final class Plan: Sendable {
        let folder: URL
        var path: String { folder.appendingPathComponent("plan").path }

        init(_ faults: String) throws {
            folder = FileManager.default.temporaryDirectory.appendingPathComponent("faults-\(UUID().uuidString)")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            try Data(faults.utf8).write(to: URL(fileURLWithPath: path))
        }

        deinit { try? FileManager.default.removeItem(at: folder) }
    }

    /// - Parameter sent: how often the first event may arrive.
    @Test(arguments: [
        ("deliveries.ingest.before-commit", 1...1), ("deliveries.ingest.after-commit", 1...1),
        ("webhooks.before-send", 1...1), ("webhooks.after-send", 2...2), ("deliveries.attempt.before-commit", 2...2),
        ("deliveries.attempt.after-commit", 1...1),
    ])
    func `a process that is killed anywhere loses nothing, and sends again only what it had not noted`(
        point: String, sent: ClosedRange<Int>
    ) throws {
        let feed = try ScriptedFeed()
        let receiver = try WebhookReceiver()
        let harness = try ServiceHarness(["ORDERS_API_BASE": feed.url])
        try harness.endpoint(receiver.url)
        let plan = try Plan("Notifier \(point) 1 exit\n")
        let environment = harness.environment.merging(["FAULT_PLAN": plan.path]) { $1 }
        let killed = try ServiceProcess("Notifier", environment: environment)
        defer { killed.end() }
        _ = try killed.waitForPort()
        feed.add(eventJSON(1, order: 1))
        #expect(try killed.waitForExit() == -SIGKILL, "\(killed.text)")
        // Its lease would be waited for.
        try harness.database.change("UPDATE lanes SET run_at = UTC_TIMESTAMP(6)")
        let next = try ServiceProcess("Notifier", environment: harness.environment)
        defer { next.end() }
        _ = try next.waitForPort()
        feed.add(eventJSON(2, order: 1))
        #expect(comesTrue { (try? harness.count("SELECT COUNT(*) FROM deliveries WHERE state = 'DELIVERED'")) == 2 })
        #expect(receiver.ids.last == eventID(2))
        #expect(sent ~= receiver.ids.count { $0 == eventID(1) }, "\(receiver.ids)")
        #expect(try harness.count("SELECT COUNT(*) FROM deliveries") == 2)
        #expect(try harness.count("SELECT COUNT(*) FROM lanes") == 0)
        #expect(try harness.count("SELECT MAX(number) FROM attempts") == 1)
    }

    /// What a reader's program knows the second message by.
    @Test(arguments: [("mail.before-send", 1), ("mail.after-send", 2)])
    func `a process that is killed while it sends mail sends it again under the same id`(
        point: String, count: Int
    ) throws {
        let (feed, mail) = (try ScriptedFeed(), try RunningMail())
        let harness = try ServiceHarness(mail.settings.merging(["ORDERS_API_BASE": feed.url]) { $1 })
        try harness.endpoint(body: #"{"channel":"mail","to":"a@shop.example"}"#)
        let plan = try Plan("Notifier \(point) 1 exit\n")
        let killed = try ServiceProcess(
            "Notifier", environment: harness.environment.merging(["FAULT_PLAN": plan.path]) { $1 })
        defer { killed.end() }
        _ = try killed.waitForPort()
        feed.add(wholeEventJSON(1, order: 1))
        #expect(try killed.waitForExit() == -SIGKILL, "\(killed.text)")
        try harness.database.change("UPDATE lanes SET run_at = UTC_TIMESTAMP(6)")
        try harness.endpoint(body: #"{"channel":"mail","to":"last@shop.example"}"#)
        harness.start()
        try harness.waitUntilDelivered()
        try harness.take([try wholeEvent(2, order: 2)])
        try harness.waitUntilDelivered()
        var ids: [String] = []
        while true {
            let message = try mail.read()
            if message["recipients"] == .array([.string("last@shop.example")]) { break }
            ids.append(message["headers"]?["message-id"]?.string ?? "")
        }
        #expect(ids.count { $0 == "<\(eventID(1)).1@shop.example>" } == count, "\(ids)")
    }

    @Test func `a service that is told to stop ends within seconds, though it waits for events`() throws {
        let feed = try ScriptedFeed()
        let harness = try ServiceHarness(["ORDERS_API_BASE": feed.url])
        let process = try ServiceProcess("Notifier", environment: harness.environment)
        defer { process.end() }
        _ = try process.waitForPort()
        #expect(feed.asked.wait { !$0.isEmpty })
        process.signal(SIGTERM)
        #expect(try process.waitForExit(seconds: 6) == 0, "\(process.text)")
    }

    /// The endpoint never answers; the next process sends again.
    @Test func `a service that is told to stop does not wait for an endpoint, and counts no attempt against it`() throws
    {
        let feed = try ScriptedFeed()
        let isReleased = Observed(false)
        let receiver = try WebhookReceiver { _, before in
            if before == 0 { isReleased.wait(withinMilliseconds: 30_000) { $0 } }
            return ("200 OK", [])
        }
        defer { isReleased.change { $0 = true } }
        let harness = try ServiceHarness(["ORDERS_API_BASE": feed.url, "WEBHOOK_RETRY_SECONDS": "0"])
        try harness.endpoint(receiver.url)
        let process = try ServiceProcess("Notifier", environment: harness.environment)
        defer { process.end() }
        _ = try process.waitForPort()
        feed.add(eventJSON(1, order: 1))
        #expect(receiver.wait(for: 1))
        process.signal(SIGTERM)
        #expect(try process.waitForExit(seconds: 7) == 0, "\(process.text)")
        #expect(harness.attempts().outcomes == ["interrupted"])
        #expect(try harness.states() == ["PENDING"])
        #expect(try harness.count("SELECT try_count FROM deliveries") == 0)
        #expect(try harness.count("SELECT COUNT(*) FROM endpoints WHERE failing_since IS NULL") == 1)
        harness.start()
        try harness.waitUntilDelivered()
        #expect(harness.attempts().outcomes == ["interrupted", "delivered 200"])
    }

    @Test func `a service without a key for secrets says so, and its help names the command for the feed`() throws {
        var environment = try ServiceHarness().environment
        environment["SECRETS_KEY"] = nil
        let process = try ServiceProcess("Notifier", environment: environment)
        #expect(try process.waitForExit() == 78)
        #expect(process.text.contains("SECRETS_KEY must be set"), "\(process.text)")
        let help = try ServiceProcess("Notifier", arguments: ["--help"], environment: environment)
        #expect(try help.waitForExit() == 0)
        #expect(help.text.contains("rewind-feed") && help.text.contains("WEBHOOK_RETRY_SECONDS"), "\(help.text)")
    }

    @Test func `the command for a feed that was put back goes on from what both know`() throws {
        let feed = try ScriptedFeed()
        let harness = try ServiceHarness(["ORDERS_API_BASE": feed.url])
        feed.state.change { $0.events = (1...5).map { eventJSON($0, order: 1) } }
        _ = harness.app.feed.runOnce()
        feed.state.change { $0.knownSeqMax = 3 }
        let command = try ServiceProcess("Notifier", arguments: ["rewind-feed"], environment: harness.environment)
        #expect(try command.waitForExit() == 0, "\(command.text)")
        #expect(try harness.count("SELECT seq FROM feed_cursor") == 3)
    }
}
