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
    case customerNotFound
    case customerInactive
    case productsNotFound([Int64])
    case productsInactive([Int64])
    case insufficientStock([Shortage])
    case totalTooLarge
    case notConfirmable(Order.Status)
    case expired
    case notCancelable(windowMinutes: Int)
    /// The Customers API could not be asked, or is not able to answer before the time that it named.
    case customersUnavailable(String, retryAfterSeconds: Int?)
    case outOfTime
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
        case .customerNotFound:
            self.init(
                .customerNotFound, detail: "No customer has this customer_id.")
        case .customerInactive:
            self.init(
                .customerInactive, detail: "This customer has been deactivated and cannot order.")
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
        case .customersUnavailable(let reason, let retryAfterSeconds):
            self.init(
                .customersUnavailable, detail: "The customer could not be checked; nothing was ordered. Try again.",
                retryAfterSeconds: max(retryAfterSeconds ?? 0, 2), cause: DependencyFailure(reason: reason))
        case .outOfTime: self = .deadlineExceeded
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
