import Concurrency
import Glibc
import HTTPMessages
import JSON
import MySQL
import Telemetry
import WebApplication

// Does one operation again and again, for `scripts/bench instructions` to count what each takes. What it computes is of no use to
// anybody; that all of it is used keeps the compiler from leaving it out.

let requestBytes = Array(
    [
        "POST /admin/orders/create-order HTTP/1.1", "Host: orders.internal:3002",
        "Authorization: Bearer 0123456789abcdef",
        "Content-Type: application/json", "X-Idempotency-Key: 0b8a5f7c-2f3e-4a57-9a50-0d7f1d1c2b3a",
        "X-Request-Timeout-Ms: 5000", "Content-Length: 77", "",
        #"{"customer_id":7,"items":[{"product_id":1,"qty":2},{"product_id":9,"qty":1}]}"#,
    ].joined(separator: "\r\n").utf8)

let orderBytes = Array(
    """
    {"data":{"id":17,"status":"CREATED","customer":{"id":7,"name":"Ana Torres","email":"ana@example.com"},"total_cents":2530,
    "items":[{"product_id":1,"qty":2,"unit_price_cents":1000,"subtotal_cents":2000},
    {"product_id":9,"qty":1,"unit_price_cents":530,"subtotal_cents":530}],"created_at":"2026-11-29T10:00:00.000001Z"}}
    """.utf8)

let application = Application(
    routes: [
        Route("postFixed", .post, "/fixed", access: .apiToken) { _, _ in
            .json(.ok) { $0.member("status", "live") }
        }
    ],
    tokens: AccessTokens(service: [], api: ["0123456789abcdef"]), crossOrigin: CrossOriginPolicy(origins: []),
    logger: Logger(service: "bench", level: .error), metrics: Metrics())

let order = try JSONParser.parse(orderBytes)
let operations: [(name: String, run: () throws -> Int)] = [
    (
        "read-request",
        {
            var reader = RequestReader(MessageLimits())
            requestBytes.withUnsafeBytes { reader.append($0) }
            guard case .whole(let request, _) = reader.next() else { fatalError("It is not whole.") }
            return request.body.count
        }
    ),
    (
        "answer-request",
        {
            let request = Request(
                .post, "/fixed",
                headers: [
                    "Host": "127.0.0.1:3002", "Authorization": "Bearer 0123456789abcdef",
                    "Content-Type": "application/json",
                ], body: orderBytes)
            let metadata = RequestMetadata(
                receivedAtUptimeNanoseconds: Deadline.nowUptimeNanoseconds(), remoteAddress: "127.0.0.1")
            guard application.respond(request, metadata).status == .ok else { fatalError("It is refused.") }
            return 1
        }
    ),
    ("read-order", { try JSONParser.parse(orderBytes)["data"]?["items"] == nil ? 0 : 1 }),
    ("write-order", { JSONWriter.bytes(of: order).count }),
    (
        "make-statement",
        {
            let sql: SQL = """
                INSERT INTO orders (customer_id, status, total_cents, created_at, version) VALUES (\(7), \("CREATED"),
                    \(2530), \("2026-11-29 10:00:00.000001"), \(1)) AND id IN \(list: [1, 9])
                """
            return sql.values.count
        }
    ),
]

guard CommandLine.arguments.count == 3, let count = Int(CommandLine.arguments[2]),
    let operation = operations.first(where: { $0.name == CommandLine.arguments[1] })
else {
    for operation in operations { print(operation.name) }
    exit(CommandLine.arguments.count == 1 ? 0 : 64)
}
var used = 0
for _ in 0..<count { used += try operation.run() }
guard used > 0 else { fatalError("It did nothing.") }
