private import Concurrency
package import HTTPMessages

/// Holds every exchange against the contract, and remembers what it has seen of it.
///
/// One recorder may serve many tests at once.
package final class ContractRecorder: Sendable {
    /// A status that an operation documents.
    package struct Exchange: Hashable, Comparable, Sendable, CustomStringConvertible {
        package let operationID: String
        package let status: Int

        package init(operationID: String, status: Int) {
            self.operationID = operationID
            self.status = status
        }

        package var description: String { "\(operationID) \(status)" }

        package static func < (left: Exchange, right: Exchange) -> Bool {
            (left.operationID, left.status) < (right.operationID, right.status)
        }
    }

    private struct Seen {
        var exchanges: Set<Exchange> = []
        var codes: Set<String> = []
    }

    package let contract: OpenAPIContract
    private let seen = Lock(Seen())
    private let log: ContractLog?

    /// - Parameter log: where to note what is documented and what is seen, for the whole test run.
    package init(_ contract: OpenAPIContract, log: ContractLog? = nil) {
        self.contract = contract
        self.log = log
        log?.note("documented", contract, ContractRecorder.exchanges(of: contract), contract.errorCodes)
    }

    /// Checks that `response` is one that the operation documents for its status: media type, body, headers, and for a
    /// problem its code; and that `request` is for the operation.
    ///
    /// - Throws: `ContractViolation` with everything that is wrong. Only what is right counts as seen.
    package func check(operationID: String, request: Request, response: Response) throws(ContractViolation) {
        guard let operation = contract.operation(operationID) else {
            throw ContractViolation(operationID, response.status.code, ["the contract has no such operation"])
        }
        guard let documented = operation.response(status: response.status.code) else {
            throw ContractViolation(operationID, response.status.code, ["the operation has no such status"])
        }
        var findings: [String] = []
        if request.method != operation.method || !operation.matches(path: request.path) {
            findings.append("\(request.method) \(request.path) is not \(operation.method) \(operation.path)")
        }
        let body = ContractResponseReader(documented, response)
        findings += body.violations
        guard findings.isEmpty else { throw ContractViolation(operationID, response.status.code, findings) }
        remember(Exchange(operationID: operationID, status: response.status.code), code: body.code)
    }

    /// Checks an exchange by the method and path of `request`; one that no operation matches must be a problem that the
    /// `default` responses document, such as `route-not-found`.
    ///
    /// - Returns: the operation's id; nil where there is none.
    @discardableResult
    package func check(request: Request, response: Response) throws(ContractViolation) -> String? {
        guard
            let operation = contract.operations.first(where: {
                $0.method == request.method && $0.matches(path: request.path)
            })
        else {
            try check(unrouted: response)
            return nil
        }
        try check(operationID: operation.id, request: request, response: response)
        return operation.id
    }

    /// Checks a response that the server gave before it knew the operation.
    package func check(unrouted response: Response) throws(ContractViolation) {
        guard let documented = contract.operations.lazy.compactMap({ $0.response(status: 0) }).first else {
            throw ContractViolation("unrouted", response.status.code, ["the contract has no default response"])
        }
        let body = ContractResponseReader(documented, response)
        guard body.violations.isEmpty else {
            throw ContractViolation("unrouted", response.status.code, body.violations)
        }
        remember(nil, code: body.code)
    }

    /// What the contract documents and no exchange has shown, `default` left out; sorted.
    package func unseen() -> [Exchange] {
        let documented = ContractRecorder.exchanges(of: contract)
        let exchanges = seen.withLock(\.exchanges)
        return documented.filter { !exchanges.contains($0) }.sorted()
    }

    /// The error codes that the contract documents and no exchange has shown; sorted.
    package func unseenCodes() -> [String] {
        contract.errorCodes.subtracting(seen.withLock(\.codes)).sorted()
    }

    private static func exchanges(of contract: OpenAPIContract) -> [Exchange] {
        contract.operations.flatMap { operation in
            operation.responses.compactMap(\.status).map { Exchange(operationID: operation.id, status: $0) }
        }
    }

    private func remember(_ exchange: Exchange?, code: String?) {
        let (newExchanges, newCodes) = seen.withLock { seen in
            let newExchanges = exchange.map { seen.exchanges.insert($0).inserted ? [$0] : [] } ?? []
            return (newExchanges, code.map { seen.codes.insert($0).inserted ? [$0] : [] } ?? [])
        }
        log?.note("seen", contract, newExchanges, newCodes)
    }
}

/// An exchange that is not as the contract promises.
package struct ContractViolation: Error, Equatable, Sendable, CustomStringConvertible {
    package let operationID: String
    package let status: Int
    /// A sentence each.
    package let findings: [String]

    init(_ operationID: String, _ status: Int, _ findings: [String]) {
        self.operationID = operationID
        self.status = status
        self.findings = findings
    }

    package var description: String { "\(operationID) \(status): \(findings.joined(separator: "; "))" }
}
