import Concurrency
import ConcurrencyTesting
import DatabaseTesting
@testable import DatabaseWebService
import JSON
import MySQL
import ServiceTesting
import Settings
import Telemetry
import Testing

@testable import Notifier

/// The Notifier on a schema of its own, as `serve` would put it together, without its port.
final class ServiceHarness: Sendable {
    static let secretsKey = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="

    let app: NotifierApp
    let client: ApplicationClient
    var database: Database { app.base.database }
    private let schema: TestSchema
    private let settings: [String: String]
    private let workers = Lock<[Worker]>([])

    /// - Parameters:
    ///   - other: another instance, to share its schema.
    ///   - schema: one of another server than the tests'.
    ///   - channel: what delivers in place of HTTP.
    init(
        _ settings: [String: String] = [:], sharing other: ServiceHarness? = nil, on schema: TestSchema? = nil,
        channel: (any DeliveryChannel)? = nil
    ) throws {
        self.schema = try other?.schema ?? schema ?? TestDatabase.makeSchema()
        let defaults = [
            "SECRETS_KEY": ServiceHarness.secretsKey, "WEBHOOK_ALLOWED_NETWORKS": "127.0.0.0/8",
            "WEBHOOK_RETRY_SECONDS": "0,0,0", "LOG_LEVEL": "error",
        ]
        self.settings = self.schema.environment.merging(defaults) { $1 }.merging(settings) { $1 }
        var reader = EnvironmentReader(self.settings)
        let config = try NotifierConfig(&reader)
        app = channel.map { NotifierApp(config, channel: $0) } ?? NotifierApp(config)
        client = ApplicationClient(app.base.application(routes: app.routes))
        try #require(app.base.startup.runOnce() && app.base.startup.isCurrent)
    }

    deinit {
        stop()
        database.close()
    }

    /// What a process of this instance is started with.
    var environment: [String: String] { settings.merging(["LOG_LEVEL": "info"]) { $1 } }

    /// Begins to deliver, in the background.
    func start(_ others: [Worker] = []) {
        let started = [app.dispatcher.worker] + app.senders + others
        for worker in started { _ = worker.start() }
        workers.withLock { $0 += started }
    }

    func stop() {
        let stopped = workers.withLock { workers in
            defer { workers = [] }
            return workers
        }
        for worker in stopped { worker.requestStop() }
        for worker in stopped { _ = worker.waitForEnd(by: .after(milliseconds: 20_000)) }
    }

    /// A new endpoint, its secret beside it.
    @discardableResult
    func endpoint(_ url: String, types: [String]? = nil) throws -> (id: Int64, secret: String) {
        let body = JSONWriter.object { writer in
            writer.member("url", url)
            writer.member("types", types)
        }
        let reply = client.post("/admin/webhooks/create-endpoint", String(decoding: body, as: UTF8.self))
        try #require(reply.status == 201, "\(reply)")
        return (reply.id, try #require(reply.data["secret"]?.string))
    }

    /// A new endpoint of any channel.
    @discardableResult
    func endpoint(body: String) throws -> Int64 {
        let reply = client.post("/admin/webhooks/create-endpoint", body)
        try #require(reply.status == 201, "\(reply)")
        return reply.id
    }

    /// A delivery's attempts, the oldest first, as `outcome` or `outcome status`, and what was kept of the answers.
    func attempts(_ delivery: Int64 = 1) -> (outcomes: [String], replies: [String]) {
        let attempts = client.get("/admin/deliveries/find-one/\(delivery)").data["attempts"]?.array?.reversed() ?? []
        let outcomes = attempts.map { attempt in
            [attempt["outcome"]?.string, attempt["status"]?.integer.map { String($0) }].compactMap { $0 }
                .joined(separator: " ")
        }
        return (outcomes, attempts.map { $0["reply"]?.string ?? "" })
    }

    /// Takes events as one page of the feed, and has them delivered where something is started.
    @discardableResult
    func take(_ events: [FeedEvent]) throws -> FeedIngest.Outcome {
        let last = events.last?.seq ?? 0
        let page = FeedPage(events: events, nextPosition: "\(last)-\(eventID(last))", hasNext: false)
        let outcome = try app.ingest.take(page, by: .after(milliseconds: 20_000))
        app.wake.noteQueued()
        return outcome
    }

    func count(_ sql: SQL) throws -> Int64 { try database.number(sql) ?? -1 }

    func states(_ sql: SQL = "1 = 1") throws -> [String] {
        try database.read(by: .after(milliseconds: 20_000)) {
            (session: borrowing ReadSession<DatabaseError>) throws(DatabaseError) in
            try session.query("SELECT state FROM deliveries WHERE \(sql) ORDER BY id") { (row) throws(DatabaseError) in
                try row.string("state")
            }
        }
    }

    /// Waits until no delivery is waiting.
    func waitUntilDelivered(withinMilliseconds milliseconds: Int = 20_000) throws {
        let deadline = Deadline.after(milliseconds: milliseconds)
        while try count("SELECT COUNT(*) FROM lanes") > 0 {
            try #require(!deadline.hasPassed, "lanes are left")
            Thread.sleep(milliseconds: 10)
        }
    }
}

/// A UUID that ends with a number.
func eventID(_ number: Int64) -> String {
    let digits = String(number)
    return "00000000-0000-4000-8000-" + String(repeating: "0", count: 12 - digits.count) + digits
}

/// One line of an order's event.
func itemJSON(_ sku: String, qty: Int64 = 2, cents: Int64 = 1290) -> String {
    """
    {"product_id":1,"sku":"\(sku)","qty":\(qty),"unit_price_cents":\(cents),"subtotal_cents":\(qty * cents)}
    """
}

/// An event with all that the Orders API tells of an order.
func wholeEventJSON(
    _ seq: Int64, order: Int64, type: String = "order.created", customer: Int64 = 3, status: String = "CREATED",
    reason: String? = nil, totalCents: Int64 = 2580, items: [String] = [itemJSON("SKU-CHAIR-01")]
) -> String {
    """
    {"specversion":"1.0","id":"\(eventID(seq))","source":"/orders-api","type":"\(type)","subject":"orders/\(order)",\
    "time":"2026-11-29T20:31:12.123456Z","data":{"order_id":\(order),"customer_id":\(customer),"version":1,\
    "status":"\(status)","reason":\(reason.map { "\"\($0)\"" } ?? "null"),"total_cents":\(totalCents),\
    "items":[\(items.joined(separator: ","))]}}
    """
}

func wholeEvent(
    _ seq: Int64, order: Int64, type: String = "order.created", customer: Int64 = 3, status: String = "CREATED"
) throws -> FeedEvent {
    let json = wholeEventJSON(seq, order: order, type: type, customer: customer, status: status)
    return FeedEvent(seq: seq, event: try JSONParser.parse(Array(json.utf8)))
}

/// An event as the Orders API writes it.
func eventJSON(_ seq: Int64, order: Int64, type: String = "order.created", version: Int64 = 1) -> String {
    """
    {"specversion":"1.0","id":"\(eventID(seq))","source":"/orders-api","type":"\(type)","subject":"orders/\(order)",\
    "time":"2026-11-29T20:31:12.123456Z","datacontenttype":"application/json","partitionkey":"\(order)",\
    "sequence":"\(version)","data":{"order_id":\(order),"customer_id":3,"version":\(version),"status":"CREATED"}}
    """
}

func event(_ seq: Int64, order: Int64, type: String = "order.created") throws -> FeedEvent {
    FeedEvent(seq: seq, event: try JSONParser.parse(Array(eventJSON(seq, order: order, type: type).utf8)))
}
