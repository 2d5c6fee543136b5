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

    static let channelNotConfigured = ProblemType(
        .conflict, "channel-not-configured", "Channel not configured",
        when: "The service has no settings for the channel: `SMTP_URL` and `MAIL_FROM`, or `TELEGRAM_BOT_TOKEN`.")

    static let channelWithoutSecret = ProblemType(
        .conflict, "channel-without-secret", "Channel without secret", isFinal: true,
        when: "The endpoint is no webhook: what goes by mail or to Telegram is not signed.")

    static let testWithoutRecipient = ProblemType(
        .conflict, "test-without-recipient", "Test without recipient", isFinal: true,
        when: "The endpoint's mail goes to the customer of each order, and a test event has none.")

    /// All that this service answers besides the kernel's.
    static let notifier: [ProblemType] = [
        .webhookNotFound, .deliveryNotFound, .webhookLimitReached, .webhookNotActive, .channelNotConfigured,
        .channelWithoutSecret, .testWithoutRecipient,
    ]
}
