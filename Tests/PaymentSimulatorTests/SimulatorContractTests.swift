import BlockingTesting
import Concurrency
import ContractReading
import DatabaseWebService
import HTTPMessages
import JSON
import JSONSchemas
import Settings
import SystemTesting
import Testing
import WebApplication

@testable import PaymentSimulator

/// The contract of the simulator. It is not among those that promise alike: its errors are Stripe's, and its bodies forms.
@Suite(.blocking) struct SimulatorContractTests {
    private let contract: OpenAPIContract

    init() throws { contract = try OpenAPIContract(OpenAPIContract.paymentSimulatorName) }

    @Test func `operations and routes are the same`() throws {
        var reader = EnvironmentReader([:])
        let app = SimulatorApp(try SimulatorConfig(&reader))
        let served = app.base.application(routes: app.routes).router.routes.map { route in
            "\(route.operationID) \(route.method) \(route.path) \(route.access.name == "secret-key")"
        }
        let documented = contract.operations.map { operation in
            "\(operation.id) \(operation.method) \(operation.path) \(operation.security == [["secretKey"]])"
        }
        #expect(Set(served).symmetricDifference(documented) == [])
        #expect(Set(documented).count == documented.count)
    }

    @Test func `every example is as its schema says`() {
        for operation in contract.operations {
            for body in [operation.requestBody].compactMap(\.self) + operation.responses.compactMap(\.body) {
                #expect(!body.examples.isEmpty, "\(operation.id)")
                for example in body.examples {
                    #expect(body.schema.violations(of: example.value) == [], "\(operation.id) \(example.name)")
                }
            }
        }
    }

    @Test func `the operations that every service has are answered as documented`() throws {
        let simulator = try Simulator()
        for target in ["/", "/health", "/health/live", "/health/ready", "/health/detailed", "/metrics"] {
            #expect(try simulator.client.send(.get, target).status == 200, "\(target)")
        }
        var stranger = simulator.client
        stranger.token = "nobody"
        for target in ["/health/detailed", "/_simulator/faults", "/_simulator/ledger"] {
            #expect(try stranger.send(.get, target).code == "unauthorized", "\(target)")
        }
        #expect(try stranger.send(.post, "/_simulator/faults", "{}").code == "unauthorized")
        for path in [
            "payment_intents/pi_0/confirm", "payment_intents/pi_0/capture", "payment_intents/pi_0/cancel", "refunds",
        ] {
            #expect(try simulator.post(path, authorization: nil).code == "unauthorized", "\(path)")
        }
        #expect(try stranger.send(.get, "/v1/payment_intents/pi_0").code == "unauthorized")
        #expect(try simulator.client.send(.get, "/_simulator/ledger?cursor=AQ").code == "invalid-cursor")
        #expect(try simulator.client.send(.get, "/_simulator/ledger?limit=0").code == "validation-failed")
        #expect(try simulator.client.send(.get, "/nowhere").code == "route-not-found")
    }

    @Test func `each operation fails, is throttled and is under way where that is asked for`() throws {
        let simulator = try Simulator()
        let id = try simulator.heldIntent()
        for path in [
            "payment_intents", "payment_intents/\(id)/confirm", "payment_intents/\(id)/capture",
            "payment_intents/\(id)/cancel", "refunds",
        ] {
            let form =
                switch path {
                case "payment_intents": "amount=1&currency=usd"
                case "refunds": "payment_intent=\(id)"
                default: ""
                }
            let statuses = try ["500-before-effect", "429", "409-in-progress"].map {
                try simulator.post(path, form, key: path, fault: $0).status
            }
            #expect(statuses == [500, 429, 409], "\(path)")
        }
    }

    @Test func `until its schema is there it is not ready`() throws {
        var reader = EnvironmentReader([:])
        let app = SimulatorApp(try SimulatorConfig(&reader))
        let application = app.base.application(routes: app.routes)
        let request = Request(.get, "/health/ready")
        let arrival = RequestMetadata(
            receivedAtUptimeNanoseconds: Deadline.nowUptimeNanoseconds(), remoteAddress: "127.0.0.1")
        let response = application.respond(request, arrival)
        #expect(response.status == .serviceUnavailable)
        try ContractRecorder(contract, log: .shared).check(request: request, response: response)
    }
}
