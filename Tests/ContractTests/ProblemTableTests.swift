import ContractReading
import Foundation
import HTTPMessages
import JSON
import RepositoryFiles
import Testing
import WebApplication

@testable import CustomersAPI
@testable import Notifier
@testable import Orchestrator
@testable import OrdersAPI

/// The tables of problems in the code, held against the contracts and the documentation.
@Suite struct ProblemTableTests {
    private static let tables = [
        "customers": ProblemType.customersAPI, "orders": ProblemType.ordersAPI,
        "orchestrator": ProblemType.orchestrator, "notifier": ProblemType.notifier,
    ]

    @Test func `each kind of problem stands in one table of a service, once`() {
        for (name, own) in ProblemTableTests.tables {
            let codes = (ProblemType.kernel + own).map(\.code)
            #expect(Set(codes).count == codes.count, "\(name)")
        }
    }

    @Test(arguments: OpenAPIContract.names)
    func `a contract tells of each problem what its table says`(name: String) throws {
        // The orchestrator passes on what the Orders API answers; what both say of a customer is one.
        let own = name == "orchestrator" ? ProblemType.ordersAPI + ProblemType.orchestrator : try table(name)
        let types = Dictionary((ProblemType.kernel + own).map { ($0.code, $0) }) { first, second in
            #expect(first == second)
            return first
        }
        for response in try OpenAPIContract(name).operations.flatMap(\.responses) {
            for code in response.codes {
                let type = try #require(types[code], "\(name) \(code)")
                let example = response.example(code: code)
                #expect(example?["status"] == .integer(Int64(type.status.code)), "\(name) \(code)")
                #expect(example?["title"] == .string(type.title), "\(name) \(code)")
                #expect(example?["retryable"] == .bool(type.isRetryable), "\(name) \(code)")
            }
        }
    }

    @Test func `every problem of the tables is in a contract`() throws {
        let documented = try OpenAPIContract.names.reduce(into: Set<String>()) { codes, name in
            codes.formUnion(try OpenAPIContract(name).errorCodes)
        }
        let types = ProblemType.kernel + ProblemTableTests.tables.values.flatMap(\.self)
        #expect(Set(types.map(\.code)) == documented)
    }

    @Test func `the documentation is made from the tables`() throws {
        let types =
            ProblemType.kernel + OpenAPIContract.names.flatMap { ProblemTableTests.tables[$0] ?? [] }
        var codes: Set<String> = []
        let rows = types.filter { codes.insert($0.code).inserted }.sorted { $0.status.code < $1.status.code }.map {
            type in
            "| \(type.status) | `\(type.code)` | \(type.when) | \(type.isRetryable ? "yes" : "no") | "
                + "\(type.isFinal ? "yes" : "no") |"
        }
        try DocumentedTable(path: "docs/problems.md", header: "| status | code | when | retryable | kept |").check(rows)
    }

    @Test func `the desk says in Spanish each problem of the services that have it`() throws {
        let text = try RepositoryFile("web/console/problems-es.js").text()
        let codes = text.matches(of: /(?m)^  '?([a-z-]+)'?: '\S.*',$/).map { String($0.output.1) }
        #expect(codes.count == Set(codes).count)
        let types = ProblemType.kernel + ProblemType.ordersAPI + ProblemType.notifier
        #expect(Set(codes).symmetricDifference(types.map(\.code)).isEmpty)
    }

    private func table(_ name: String) throws -> [ProblemType] { try #require(ProblemTableTests.tables[name]) }
}
