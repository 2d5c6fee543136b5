import DatabaseTesting
import Foundation
import HTTPMessages
import MySQL
import SystemTesting
import Testing

extension EndToEndTests {
    /// What a storm is made of has to be what it is called.
    struct FaultProxyTests {
        @Test(arguments: [NetworkFault.reset, .halfRequest])
        func `of a request that is cut off on its way the service knows nothing`(_ fault: NetworkFault) throws {
            try withProxy(fault) { system, client, proxy in
                #expect(throws: (any Error).self) { try makeCustomer(client) }
                #expect(proxy.counts == [fault: 1])
                let count = try customerCount(system)
                #expect(count == 0)
            }
        }

        @Test(arguments: [NetworkFault.lostReply, .halfReply])
        func `a request whose reply is lost, in whole or in half, has its effect`(_ fault: NetworkFault) throws {
            try withProxy(fault) { system, client, proxy in
                #expect(throws: (any Error).self) { try makeCustomer(client) }
                #expect(proxy.counts == [fault: 1])
                let count = try customerCount(system)
                #expect(count == 1)
            }
        }

        @Test func `a request that comes late has its effect after its client has given up`() throws {
            try withProxy(.lateRequest) { system, client, proxy in
                #expect(throws: (any Error).self) { try makeCustomer(client, timeoutMilliseconds: 100) }
                let before = try customerCount(system)
                #expect(before == 0)
                try waitUntil { proxy.isIdle }
                let count = try customerCount(system)
                #expect(count == 1)
            }
        }

        @Test func `a late reply comes, and calm lets everything pass`() throws {
            try withProxy(.lateReply) { _, client, proxy in
                let late = try makeCustomer(client)
                #expect(late.status == 201)
                #expect(proxy.counts == [.lateReply: 1])
                proxy.calm()
                for _ in 0..<20 {
                    let reply = try makeCustomer(client)
                    #expect(reply.status == 201)
                }
                #expect(proxy.counts == [.lateReply: 1])
            }
        }

        private func makeCustomer(_ client: ServiceClient, timeoutMilliseconds: Int = 20_000) throws -> Reply {
            try client.send(
                .post, "/admin/customers/create-customer",
                #"{"name":"Ana Torres","email":"\#(UUID().uuidString)@example.com","phone":"+593 99 123 4567"}"#,
                timeoutMilliseconds: timeoutMilliseconds)
        }

        private func customerCount(_ system: RunningSystem) throws -> Int64 {
            try system.count("SELECT COUNT(*) FROM customers")
        }

        /// Lends a proxy before the Customers API that lets `fault` happen to every request.
        private func withProxy(
            _ fault: NetworkFault, _ body: (RunningSystem, ServiceClient, FaultProxy) throws -> Void
        ) throws {
            try withSystem { system in
                let proxy = try FaultProxy(
                    to: system.customers.port,
                    rates: FaultRates(shares: [(fault, 1)], latenessMilliseconds: 1000...1000), seed: 1)
                defer { proxy.stop() }
                try body(system, RunningSystem.client(.customers, port: proxy.port), proxy)
            }
        }
    }
}
