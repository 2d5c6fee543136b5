import DatabaseTesting
import HTTPMessages
import JSON
import MySQL
import SystemTesting
import Testing

extension EndToEndTests {
    /// In a rolling update an instance ends, and its name leads to another.
    struct MovedNameTests {
        @Test func `the orchestrator follows a name to another instance, and no order fails`() throws {
            try withSystem { system in
                let customer = try system.makeCustomer()
                let product = try system.makeProduct(stock: 100)
                let port = system.orders.port
                let hosts = try HostsFile("orders.test", at: "127.0.0.1")
                defer { hosts.remove() }
                let environment = RunningSystem.environment(system.schema.configuration)
                let customersBase = "http://127.0.0.1:\(system.customers.port)"
                let orchestrator = try hosts.start(
                    "Orchestrator",
                    environment: environment.merging([
                        "ORDERS_API_BASE": "http://orders.test:\(port)", "CUSTOMERS_API_BASE": customersBase,
                    ]) { $1 })
                defer { orchestrator.end() }
                let client = try RunningSystem.client(.orchestrator, port: orchestrator.waitForPort())
                func place(_ key: String) throws -> Reply {
                    try client.send(
                        .post, "/orchestrator/create-and-confirm-order",
                        orderBody(customer, [(product, 1)], key: key))
                }
                #expect(try place("before").status == 201)
                let next = try ServiceProcess(
                    "OrdersAPI",
                    environment: environment.merging([
                        "HOST": "127.0.0.2", "PORT": "\(port)", "CUSTOMERS_API_BASE": customersBase,
                    ]) { $1 })
                defer { next.end() }
                _ = try next.waitForPort()
                try hosts.move("orders.test", to: "127.0.0.2")
                system.ordersProcess.end()
                for number in 0..<20 { #expect(try place("after-\(number)").status == 201) }
                #expect(try system.orderCount == 21)
            }
        }
    }
}
