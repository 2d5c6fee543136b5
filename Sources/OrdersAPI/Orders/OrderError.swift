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
    /// An asynchronous order is confirmed by its saga.
    case confirmsItself(Order.Status)
    /// It has ended already.
    case rejected
    /// Its payment is being taken: whether it can be canceled shows soon.
    case paymentInProgress
    case sagaNotFound
    /// Its payment may have been taken, or there is nothing left to give up.
    case sagaNotDiscardable(Saga.Step)
    /// Asynchronous orders are not taken.
    case asynchronousOff
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
        case .confirmsItself(let status):
            self.init(
                .orderNotConfirmable, detail: "An asynchronous order confirms itself once it is paid for.")
            extensions = [("order_status", .string(status.rawValue))]
        case .rejected:
            self.init(.orderNotCancelable, detail: "The order was rejected, and holds nothing.")
        case .paymentInProgress:
            self.init(
                .paymentInProgress,
                detail: "The order's payment is being taken. Once it is, the order can be canceled for a while.",
                retryAfterSeconds: 1)
        case .sagaNotFound:
            self.init(.orderNotFound, detail: "No order of this id has anything left to do.")
        case .sagaNotDiscardable(let step):
            self.init(
                .sagaNotDiscardable,
                detail:
                    "At the step \(step.rawValue) an order is not given up: redrive it until its payment is settled.")
        case .asynchronousOff: self = .notReady("Asynchronous orders are not taken (ASYNC_ORDERS).")
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
