import BlockingTesting
import Concurrency
import ServiceTesting
import Telemetry
import Testing

/// How often the services wait for the database: most of what an order costs.
@Suite(.blocking) struct RoundTripTests {
    private let backend: Backend
    private let spans = Lock<[Span]>([])

    init() throws {
        backend = try Backend(
            settings: ["CUSTOMER_CACHE_TTL_MS": "60000"],
            spans: SpanSink { [spans] span in spans.withLock { $0.append(span) } })
    }

    /// The statements of `call` when it is made for the second time: the first opens connections and asks for the customer.
    private func statements(_ call: (_ key: String) -> Reply) -> [String] {
        for key in ["first", "second"] {
            spans.withLock { $0 = [] }
            let reply = call(key)
            #expect(reply.status == 201 || reply.status == 200, "\(reply)")
        }
        return spans.withLock { $0 }.compactMap { if case .text(let text) = $0["db.query.text"] { text } else { nil } }
    }

    private func body(_ key: String) -> String {
        callBody(backend.ana, [(backend.chair, 1), (backend.table, 1)], key: key)
    }

    @Test func `creating an order of two lines under a key takes six, and two for its event`() {
        let texts = statements { backend.orders.with(key: $0).post("/admin/orders/create-order", body("x")) }
        #expect(texts.count <= 8, "\(texts)")
    }

    @Test func `confirming takes four, and two for its event`() {
        let texts = statements { key in
            let order = backend.orders.post("/admin/orders/create-order", body("x"))
            spans.withLock { $0 = [] }
            return backend.orders.with(key: key).post("/admin/orders/\(order.id)/confirm")
        }
        #expect(texts.count <= 6, "\(texts)")
    }

    @Test func `an orchestration takes no more than its two steps`() throws {
        let client = try backend.harness(["CUSTOMER_CACHE_TTL_MS": "60000"]).client
        let texts = statements { client.post(ServiceHarness.path, body($0)) }
        #expect(texts.count <= 14, "\(texts)")
    }

    @Test func `a repetition rolls its attempt back, and reads the reply once`() {
        let texts = statements { _ in backend.orders.with(key: "same").post("/admin/orders/create-order", body("x")) }
        #expect(texts.count <= 6, "\(texts)")
    }
}
