import HTTPMessages
import WebApplication

extension ProblemType {
    static let customerNotFound = ProblemType(
        .notFound, "customer-not-found", "No such customer",
        when: "Nothing has this id; an id in a path that is no positive integer counts as unknown.")

    static let productNotFound = ProblemType(
        .notFound, "product-not-found", "No such product",
        when: "Nothing has this id; an id in a path that is no positive integer counts as unknown.")

    static let orderNotFound = ProblemType(
        .notFound, "order-not-found", "No such order",
        when: "Nothing has this id; an id in a path that is no positive integer counts as unknown.")

    static let skuTaken = ProblemType(
        .conflict, "sku-taken", "The SKU is taken", isFinal: true,
        when: "Another product has this SKU.")

    static let insufficientStock = ProblemType(
        .conflict, "insufficient-stock", "There is not enough stock", isFinal: true,
        when: "There is less than asked for; `products` names each, with `requested` and `available`.")

    static let stockOutOfRange = ProblemType(
        .conflict, "stock-out-of-range", "The stock would be out of range", isFinal: true,
        when: "An adjustment would leave less than nothing, or raise the stock above 1,000,000,000.")

    static let orderNotConfirmable = ProblemType(
        .conflict, "order-not-confirmable", "The order cannot be confirmed", isFinal: true,
        when: "The order was canceled, or confirmed under another key.")

    static let orderExpired = ProblemType(
        .conflict, "order-expired", "The order has expired", isFinal: true,
        when: "The order was not confirmed in time and was canceled.")

    static let orderNotCancelable = ProblemType(
        .conflict, "order-not-cancelable", "The order cannot be canceled", isFinal: true,
        when: "The order was confirmed longer ago than `CANCEL_WINDOW_MINUTES`.")

    static let customerInactive = ProblemType(
        .unprocessableContent, "customer-inactive", "The customer is not active", isFinal: true,
        when: "The customer was deactivated.")

    static let productInactive = ProblemType(
        .unprocessableContent, "product-inactive", "The product is not for sale", isFinal: true,
        when: "A product was deactivated.")

    static let customersUnavailable = ProblemType(
        .serviceUnavailable, "customers-unavailable", "The Customers API is not available", isRetryable: true,
        when:
            "The Customers API cannot be reached, fails, or is slow and waited for by as many requests as may. The Orders API has asked it again already; the orchestrator passes this on."
    )

    /// All that this service answers besides the kernel's.
    static let ordersAPI: [ProblemType] = [
        .customerNotFound, .productNotFound, .orderNotFound, .skuTaken, .insufficientStock, .stockOutOfRange,
        .orderNotConfirmable, .orderExpired, .orderNotCancelable, .customerInactive, .productInactive,
        .customersUnavailable,
    ]
}
