import HTTPMessages
import WebApplication

extension ProblemType {
    static let customerNotFound = ProblemType(
        .notFound, "customer-not-found", "Customer not found",
        when: "Nothing has this id; an id in a path that is no positive integer counts as unknown.")

    static let productNotFound = ProblemType(
        .notFound, "product-not-found", "Product not found",
        when: "Nothing has this id; an id in a path that is no positive integer counts as unknown.")

    static let orderNotFound = ProblemType(
        .notFound, "order-not-found", "Order not found",
        when: "Nothing has this id; an id in a path that is no positive integer counts as unknown.")

    static let skuTaken = ProblemType(
        .conflict, "sku-taken", "SKU taken", isFinal: true,
        when: "Another product has this SKU.")

    static let insufficientStock = ProblemType(
        .conflict, "insufficient-stock", "Insufficient stock", isFinal: true,
        when: "There is less than asked for; `products` names each, with `requested` and `available`.")

    static let stockOutOfRange = ProblemType(
        .conflict, "stock-out-of-range", "Stock out of range", isFinal: true,
        when: "An adjustment would leave less than nothing, or raise the stock above 1,000,000,000.")

    static let orderNotConfirmable = ProblemType(
        .conflict, "order-not-confirmable", "Order not confirmable", isFinal: true,
        when: "The order was canceled, or confirmed under another key.")

    static let orderExpired = ProblemType(
        .conflict, "order-expired", "Order expired", isFinal: true,
        when: "The order was not confirmed in time and was canceled.")

    static let orderNotCancelable = ProblemType(
        .conflict, "order-not-cancelable", "Order not cancelable", isFinal: true,
        when: "The order was confirmed longer ago than `CANCEL_WINDOW_MINUTES`.")

    static let customerInactive = ProblemType(
        .unprocessableContent, "customer-inactive", "Customer inactive", isFinal: true,
        when: "The customer was deactivated.")

    static let productInactive = ProblemType(
        .unprocessableContent, "product-inactive", "Product inactive", isFinal: true,
        when: "A product was deactivated.")

    static let customersUnavailable = ProblemType(
        .serviceUnavailable, "customers-unavailable", "Customers API unavailable", isRetryable: true,
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
