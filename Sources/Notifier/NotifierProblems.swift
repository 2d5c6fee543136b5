import HTTPMessages
import WebApplication

extension ProblemType {
    static let webhookNotFound = ProblemType(
        .notFound, "webhook-not-found", "Webhook not found",
        when: "Nothing has this id; an id in a path that is no positive integer counts as unknown.")

    static let deliveryNotFound = ProblemType(
        .notFound, "delivery-not-found", "Delivery not found",
        when: "Nothing has this id; an id in a path that is no positive integer counts as unknown.")

    static let webhookLimitReached = ProblemType(
        .conflict, "webhook-limit-reached", "Webhook limit reached", isFinal: true,
        when: "There are 100 endpoints that were not deactivated.")

    static let webhookNotActive = ProblemType(
        .conflict, "webhook-not-active", "Webhook not active", isFinal: true,
        when: "The endpoint is disabled or deactivated, so that nothing would be sent to it.")

    /// All that this service answers besides the kernel's.
    static let notifier: [ProblemType] = [
        .webhookNotFound, .deliveryNotFound, .webhookLimitReached, .webhookNotActive,
    ]
}
