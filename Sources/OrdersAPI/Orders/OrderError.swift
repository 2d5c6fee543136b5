import CustomerLookup
import HTTPMessages
import IdempotentReplies
import JSON
import MySQL
import ResourceRoutes
import WebApplication

/// What can go wrong with orders.
enum OrderError: DatabaseFailure {
    /// A product of which there is less than was asked for.
    struct Shortage {
        let productID: Int64
        let requested: Int64
        let available: Int64
    }

    case notFound
    case customer(CustomerLookupError)
    /// Only a key that has its reply was to be answered, and this one has none.
    case keyUnknown
    case productsNotFound([Int64])
    case productsInactive([Int64])
    case insufficientStock([Shortage])
    case totalTooLarge
    case notConfirmable(Order.Status)
    case expired
    case notCancelable(windowMinutes: Int)
    case database(DatabaseError)

    init(_ error: DatabaseError) { self = .database(error) }

    var databaseError: DatabaseError? {
        if case .database(let error) = self { error } else { nil }
    }
}

extension OrderError: ResourceError {
    var problem: Problem { Problem(self) }
}

extension Problem {
    /// What a client is told.
    init(_ error: OrderError) {
        switch error {
        case .notFound:
            self.init(
                .orderNotFound, detail: "No order has this id.")
        case .customer(let error): self = error.problem
        case .keyUnknown:
            self.init(
                .keyUnknown, detail: "This key has no reply, and without a customer nothing is ordered.")
        case .productsNotFound(let ids):
            self.init(
                .productNotFound, detail: "No product has the id \(Problem.list(ids)).")
        case .productsInactive(let ids):
            self.init(
                .productInactive, detail: "Deactivated products cannot be ordered: \(Problem.list(ids)).")
        case .insufficientStock(let shortages): self = .insufficientStock(shortages)
        case .totalTooLarge:
            self = .validationFailed([
                Violation(
                    pointer: "/items", code: "range",
                    detail: "The total must not exceed \(OrderDraft.totalCentsMax) cents.")
            ])
        case .notConfirmable(let status):
            self.init(
                .orderNotConfirmable,
                detail: status == .confirmed
                    ? "The order was confirmed under another key." : "The order was canceled.")
            extensions = [("order_status", .string(status.rawValue))]
        case .expired:
            self.init(
                .orderExpired,
                detail: "The order was not confirmed in time and was canceled. Order anew, with a new key.")
        case .notCancelable(let windowMinutes):
            self.init(
                .orderNotCancelable,
                detail: "A confirmed order can be canceled for \(windowMinutes) minutes; they are over.")
        case .database(let error): self.init(error)
        }
    }

    private static func insufficientStock(_ shortages: [OrderError.Shortage]) -> Problem {
        var problem = Problem(
            .insufficientStock,
            detail: shortages.map {
                "Product \($0.productID): \($0.requested) asked for, \($0.available) available."
            }.joined(separator: " "))
        problem.extensions = [
            (
                "products",
                .array(
                    shortages.map {
                        .object(
                            JSONObject([
                                ("product_id", .integer($0.productID)), ("requested", .integer($0.requested)),
                                ("available", .integer($0.available)),
                            ]))
                    })
            )
        ]
        return problem
    }

    private static func list(_ ids: [Int64]) -> String { ids.map(String.init).joined(separator: ", ") }
}
