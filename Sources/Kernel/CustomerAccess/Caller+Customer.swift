private import HTTPMessages
package import Telemetry
package import WebApplication

extension Caller {
    /// No name that an operator gives in `API_TOKENS` has a colon, so that nobody else can be called so.
    private static let customerPrefix = "customer:"

    /// The customer of this id, by a token of their own.
    ///
    /// - Parameter customerID: positive.
    package static func customer(_ customerID: Int64) -> Caller { Caller(name: "\(customerPrefix)\(customerID)") }

    /// The customer who calls; nil for every other caller.
    package var customerID: Int64? {
        guard name.utf8.starts(with: Caller.customerPrefix.utf8) else { return nil }
        return Int64(name.dropFirst(Caller.customerPrefix.utf8.count))
    }
}

extension CallContext {
    /// The customer who calls, where the operation's access rule is `CustomerAccess.rule`; nil under every other rule.
    package var customerID: Int64? { caller.customerID }
}

extension RequestContext {
    /// The customer who calls. Under `CustomerAccess.rule` there always is one.
    ///
    /// - Throws: a problem of status 401 for an operation that has another rule.
    package var customerID: Int64 {
        get throws(Problem) {
            guard let customerID = call.customerID else { throw .unauthorized("A customer's token is needed.") }
            return customerID
        }
    }
}
