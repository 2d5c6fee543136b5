import BlockingTesting
import Concurrency
import CurlHTTPClient
import DatabaseTesting
import Foundation
import HTTPMessages
import JSON
import MySQL
import ScriptedServer
import SystemTesting
import Testing

extension EndToEndTests {
    /// Secrets and personal data, planted in every setting and every field: none of them is in a log, a metric, the health, or what
    /// somebody else is answered.
    struct CanaryTests {
        private static let services: [RunningSystem.Service] = [
            .customers, .paymentSimulator, .orders, .orchestrator, .notifier,
        ]
        private static let apiToken = Canaries.secrets["API_TOKEN"] ?? ""
        private static let serviceToken = Canaries.secrets["SERVICE_TOKEN"] ?? ""

        private func system(on schema: TestSchema? = nil) throws -> RunningSystem {
            let settings = Canaries.secrets.merging([
                "LOG_LEVEL": "debug", "ASYNC_ORDERS": "on", "MAIL_FROM": "shop@shop.example",
                "TELEGRAM_API_BASE": "http://127.0.0.1:1", "WEBHOOK_RETRY_SECONDS": "0",
            ]) { $1 }
            return try RunningSystem(Self.services, settings: settings, on: schema)
        }

        /// Sends a request past the contract: what is sent here is mostly none of it.
        @discardableResult
        private func send(
            _ port: Int, _ method: HTTPMessages.Method, _ target: String, _ body: String? = nil,
            token: String? = CanaryTests.apiToken, headers: HeaderFields = [:]
        ) throws -> Response {
            var request = Request(method, target, headers: headers, body: Array((body ?? "").utf8))
            if body != nil, request.headers["Content-Type"] == nil {
                request.headers["Content-Type"] = "application/json"
            }
            if let token { request.headers["Authorization"] = "Bearer \(token)" }
            let origin = try #require(Origin("http://127.0.0.1:\(port)"))
            return try ServiceClient.transport.send(request, to: origin, by: .after(milliseconds: 20_000))
        }

        private func expectClean(_ text: String, _ what: String) {
            let text = text.lowercased()
            for canary in Canaries.personal + Canaries.secretParts {
                guard let range = text.range(of: canary) else { continue }
                let start = text.index(range.lowerBound, offsetBy: -300, limitedBy: text.startIndex) ?? text.startIndex
                let end = text.index(range.upperBound, offsetBy: 100, limitedBy: text.endIndex) ?? text.endIndex
                Issue.record("\(canary) in \(what): …\(text[start..<end])…")
            }
        }

        /// Everything that a request can carry a person's data in, right and wrong.
        private func drive(_ port: Int, _ paths: (create: String, update: String), _ body: String) throws {
            let escaped = Canaries.email.replacing("@", with: "%40")
            for (method, target, body, headers) in [
                (.post, paths.create, body.replacing(":", with: " "), [:]),
                (.post, paths.create, "[\(body)]", [:]),
                (.post, paths.create, #"{"name":["\#(Canaries.name)"],"email":"\#(Canaries.name)"}"#, [:]),
                (.post, paths.create, body, ["Content-Type": "text/\(Canaries.identityCard)"]),
                (.post, paths.create, body, ["X-Idempotency-Key": "\(Canaries.email) \(Canaries.name)"]),
                (.post, paths.create, body, ["X-Correlation-Id": "\(Canaries.email) \(Canaries.name)"]),
                (.post, paths.create, body, ["traceparent": "00-\(Canaries.email)"]),
                (.post, paths.create, body, ["X-Request-Timeout-Ms": Canaries.phone]),
                (.patch, "\(paths.update)/\(escaped)", body, ["If-Match": "\"\(Canaries.email)\""]),
                (.patch, "\(paths.update)/1", body, ["If-Match": Canaries.email]),
                (.get, "/nowhere/\(escaped)", nil, [:]),
                (.get, "/nowhere/\(Canaries.identityCard)?search=\(escaped)", nil, [:]),
                (.delete, "\(paths.update)/\(Canaries.identityCard)", nil, [:]),
                (.get, "/health/\(escaped)", nil, [:]),
                (.options, "\(paths.create)/\(escaped)", nil, ["Origin": "https://\(escaped).example"]),
            ] as [(HTTPMessages.Method, String, String?, HeaderFields)] {
                try send(port, method, target, body, headers: headers)
            }
            for token in ["planted-wrong-token", "planted.\(Canaries.email).token", "x"] {
                try send(port, .post, paths.create, body, token: token)
            }
            try send(port, .post, paths.create, body, token: nil)
            for path in ["customers", "orders", "products", "deliveries"] {
                try send(port, .get, "/admin/\(path)/find-all?search=\(escaped)&cursor=\(escaped)&from=\(escaped)")
                try send(port, .get, "/admin/\(path)/find-one/\(escaped)?\(escaped)=\(Canaries.identityCard)")
                try send(port, .get, "/admin/\(path)/find-one/\(Canaries.identityCard)")
            }
        }

        private func makeData(_ system: RunningSystem) throws -> (customer: Int64, product: Int64) {
            let port = system.customers.port
            let created = try send(port, .post, "/admin/customers/create-customer", Canaries.customer)
            #expect(created.status == .created)
            let customer = try #require(try JSONParser.parse(created.body)["data"]?["id"]?.integer)
            let product = try #require(
                try JSONParser.parse(
                    send(
                        system.orders.port, .post, "/admin/products/create-product",
                        #"{"sku":"CHAIR","name":"Chair","price_cents":100,"stock":50}"#
                    ).body)["data"]?["id"]?.integer)
            return (customer, product)
        }

