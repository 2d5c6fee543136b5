import IdempotentReplies
import MySQL
import ResourceRoutes
import WebApplication

/// What can go wrong with webhook endpoints.
enum EndpointError: DatabaseFailure {
    case notFound
    /// It is no longer the version that the change was meant for.
    case stale
    case limitReached
    case notActive(Endpoint.Status)
    case targetRefused(TargetRefusal)
    /// A change names members that the endpoint's channel does not have.
    case notOfChannel([String], Endpoint.Channel)
    /// The service has no settings for the channel.
    case channelNotConfigured(Endpoint.Channel)
    /// Only webhooks are signed.
    case noSecret(Endpoint.Channel)
    /// A test event has no customer.
    case noRecipient
    case database(DatabaseError)

    init(_ error: DatabaseError) { self = .database(error) }

    var databaseError: DatabaseError? {
        if case .database(let error) = self { error } else { nil }
    }
}

extension EndpointError: ResourceError {
    var problem: Problem { Problem(self) }
}

extension Problem {
    /// What a client is told.
    init(_ error: EndpointError) {
        switch error {
        case .notFound: self.init(.webhookNotFound, detail: "No webhook endpoint has this id.")
        case .stale: self = .stale
        case .limitReached:
            self.init(
                .webhookLimitReached, detail: "There are \(Endpoint.countMax) endpoints already. Deactivate one first.")
        case .notActive(let status): self = .webhookNotActive(status)
        case .targetRefused(let refusal):
            self = .validationFailed([Violation(pointer: "/url", code: refusal.code, detail: refusal.detail)])
        case .notOfChannel(let names, let channel):
            self = .validationFailed(
                names.map {
                    Violation(
                        pointer: "/\($0)", code: Violation.notOfChannel, detail: Violation.notOfChannel(channel))
                })
        case .channelNotConfigured(let channel):
            self.init(.channelNotConfigured, detail: "The service has no settings for the channel \(channel.rawValue).")
        case .noSecret(let channel):
            self.init(
                .channelWithoutSecret,
                detail: "Endpoints of the channel \(channel.rawValue) have no secret: only webhooks are signed.")
        case .noRecipient:
            self.init(
                .testWithoutRecipient,
                detail: "This endpoint's mail goes to the customer of each order, and a test event has none.")
        case .database(let error): self.init(error)
        }
    }

    static func webhookNotActive(_ status: Endpoint.Status) -> Problem {
        Problem(.webhookNotActive, detail: "The endpoint is \(status.rawValue). Enable it first.")
    }
}
