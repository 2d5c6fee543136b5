import DatabaseWebService
import JSON
import Telemetry
import WordSearch

/// Somebody who orders.
struct Customer: VersionedRecord, Sendable, Undisclosed {
    let id: Int64
    var name: String
    var email: Email
    var phone: String
    var identityCard: String?
    var address: String?
    var isActive: Bool
    let createdAt: Timestamp
    var updatedAt: Timestamp
    /// Counts the changes of what can be edited, from 1.
    var version: Int64
    /// When the personal data was erased: the texts above are placeholders from then on.
    var erasedAt: Timestamp?

    func encode(to writer: inout JSONWriter) {
        let isErased = erasedAt != nil
        writer.object { writer in
            writer.member("id", id)
            writer.member("name", isErased ? nil : name)
            writer.member("email", isErased ? nil : email.text)
            writer.member("phone", isErased ? nil : phone)
            writer.member("identity_card", identityCard)
            writer.member("address", address)
            writer.member("is_active", isActive)
            writer.member("created_at", createdAt.rfc3339)
            writer.member("updated_at", updatedAt.rfc3339)
            // Replies that tell of others stay as they were, byte for byte.
            if let erasedAt { writer.member("erased_at", erasedAt.rfc3339) }
        }
    }
}

/// A customer that has yet to be made.
struct NewCustomer: Sendable, Undisclosed {
    let name: String
    let email: Email
    let phone: String
    let identityCard: String?
    let address: String?
}

extension Customer {
    var words: SearchWords { SearchWords(name: name, email: email.text, phone: phone, identityCard: identityCard) }
}

extension NewCustomer {
    var words: SearchWords { SearchWords(name: name, email: email.text, phone: phone, identityCard: identityCard) }
}

extension SearchWords {
    /// What a customer is found by.
    init(name: String, email: String, phone: String, identityCard: String?) {
        self.init(texts: [name], codes: [email, phone, identityCard ?? ""])
    }
}

/// What a merge patch changes.
struct CustomerChanges: Sendable, Undisclosed {
    var name: PatchMember<String>
    var email: PatchMember<Email>
    var phone: PatchMember<String>
    var identityCard: PatchMember<String>
    var address: PatchMember<String>
    var isActive: PatchMember<Bool>

    /// The customer after the patch. One that changes nothing leaves `updatedAt` and `version` alone too.
    func applied(to customer: Customer, at now: Timestamp) -> Customer {
        var changed = customer
        changed.name = name.value(or: customer.name)
        changed.email = email.value(or: customer.email)
        changed.phone = phone.value(or: customer.phone)
        changed.identityCard = identityCard.optionalValue(or: customer.identityCard)
        changed.address = address.optionalValue(or: customer.address)
        changed.isActive = isActive.value(or: customer.isActive)
        return changed.following(customer, at: now)
    }
}

/// Which customers a list shows.
struct CustomerFilter: Sendable {
    /// The words of the name, e-mail address, phone number and identity card.
    var search: SearchText?
    var isActive: Bool?

    /// The text that a cursor is bound to. What a client chose freely stands last, so that no two filters share a text.
    var description: String { "customers|\(isActive.map(String.init) ?? "")|\(search?.text ?? "")" }
}
