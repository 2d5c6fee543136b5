import CustomerAccess
import CustomerLookup
import HTTPMessages
import WebApplication

extension ProblemType {
    static let productNotFound = ProblemType(
        .notFound, "product-not-found", "Product not found",
        when: "Nothing has this id; an id in a path that is no positive integer counts as unknown.")

    static let keyUnknown = ProblemType(
        .notFound, "key-unknown", "Key unknown",
        when: "`internal/create-order` was asked without a customer, for the reply of a key that has none.")

    static let orderNotFound = ProblemType(
        .notFound, "order-not-found", "Order not found",
        when: "Nothing has this id; an id in a path that is no positive integer counts as unknown.")

    static let eventsRewound = ProblemType(
        .gone, "events-rewound", "Events rewound",
        when: "The event log was restored to an earlier state, and does not know the event that `after` names.")

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
        when: "The order was canceled, or confirmed under another key, or is asynchronous and confirms itself.")

    static let orderExpired = ProblemType(
        .conflict, "order-expired", "Order expired", isFinal: true,
        when: "The order was not confirmed in time and was canceled.")

    static let orderNotCancelable = ProblemType(
        .conflict, "order-not-cancelable", "Order not cancelable", isFinal: true,
        when: "The order was confirmed longer ago than `CANCEL_WINDOW_MINUTES`, or rejected.")

    static let paymentInProgress = ProblemType(
        .conflict, "payment-in-progress", "Payment in progress", isRetryable: true,
        when: "An asynchronous order is to be canceled while its payment is taken. Soon it is confirmed and can be.")

    static let sagaNotDiscardable = ProblemType(
        .conflict, "saga-not-discardable", "Saga not discardable", isFinal: true,
        when: "An order whose payment may have been taken, or that has ended already, is not given up.")

    static let productInactive = ProblemType(
        .unprocessableContent, "product-inactive", "Product inactive", isFinal: true,
        when: "A product was deactivated.")

    /// All that this service answers besides the kernel's.
    static let ordersAPI: [ProblemType] =
        [
            .productNotFound, .orderNotFound, .keyUnknown, .eventsRewound, .skuTaken, .insufficientStock,
            .stockOutOfRange,
            .orderNotConfirmable, .orderExpired, .orderNotCancelable, .paymentInProgress, .sagaNotDiscardable,
            .productInactive,
        ] + customerLookup + customerAccess
}
