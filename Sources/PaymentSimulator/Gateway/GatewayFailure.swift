import MySQL

/// Why a request came to no answer that a key could keep.
enum GatewayFailure: DatabaseFailure {
    case refused(GatewayError)
    /// Another process has answered under the same key meanwhile.
    case keyTaken
    case database(DatabaseError)

    init(_ error: DatabaseError) { self = .database(error) }

    var databaseError: DatabaseError? {
        if case .database(let error) = self { error } else { nil }
    }
}
