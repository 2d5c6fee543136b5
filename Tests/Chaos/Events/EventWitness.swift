import Concurrency
import HTTPMessages
import JSON
import MySQL
import RabbitTesting
import SeededRandom
import SystemTesting
import WebhookSignatures

/// Hears of every order by webhook and by RabbitMQ, and says in the end whether it heard all, once and in order.
final class EventWitness: Sendable {
    private static let exchange = "orchestrator.events"
    private static let queue = "chaos"
    private static let endpointCount = 3
    /// So long deliveries that failed last are waited for: the last pauses of the schedule, and what a kill leaves leased.
    private static let quietSeconds = 120

    let broker: RabbitServer
    private let endpoints: [MoodyEndpoint]
    private let pika: PikaClient

    init(seed: SeededRandom) throws {
        broker = try RabbitServer()
        pika = PikaClient(broker)
        endpoints = try (0..<EventWitness.endpointCount).map { try MoodyEndpoint(seed.stream(.endpoint($0))) }
    }

    /// What the services have to be told.
    var settings: [RunningSystem.Service: [String: String]] {
        [
            .orders: ["AMQP_URL": broker.url()],
            // A dozen attempts, each a second after the last: more than a storm refuses, and the end is soon.
            .notifier: [
                "AMQP_URL": broker.url(),
                "WEBHOOK_RETRY_SECONDS": Array(repeating: "1", count: 20).joined(separator: ","),
            ],
        ]
    }

    /// Begins to listen.
    func begin(_ system: RunningSystem) throws {
        try pika.declareQueue(
            EventWitness.queue, exchange: EventWitness.exchange, routingKey: "order.#",
            arguments: #"{"x-queue-type": "quorum"}"#)
        for endpoint in endpoints {
            let reply = try system.notifier.send(
                .post, "/admin/webhooks/create-endpoint", #"{"url":"\#(endpoint.url)"}"#)
            guard let secret = reply.data["secret"]?.string.flatMap({ SigningSecret($0) }) else {
                throw ServiceProcess.Failure(description: "No endpoint could be made: \(reply.status) \(reply.json)")
            }
            endpoint.expect(secret)
        }
    }

    /// Has all endpoints take everything, and waits until there is nothing left to send.
    func settle(_ system: RunningSystem) throws {
        calm()
        try waitUntil(seconds: EventWitness.quietSeconds) { try system.isQuiet() }
    }

    /// Has all endpoints take everything.
    func calm() { for endpoint in endpoints { endpoint.calm() } }

    func stop() { for endpoint in endpoints { endpoint.stop() } }

    /// What was heard, against the log.
    func report(_ system: RunningSystem, _ database: Database) throws -> EventReport {
        let log = try EventReport.log(database)
        var violations: [String] = []
        var repetitions = 0
        for (number, endpoint) in endpoints.enumerated() {
            let name = "Endpoint \(number)"
            violations += endpoint.flaws.map { "\(name): \($0)" }
            let arrivals = endpoint.arrivals
            let heard = arrivals.map { EventReport.Key(orderID: $0.orderID, version: $0.version) }
            for arrival in arrivals
            where log[.init(orderID: arrival.orderID, version: arrival.version)]?.body != arrival.body {
                violations.append("\(name) was sent other bytes of order \(arrival.orderID) than the log has.")
            }
            violations += EventReport.violations(of: heard, log, name)
            repetitions += heard.count - Set(heard).count
        }
        let dead = try system.count("SELECT COUNT(*) FROM deliveries WHERE state <> 'DELIVERED'")
        if dead > 0 {
            violations.append("\(dead) deliveries are not delivered, though every endpoint takes everything now.")
        }
        let byID = Dictionary(uniqueKeysWithValues: log.map { ($0.value.id, $0.key) })
        let messages = try pika.drain(EventWitness.queue)
        let published = messages.compactMap { message in message.message_id.flatMap { byID[$0] } }
        if published.count != messages.count { violations.append("A message is of no event.") }
        violations += EventReport.violations(of: published, log, "The queue")
        let moods = endpoints.reduce(into: MoodyEndpoint.Moods()) { $0.merge($1.moods, uniquingKeysWith: +) }
        return EventReport(
            eventCount: log.count, repetitions: repetitions, messageRepetitions: published.count - Set(published).count,
            moods: moods, violations: violations)
    }
}
