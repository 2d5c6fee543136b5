import ContractReading
import CustomerLookup
import JSON
import JSONSchemas
import RepositoryFiles
import Telemetry
import Testing

@testable import OrdersAPI

/// What writes, describes or shows an event says the same as `openapi/events.yaml`.
@Suite struct OrderEventContractTests {
    private let schemas: [(kind: OrderEvent.Kind, value: JSONValue)]

    init() throws {
        let document = try YAMLReader.read(try RepositoryFile("openapi/events.yaml").text())
        let references = OpenAPIReferences(document)
        schemas = try OrderEvent.Kind.allCases.map { kind in
            let messages = document["components"]?["messages"]?.object?.members ?? []
            let message = try #require(messages.first { $0.value["name"]?.string == kind.rawValue })
            return (kind, EventSchema.closed(try references.resolved(try #require(message.value["payload"]))))
        }
    }

    private func violations(of event: JSONValue) throws -> [String] {
        let kind = try #require(OrderEvent.Kind(rawValue: event["type"]?.string ?? ""), "\(event)")
        let schema = try #require(schemas.first { $0.kind == kind })
        return try JSONSchema(schema.value, location: kind.rawValue).violations(of: event)
    }

    private func order(
        _ status: Order.Status, version: Int64, _ reason: Order.CancelReason? = nil, lines: Int = 2, sku: String = "A"
    ) throws -> Order {
        let time = Timestamp(microsecondsSince1970: 1_764_450_000_123_456)
        let items = try (1...lines).map { number in
            OrderItem(
                productID: 9_007_199_254_740_991 - Int64(number), sku: try #require(StockKeepingUnit(sku)),
                name: "Chair",
                quantity: 200_000_000, unitPriceCents: 9_999_999_999, subtotalCents: 9_007_199_254_740_991)
        }
        var order = Order(
            id: 9_007_199_254_740_991, version: version,
            customer: CustomerSnapshot(id: 3, name: "Ana Paz", email: "ana@example.com", phone: "+593 1"),
            status: status,
            cancelReason: reason, totalCents: 9_007_199_254_740_991, items: items, createdAt: time,
            confirmedAt: status == .created ? nil : time, canceledAt: status == .canceled ? time : nil)
        if status == .rejected { order.rejectReason = .insufficientStock }
        return order
    }

    private func bytes(_ order: Order, after status: Order.Status?, traced: Bool = true) -> [UInt8] {
        let trace = TraceContext(continuing: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
        return JSONWriter.bytes(of: OrderEvent(order, after: status, traced ? trace : nil))
    }

    @Test func `the bytes of each kind of event are as the contract says, with no member that it lacks`() throws {
        let events = [
            bytes(try order(.created, version: 1), after: nil),
            bytes(try order(.confirmed, version: 2), after: .created),
            bytes(try order(.canceled, version: 3, .requested), after: .confirmed),
            bytes(try order(.canceled, version: 2, .expired), after: .created, traced: false),
            // As reconcile-events tells of orders that are older than events.
            bytes(try order(.confirmed, version: 1), after: nil, traced: false),
            bytes(try order(.canceled, version: 1), after: nil, traced: false),
            bytes(try order(.pending, version: 1), after: nil),
            bytes(try order(.stockReserved, version: 2), after: .pending),
            bytes(try order(.paid, version: 3), after: .stockReserved),
            bytes(try order(.confirmed, version: 4), after: .paid),
            bytes(try order(.rejected, version: 2), after: .pending),
            bytes(try order(.canceled, version: 2, .requested), after: .stockReserved),
        ]
        for event in events {
            let text = String(decoding: event, as: UTF8.self)
            #expect(try violations(of: try JSONParser.parse(event)) == [], "\(text)")
        }
    }

    @Test func `the largest event is as the contract says, and has at most 64 KiB`() throws {
        let largest = try order(
            .canceled, version: 4_294_967_295, .requested, lines: 200, sku: String(repeating: "S", count: 64))
        let event = bytes(largest, after: .confirmed)
        #expect(try violations(of: try JSONParser.parse(event)) == [])
        #expect(event.count <= 64 * 1024, "\(event.count)")
    }

    @Test func `the feed's contract describes the same events`() throws {
        let document = try OpenAPIContract("orders").document
        let schema = try #require(document["components"]?["schemas"]?["OrderEvent"])
        let described = EventSchema.closed(try OpenAPIReferences(document).resolved(schema))
        #expect(EventSchema.lines([described]) == EventSchema.lines(schemas.map(\.value)))
    }

    @Test func `each event that is shown is as the contract says`() throws {
        let documented = try RepositoryFile("docs/events.md").text().matches(of: /(?ms)^```json\n(.*?)^```/)
        var shown = try documented.map { try JSONParser.parse(Array($0.1.utf8)) }
        #expect(shown.count == 1)
        for name in ["orders", "notifier", "orchestrator"] {
            shown += events(in: try OpenAPIContract(name).document)
        }
        #expect(shown.count >= 7)
        for event in shown { #expect(try violations(of: event) == [], "\(event)") }
    }

    /// The order events among a document's values, at any depth.
    private func events(in value: JSONValue) -> [JSONValue] {
        switch value {
        case .object(let object):
            if object["specversion"]?.string != nil { return object["type"]?.string == "webhook.test" ? [] : [value] }
            return object.members.flatMap { events(in: $0.value) }
        case .array(let values): return values.flatMap(events)
        case .null, .bool, .integer, .decimal, .string: return []
        }
    }
}

/// Schemas of events in the languages of AsyncAPI (JSON Schema, draft 7) and of OpenAPI 3.0.
enum EventSchema {
    /// The same in the language of OpenAPI, with no members allowed but those that are described.
    static func closed(_ schema: JSONValue) -> JSONValue {
        guard case .object(let object) = schema else { return schema }
        var members = object.members.filter {
            !["type", "additionalProperties", "properties", "items"].contains($0.name)
        }
        switch object["type"] {
        case .array(let types):
            members += [("type", types[0]), ("nullable", .bool(true))]
        case .string("null"):
            members += [("type", .string("string")), ("nullable", .bool(true)), ("enum", .array([.null]))]
        case .some(let type): members.append(("type", type))
        case nil: break
        }
        if let properties = object["properties"]?.object {
            let closed = properties.members.map { ($0.name, EventSchema.closed($0.value)) }
            members += [("properties", .object(JSONObject(closed))), ("additionalProperties", .bool(false))]
        }
        if let items = object["items"] { members.append(("items", closed(items))) }
        return .object(JSONObject(members))
    }

    /// What the schemas allow together: each keyword's values with the place where it stands, in the order of the alphabet.
    static func lines(_ schemas: [JSONValue]) -> [String] { Set(schemas.flatMap { lines($0, at: "") }).sorted() }

    private static func lines(_ schema: JSONValue, at place: String) -> [String] {
        (schema.object?.members ?? []).flatMap { keyword -> [String] in
            switch (keyword.name, keyword.value) {
            case ("description", _), ("format", .string("int64")): return []
            case ("properties", .object(let properties)):
                return properties.members.flatMap {
                    ["\(place)/\($0.name)"] + lines($0.value, at: "\(place)/\($0.name)")
                }
            case ("items", let items): return lines(items, at: "\(place)[]")
            case (let name, .array(let values)): return values.map { "\(place) \(name) \(text(of: $0))" }
            case (let name, let value): return ["\(place) \(name) \(text(of: value))"]
            }
        }
    }

    private static func text(of value: JSONValue) -> String {
        String(decoding: JSONWriter.bytes(of: value), as: UTF8.self)
    }
}
