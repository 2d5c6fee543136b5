import BlockingTesting
import HTTPMessages
import JSON
import SystemTesting
import Testing

@testable import PaymentSimulator

/// What requests hold.
@Suite(.blocking) struct FormTests {
    @Test func `a mistake in a form is told with its parameter, and nothing is made`() throws {
        let simulator = try Simulator()
        let many = (0...FormFields.countMax).map { "metadata[k\($0)]=v" }.joined(separator: "&")
        let mistakes: [(String, String?)] = [
            ("", "amount"), ("amount=1", "currency"), ("amount=0&currency=usd", "amount"),
            ("amount=-1&currency=usd", "amount"), ("amount=1.5&currency=usd", "amount"),
            ("amount=100000000&currency=usd", "amount"), ("amount=99999999999999999999&currency=usd", "amount"),
            ("amount=1&currency=dollar", "currency"), ("amount=1&currency=usd&capture_method=later", "capture_method"),
            ("amount=1&currency=usd&payment_method=pm_card_lost", "payment_method"),
            ("amount=1&currency=usd&confirm=true", "confirm"), ("amount=1&currency=usd&confirm=perhaps", "confirm"),
            ("amount=1&currency=usd&payment_method_types[0]=sofort", "payment_method_types"),
            ("amount=1&currency=usd&colour=red", "colour"), ("amount=1&amount=2&currency=usd", "amount"),
            ("amount=1&currency=usd&expand[]=customer", "expand"),
            ("amount=1&currency=usd&metadata[]=x", "metadata"),
            ("amount=1&currency=usd&description=\(String(repeating: "x", count: 501))", "description"),
            ("amount=1&currency=usd&metadata[a]=\(String(repeating: "x", count: 501))", "metadata"),
            ("amount=1&currency=usd&metadata[order_id]=%FF", nil), ("amount=1&currency=usd&metadata[a]=%4", nil),
            (many, nil),
        ]
        for (form, parameter) in mistakes {
            let reply = try simulator.post("payment_intents", form)
            #expect(reply.status == 400, "\(form)")
            #expect(reply.json["error"]?["param"]?.string == parameter, "\(form)")
        }
        #expect(try simulator.client.send(.get, "/_simulator/ledger").data == .array([]))
        let id = try simulator.intent()
        #expect(try simulator.post("payment_intents/\(id)/confirm", "colour=red").status == 400)
        #expect(try simulator.post("payment_intents/\(id)/cancel", "cancellation_reason=boredom").status == 400)
        #expect(try simulator.post("refunds", "amount=1").json["error"]?["param"] == .string("payment_intent"))
        #expect(try simulator.get("payment_intents/\(id)?colour=red").status == 400)
        #expect(try simulator.post("payment_intents", "amount=1&currency=usd", key: "a b").status == 400)
        #expect(
            try simulator.post("payment_intents", "amount=1&currency=usd", key: String(repeating: "k", count: 256))
                .status == 400)
    }

    @Test func `metadata come back as they were sent, whatever they hold`() throws {
        let simulator = try Simulator()
        let form = "amount=1&currency=USD&description=caf%C3%A9+%26%3D&metadata[order_id]=x&metadata[%C3%A9+%5B]=%22%5C"
        let reply = try simulator.post("payment_intents", form)
        #expect(reply.json["description"] == .string("café &="))
        #expect(reply.json["currency"] == .string("usd"))
        #expect(reply.json["metadata"]?["é ["] == .string("\"\\"))
        let id = reply.json["id"]?.string ?? ""
        #expect(try simulator.get("payment_intents/\(id)").json == reply.json)
        let accounts = try simulator.client.send(.get, "/_simulator/ledger").data.array ?? []
        #expect(accounts.first?["order_id"] == .null)
    }

    @Test func `only forms are taken, of a bounded size`() throws {
        let simulator = try Simulator()
        var request = Request(.post, "/v1/payment_intents", body: Array("{}".utf8))
        request.headers = ["Content-Type": "application/json", "Authorization": "Bearer \(Simulator.key)"]
        #expect(try simulator.client.send(request).code == "unsupported-media-type")
        let large = String(repeating: "x", count: 65 * 1024)
        #expect(try simulator.post("payment_intents", "description=\(large)").code == "body-too-large")
    }

    @Test func `the key is needed, as a bearer token or as a user name`() throws {
        let simulator = try Simulator()
        let form = "amount=1&currency=usd"
        let wrong = [nil, "Bearer wrong", "Basic c2tfdGVzdA==", "Basic %", "Bearer", "Bearer \(Simulator.key)x"]
        for authorization in wrong {
            let reply = try simulator.post("payment_intents", form, authorization: authorization)
            #expect(reply.code == "unauthorized", "\(authorization ?? "none")")
            #expect(reply.json["error"]?["type"] == .string("invalid_request_error"))
        }
        // sk_test_simulator: and an empty password.
        let basic = try simulator.post("payment_intents", form, authorization: "Basic c2tfdGVzdF9zaW11bGF0b3I6")
        #expect(basic.status == 200)
    }

    @Test func `it refuses to listen to others than this machine`() throws {
        for host in ["0.0.0.0", "::", "192.0.2.1"] {
            let process = try ServiceProcess(
                "PaymentSimulator", arguments: ["check"],
                environment: ["HOST": host, "API_TOKEN": "0123456789abcdef", "SERVICE_TOKEN": "0123456789abcdeg"])
            #expect(try process.waitForExit() == 78)
            #expect(process.text.contains("HOST must be a loopback address"), "\(process.text)")
        }
    }
}
