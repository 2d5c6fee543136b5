import JSON
import Telemetry

/// What an event tells people: read from its JSON as far as that is there, so that events yet to come can be told of, too.
struct OrderNotice: Sendable, Equatable {
    /// What happened, as far as there is a sentence of its own for it.
    enum Kind: Sendable, Equatable {
        case created
        case confirmed
        case canceled(CancelReason?)
        case rejected(RejectReason?)
        case stockReserved
        case paid
        /// Somebody asked for it, to see whether messages arrive.
        case test
        case other
    }

    enum CancelReason: String, Sendable {
        case requested
        case expired
    }

    enum RejectReason: String, Sendable {
        case insufficientStock = "insufficient-stock"
        case productInactive = "product-inactive"
        case paymentDeclined = "payment-declined"
        case paymentTimeout = "payment-timeout"
        case timedOut = "timed-out"
    }

    struct Line: Sendable, Equatable {
        let sku: String
        let quantity: Int64
        let unitPriceCents: Int64
        let subtotalCents: Int64
    }

    /// 20 lines of an order: a message of a screen or two, and below what Telegram takes.
    static let linesMax = 20
    /// Twice as deep as an event of ours may be, as it was read from the feed.
    private static let depthMax = 2 * JSONParser.depthMax
    /// 64 characters, as the Orders API has it.
    private static let skuLengthMax = 64
    private static let statusLengthMax = 32

    let kind: Kind
    let orderID: Int64?
    let customerID: Int64?
    /// As the Orders API calls it.
    let status: String?
    let totalCents: Int64?
    /// The first `linesMax`.
    let lines: [Line]
    /// Of all lines.
    let lineCount: Int
    /// When it happened.
    let time: Timestamp?
    let traceparent: String?

    init(
        kind: Kind, orderID: Int64? = nil, customerID: Int64? = nil, status: String? = nil, totalCents: Int64? = nil,
        lines: [Line] = [], lineCount: Int? = nil, time: Timestamp? = nil, traceparent: String? = nil
    ) {
        self.kind = kind
        self.orderID = orderID
        self.customerID = customerID
        self.status = status.map { OrderNotice.shown($0, lengthMax: OrderNotice.statusLengthMax) }
        self.totalCents = totalCents
        self.lines = Array(lines.prefix(OrderNotice.linesMax))
        self.lineCount = lineCount ?? lines.count
        self.time = time
        self.traceparent = traceparent
    }

    /// - Parameter event: a CloudEvent.
    init(event: [UInt8]) {
        let event = try? JSONParser.parse(event, depthMax: OrderNotice.depthMax)
        let data = event?["data"]
        let items = data?["items"]?.array ?? []
        self.init(
            kind: Kind(type: event?["type"]?.string ?? "", reason: data?["reason"]?.string),
            orderID: data?["order_id"]?.integer, customerID: data?["customer_id"]?.integer,
            status: data?["status"]?.string, totalCents: data?["total_cents"]?.integer,
            lines: items.prefix(OrderNotice.linesMax).compactMap(Line.init(_:)), lineCount: items.count,
            time: event?["time"]?.string.flatMap { Timestamp($0) }, traceparent: event?["traceparent"]?.string)
    }

    /// Visible ASCII of a bounded length: whatever a text holds, it makes no line of its own and hides nothing.
    fileprivate static func shown(_ text: String, lengthMax: Int) -> String {
        let characters = text.unicodeScalars.map { 0x21...0x7E ~= $0.value ? Character($0) : "?" }
        guard characters.count > lengthMax else { return String(characters) }
        return String(characters.prefix(lengthMax - 1)) + "…"
    }
}

extension OrderNotice.Kind {
    fileprivate init(type: String, reason: String?) {
        switch type {
        case EventType.created.rawValue: self = .created
        case EventType.confirmed.rawValue: self = .confirmed
        case EventType.canceled.rawValue: self = .canceled(reason.flatMap(OrderNotice.CancelReason.init))
        case EventType.stockReserved.rawValue: self = .stockReserved
        case EventType.paid.rawValue: self = .paid
        case EventType.rejected.rawValue: self = .rejected(reason.flatMap(OrderNotice.RejectReason.init))
        case TestEvent.type: self = .test
        default: self = .other
        }
    }
}

extension OrderNotice.Line {
    /// - Returns: nil for what is no line of an order.
    fileprivate init?(_ item: JSONValue) {
        guard let sku = item["sku"]?.string, let quantity = item["qty"]?.integer,
            let unitPriceCents = item["unit_price_cents"]?.integer, let subtotalCents = item["subtotal_cents"]?.integer
        else { return nil }
        self.init(
            sku: OrderNotice.shown(sku, lengthMax: OrderNotice.skuLengthMax), quantity: quantity,
            unitPriceCents: unitPriceCents, subtotalCents: subtotalCents)
    }
}
