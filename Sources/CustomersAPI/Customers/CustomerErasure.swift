import DatabaseWebService
import Digests
import JSON
import Telemetry

/// What `erase` makes of a customer: it takes no body, and has nothing to choose.
struct CustomerErasure: Sendable {}

extension Customer {
    /// What the replies of this service tell of whom a customer is.
    static let personalMembers = ["name", "email", "phone", "identity_card", "address"]

    /// The customer without what tells who it is.
    ///
    /// The name and the phone number are empty, as no customer's are. The address is nobody's, never delivered to (RFC 2606), and made
    /// anew each time, since no two customers have the same.
    func erased(at now: Timestamp) -> Customer {
        var customer = self
        customer.name = ""
        customer.email = .ofNobody()
        customer.phone = ""
        customer.identityCard = nil
        customer.address = nil
        customer.isActive = false
        customer.erasedAt = now
        return customer.following(self, at: now)
    }
}

/// A customer whose personal data is gone, as the other services are told.
struct ErasedCustomer: JSONEncodable, Sendable {
    let id: Int64
    let erasedAt: Timestamp

    func encode(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("customer_id", id)
            writer.member("erased_at", erasedAt.rfc3339)
        }
    }
}

/// From where on somebody reads who was erased: times may be equal, and ids then decide.
struct ErasurePosition: Sendable {
    let from: Timestamp?
    /// Of those who were erased at `from`, the ones above it only.
    let afterID: Int64
}

extension Email {
    fileprivate static func ofNobody() -> Email {
        guard let email = Email("\(Hex.encode(randomBytes(count: 16)))@erased.invalid") else {
            preconditionFailure("Digits and a domain are an address.")
        }
        return email
    }
}
