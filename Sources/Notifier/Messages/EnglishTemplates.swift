/// What is said in English.
struct EnglishTemplates: MessageTemplates {
    let numbers = NumberForm(decimalMark: ".", groupMark: ",")

    func subject(_ notice: OrderNotice) -> String {
        switch notice.kind {
        case .created: "\(order(notice)): received"
        case .confirmed: "\(order(notice)): confirmed"
        case .canceled: "\(order(notice)): canceled"
        case .rejected: "\(order(notice)): not accepted"
        case .stockReserved: "\(order(notice)): reserved"
        case .paid: "\(order(notice)): paid"
        case .test: "Test of notifications"
        case .other: "\(order(notice)): news"
        }
    }

    func opening(_ notice: OrderNotice) -> String {
        switch notice.kind {
        case .created: "\(order(notice)) has been received."
        case .confirmed: "\(order(notice)) has been confirmed."
        case .canceled(.requested): "\(order(notice)) has been canceled, as requested."
        case .canceled(.expired): "\(order(notice)) has been canceled, because it was not confirmed in time."
        case .canceled(nil): "\(order(notice)) has been canceled."
        case .rejected(.insufficientStock):
            "\(order(notice)) could not be accepted, because there is not enough of a product. Nothing was charged."
        case .rejected(.productInactive):
            "\(order(notice)) could not be accepted, because a product is not sold any more. Nothing was charged."
        case .rejected(.paymentDeclined):
            "\(order(notice)) could not be accepted, because the payment was declined. Nothing was charged."
        case .rejected(.paymentTimeout), .rejected(.timedOut):
            "\(order(notice)) could not be completed in time. Nothing was charged."
        case .stockReserved: "\(order(notice)) is reserved; its payment is next."
        case .paid: "\(order(notice)) has been paid."
        case .rejected(nil): "\(order(notice)) could not be accepted. Nothing was charged."
        case .test: "This is a test. Notifications arrive here."
        case .other: "\(order(notice)) has changed."
        }
    }

    func more(_ count: Int) -> String { "… and \(count) more" }

    func total(_ amount: String) -> String { "Total: \(amount)" }

    func status(_ status: String) -> String {
        let word =
            switch status {
            case "CREATED": "received"
            case "CONFIRMED": "confirmed"
            case "CANCELED": "canceled"
            case "PENDING": "received"
            case "STOCK_RESERVED": "reserved"
            case "PAID": "paid"
            case "REJECTED": "not accepted"
            default: status
            }
        return "Status: \(word)"
    }

    private func order(_ notice: OrderNotice) -> String { notice.orderID.map { "Order \($0)" } ?? "An order" }
}
