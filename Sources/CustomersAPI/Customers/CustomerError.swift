import HTTPMessages
import IdempotentReplies
import JSON
import MySQL
import ResourceRoutes
import WebApplication
import WordSearch

/// What can go wrong with customers.
enum CustomerError: SearchFailure {
    /// A customer who has what another one wants; those who were deactivated keep it.
    struct Holder {
        let id: Int64
        let isActive: Bool
    }

    case notFound
    /// Nil where the holder has given it up meanwhile.
    case emailTaken(by: Holder?)
    case identityCardTaken(by: Holder?)
    /// The personal data is gone, and does not come back.
    case erased
    /// It is no longer the version that the change was meant for.
    case stale
    case searchTooBroad
    case searchNotReady
    case database(DatabaseError)

    init(_ error: DatabaseError) { self = .database(error) }

    var databaseError: DatabaseError? {
        if case .database(let error) = self { error } else { nil }
    }
}

extension CustomerError: ResourceError {
    var problem: Problem { Problem(self) }
}

extension Problem {
    /// What a client is told.
    init(_ error: CustomerError) {
        switch error {
        case .notFound:
            self.init(
                .customerNotFound, detail: "No customer has this id.")
        case .emailTaken(let holder):
            self.init(
                .emailTaken, detail: Problem.detail(holder, has: "this e-mail address"))
            extensions = Problem.extensions(holder)
        case .identityCardTaken(let holder):
            self.init(
                .identityCardTaken, detail: Problem.detail(holder, has: "this identity card"))
            extensions = Problem.extensions(holder)
        case .erased:
            self.init(
                .customerErased,
                detail: "This customer's personal data was erased. Whoever comes back is a new customer.")
        case .stale: self = .stale
        case .searchTooBroad: self = .searchTooBroad
        case .searchNotReady: self = .searchNotReady
        case .database(let error): self.init(error)
        }
    }

    private static func detail(_ holder: CustomerError.Holder?, has what: String) -> String {
        guard let holder else { return "Another customer has \(what)." }
        if holder.isActive { return "Customer \(holder.id) has \(what)." }
        return
            "Customer \(holder.id), who was deactivated, has \(what). Activate that customer again, or change it there."
    }

    private static func extensions(_ holder: CustomerError.Holder?) -> [(name: String, value: JSONValue)] {
        guard let holder else { return [] }
        return [
            ("customer", .object(JSONObject([("id", .integer(holder.id)), ("is_active", .bool(holder.isActive))])))
        ]
    }
}
