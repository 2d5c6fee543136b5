import DatabaseWebService
import HTTPMessages
import Idempotency
import JSON
import MySQL
import WebApplication

/// What can go wrong with orders.
enum OrderError: IdempotencyFailure {
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
    /// A product changed between being read and being taken: price anew.
    case stockMoved
    case keyTaken
    case database(DatabaseError)

    init(_ error: DatabaseError) { self = .database(error) }

    var databaseError: DatabaseError? {
        if case .database(let error) = self { error } else { nil }
    }
}

extension Problem {
    /// What a client is told.
    init(_ error: OrderError) {
        switch error {
        case .notFound:
            self.init(
                .notFound, code: "order-not-found", title: "No such order", detail: "No order has this id.")
        case .customerNotFound:
            self.init(
                .notFound, code: "customer-not-found", title: "No such customer",
                detail: "No customer has this customer_id.")
        case .customerInactive:
            self.init(
                .unprocessableContent, code: "customer-inactive", title: "The customer is not active",
                detail: "This customer has been deactivated and cannot order.", isFinal: true)
        case .productsNotFound(let ids):
            self.init(
                .notFound, code: "product-not-found", title: "No such product",
                detail: "No product has the id \(Problem.list(ids)).")
        case .productsInactive(let ids):
            self.init(
                .unprocessableContent, code: "product-inactive", title: "The product is not for sale",
                detail: "Deactivated products cannot be ordered: \(Problem.list(ids)).", isFinal: true)
        case .insufficientStock(let shortages): self = .insufficientStock(shortages)
        case .totalTooLarge:
            self = .validationFailed([
                Violation(
                    pointer: "/items", code: "range",
                    detail: "The total must not exceed \(OrderDraft.totalCentsMax) cents.")
            ])
        case .notConfirmable(let status):
            self.init(
                .conflict, code: "order-not-confirmable", title: "The order cannot be confirmed",
                detail: status == .confirmed
                    ? "The order was confirmed under another key." : "The order was canceled.", isFinal: true)
            extensions = [("order_status", .string(status.rawValue))]
        case .expired:
            self.init(
                .conflict, code: "order-expired", title: "The order has expired",
                detail: "The order was not confirmed in time and was canceled. Order anew, with a new key.",
                isFinal: true)
        case .notCancelable(let windowMinutes):
            self.init(
                .conflict, code: "order-not-cancelable", title: "The order cannot be canceled",
                detail: "A confirmed order can be canceled for \(windowMinutes) minutes; they are over.",
                isFinal: true)
        case .customersUnavailable(let reason, let retryAfterSeconds):
            self.init(
                .serviceUnavailable, code: "customers-unavailable", title: "The Customers API is not available",
                detail: "The customer could not be checked; nothing was ordered. Try again.", isRetryable: true,
                retryAfterSeconds: max(retryAfterSeconds ?? 0, 2), cause: DependencyFailure(reason: reason))
        case .outOfTime: self = .deadlineExceeded
        case .stockMoved: self.init(DatabaseError.conflict)
        case .keyTaken: self = .idempotencyKeyInUse
        case .database(let error): self.init(error)
        }
    }

    private static func insufficientStock(_ shortages: [OrderError.Shortage]) -> Problem {
        var problem = Problem(
            .conflict, code: "insufficient-stock", title: "There is not enough stock",
            detail: shortages.map {
                "Product \($0.productID): \($0.requested) asked for, \($0.available) available."
            }.joined(separator: " "), isFinal: true)
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
