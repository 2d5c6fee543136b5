import Mail

/// Who gets the mail of an endpoint.
enum MailRecipient: Sendable, Equatable {
    private static let customerWord = "customer"

    /// The customer of each order, whose address is asked for when a message is sent, and kept nowhere.
    case customer
    case address(MailAddress)

    /// - Parameter text: `customer`, or an address.
    init?(_ text: String) {
        if text == MailRecipient.customerWord {
            self = .customer
        } else if let address = MailAddress(text) {
            self = .address(address)
        } else {
            return nil
        }
    }

    var text: String {
        switch self {
        case .customer: MailRecipient.customerWord
        case .address(let address): address.description
        }
    }
}
