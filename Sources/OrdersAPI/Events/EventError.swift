import HTTPMessages
import IdempotentReplies
import MySQL
import ResourceRoutes
import WebApplication

/// What can go wrong with reading events.
enum EventError: DatabaseFailure {
    /// There is no such order.
    case notFound
    /// The log does not have the event that a reader says it has read last.
    case rewound
    case database(DatabaseError)

    init(_ error: DatabaseError) { self = .database(error) }

    var databaseError: DatabaseError? {
        if case .database(let error) = self { error } else { nil }
    }
}

extension EventError: ResourceError {
    var problem: Problem {
        switch self {
        case .notFound: Problem(OrderError.notFound)
        case .rewound:
            Problem(
                .eventsRewound,
                detail: "The log does not know the event that `after` names: it was restored to an earlier state.")
        case .database(let error): Problem(error)
        }
    }
}