        /// What somebody else is told who asks for the same.
        private func expectNothingTold(_ system: RunningSystem) throws {
            for other in [
                #"{"name":"Eva","email":"\#(Canaries.email)","phone":"555-12"}"#,
                #"{"name":"Eva","email":"eva@b.com","phone":"555-12","identity_card":"\#(Canaries.identityCard)"}"#,
            ] {
                let reply = try send(
                    system.customers.port, .post, "/admin/customers/create-customer", other,
                    token: "planted-token-of-acme-4711")
                #expect(reply.status == .conflict, "\(reply.status)")
                expectClean(String(decoding: reply.body, as: UTF8.self), "the answer to another one")
            }
        }

        private func driveOrders(_ system: RunningSystem, _ customer: Int64, _ product: Int64) throws {
            let (orders, items) = (system.orders.port, #"[{"product_id":\#(product),"qty":1}]"#)
            let order = #"{"customer_id":\#(customer),"items":\#(items)}"#
            let snapshot =
                #"{"customer_id":\#(customer),"items":\#(items),"customer":{"name":"\#(Canaries.name)","email":"\#(Canaries.email)","phone":"\#(Canaries.phone)"}}"#
            let key: HeaderFields = ["X-Idempotency-Key": "key-1"]
            #expect(try send(orders, .post, "/admin/orders/create-order", order, headers: key).status == .created)
            try send(orders, .post, "/admin/orders/1/confirm", headers: ["X-Idempotency-Key": "c"])
            try send(orders, .post, "/admin/orders/1/cancel")
            try send(
                orders, .post, "/admin/orders/internal/create-order", snapshot, token: Self.serviceToken,
                headers: ["X-Idempotency-Key": "key-2"])
            let through = String(order.dropLast()) + #","idempotency_key":"key-3"}"#
            #expect(
                try send(system.orchestrator.port, .post, "/orchestrator/create-and-confirm-order", through).status
                    == .created)
            let token = try customerToken(customer)
            let placed = try send(
                orders, .post, "/api/v1/orders", #"{"productId":\#(product),"quantity":1}"#, token: token)
            #expect(placed.status == .accepted)
            for wrong in [token + "x", String(token.dropLast(5)), "a.b.c"] {
                try send(orders, .post, "/api/v1/orders", snapshot, token: wrong)
            }
            try drive(orders, ("/admin/orders/internal/create-order", "/admin/products/update"), snapshot)
            try drive(
                system.orchestrator.port, ("/orchestrator/create-and-confirm-order", "/orchestrator/none"), snapshot)
            try drive(system.paymentSimulator.port, ("/v1/payment_intents", "/v1/payment_intents"), snapshot)
            try waitUntil { try system.count("SELECT COUNT(*) FROM order_sagas WHERE state = 'RUNNING'") == 0 }
        }

        private func customerToken(_ customer: Int64) throws -> String {
            RunningSystem.customerToken(customer, secret: Canaries.secrets["JWT_SECRET"] ?? "")
        }

        private func driveAccounts(_ system: RunningSystem) throws {
            let port = system.customers.port
            let registration =
                #"{"name":"\#(Canaries.name)","email":"\#(Canaries.email)","phone":"\#(Canaries.phone)","password":"\#(Canaries.password)"}"#
            for (target, body) in [
                ("register", registration), ("register", registration.replacing("plant.example", with: "@@")),
                ("login", #"{"email":"\#(Canaries.email)","password":"\#(Canaries.password)"}"#),
                ("login", #"{"email":"\#(Canaries.email)","password":7}"#),
                ("refresh", #"{"refreshToken":"planted-refresh-token"}"#),
                ("logout", #"{"refreshToken":"planted-refresh-token"}"#),
            ] {
                try send(port, .post, "/api/v1/auth/\(target)", body, token: nil)
            }
            try send(port, .get, "/api/v1/auth/confirm?token=planted-link-token", token: nil)
            try drive(port, ("/admin/customers/create-customer", "/admin/customers/update"), Canaries.customer)
        }

        /// - Parameter order: makes what the endpoints are told of.
        private func driveNotifier(
            _ system: RunningSystem, _ receiver: ScriptedServer, after order: () throws -> Void
        ) throws {
            let port = system.notifier.port
            let path = "/admin/webhooks/create-endpoint"
            for body in [
                #"{"url":"\#(receiver.url)/hook?key=planted-hook-key&mail=\#(Canaries.email)"}"#,
                #"{"url":"http://127.0.0.1:1/planted-hook-path","description":"\#(Canaries.name)"}"#,
                #"{"url":"http://planted-user:planted-word@127.0.0.1:1/"}"#,
                #"{"channel":"mail","to":"customer"}"#, #"{"channel":"mail","to":"\#(Canaries.email)"}"#,
                #"{"channel":"telegram","chat_id":"@planted"}"#, #"{"channel":"telegram","chat_id":4711}"#,
            ] {
                try send(port, .post, path, body)
            }
            try order()
            try drive(port, (path, "/admin/webhooks/update"), Canaries.customer)
            try waitUntil {
                try system.count("SELECT COUNT(*) FROM deliveries") > 0
                    && system.count("SELECT COUNT(*) FROM lanes") == 0
            }
            for id in 1...4 { try send(port, .post, "/admin/webhooks/\(id)/test") }
        }

        private func expectNothingShown(_ system: RunningSystem) throws {
            for service in Self.services {
                for target in ["/metrics", "/health/detailed", "/health", "/"] {
                    let reply = try send(system.client(service).port, .get, target)
                    expectClean(String(decoding: reply.body, as: UTF8.self), "\(service.rawValue) \(target)")
                }
            }
        }

        @Test func `no secret and nothing of a person is in a log, a metric, the health or another one's answer`()
            throws
        {
            let server = try DedicatedTestServer()
            let system = try system(on: server.makeSchema())
            defer {
                system.stop()
                server.stop()
            }
            let receiver = try ScriptedServer { connection in
                while connection.readRequest() != nil,
                    connection.reply("500 Oops", body: "\(Canaries.name) \(Canaries.email)")
                {}
            }
            defer { receiver.stop() }
            let (customer, product) = try makeData(system)
            try expectNothingTold(system)
            try driveNotifier(system, receiver, after: { try driveOrders(system, customer, product) })
            try driveAccounts(system)
            try expectNothingShown(system)

            let customers = system.process(.customers)
            customers.end()
            try send(
                system.orders.port, .post, "/admin/orders/create-order",
                #"{"customer_id":\#(customer),"items":[{"product_id":\#(product),"qty":1}]}"#)
            try drive(
                system.orchestrator.port, ("/orchestrator/create-and-confirm-order", "/orchestrator/none"),
                Canaries.customer)
            try system.restart(.customers)
            server.stop()
            try drive(
                system.customers.port, ("/admin/customers/create-customer", "/admin/customers/update"),
                Canaries.customer)
            try send(system.customers.port, .post, "/admin/customers/create-customer", Canaries.customer)
            try expectNothingShown(system)

            let processes = Self.services.map { system.process($0) }
            for process in processes { process.end() }
            for process in processes + [customers] {
                #expect(process.logLines.count > 20, "\(process.name)")
                #expect(process.logLines.contains { $0["message"] == .string("request") })
                expectClean(process.text, "the log of \(process.name)")
            }
        }

        /// A password of the database that is refused, as all mistakes in settings at once.
        @Test func `a service that cannot start tells of no secret`() throws {
            let schema = try TestDatabase.makeSchema()
            let environment = RunningSystem.environment(schema.configuration).merging([
                "DB_USERNAME": "nobody", "DB_PASSWORD": "planted-database-word", "LOG_LEVEL": "debug",
            ]) { $1 }
            let process = try ServiceProcess("CustomersAPI", arguments: ["migrate"], environment: environment)
            #expect(try process.waitForExit() != 0)
            expectClean(process.text, "the log of a migration")
            let wrong = Canaries.secrets.merging([
                "WORKERS_MAX": "0", "JWT_SECRET": "planted", "SECRETS_KEY": "planted", "API_TOKENS": "planted planted",
                "SMTP_URL": "planted://planted:planted@x", "AMQP_URL": "planted://planted:planted@x",
                "TELEGRAM_BOT_TOKEN": "planted planted", "WEBHOOK_SECRET": "planted",
                "PAYMENT_GATEWAY_KEY": "planted\u{e9}", "CURSOR_SECRET_FILE": "/nowhere",
            ]) { $1 }
            for program in Self.services.map(\.rawValue) {
                let process = try ServiceProcess(program, environment: wrong)
                #expect(try process.waitForExit() != 0, "\(program)")
                expectClean(process.text, "what \(program) says of its settings")
            }
        }
    }
}
