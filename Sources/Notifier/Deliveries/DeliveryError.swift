import IdempotentReplies
import MySQL
import ResourceRoutes
import WebApplication

/// What can go wrong with deliveries.
enum DeliveryError: DatabaseFailure {
    case notFound
    case endpointNotActive(Endpoint.Status)
    case database(DatabaseError)

    init(_ error: DatabaseError) { self = .database(error) }

    var databaseError: DatabaseError? {
        if case .database(let error) = self { error } else { nil }
    }
}

extension DeliveryError: ResourceError {
    var problem: Problem { Problem(self) }
}

extension Problem {
    /// What a client is told.
    init(_ error: DeliveryError) {
        switch error {
        case .notFound: self.init(.deliveryNotFound, detail: "No delivery has this id.")
        case .endpointNotActive(let status): self = .webhookNotActive(status)
        case .database(let error): self.init(error)
        }
    }
}
