/// What is said in Spanish.
struct SpanishTemplates: MessageTemplates {
    let numbers = NumberForm(decimalMark: ",", groupMark: ".")

    func subject(_ notice: OrderNotice) -> String {
        let order = notice.orderID.map { "Pedido \($0)" } ?? "Pedido"
        return switch notice.kind {
        case .created: "\(order): recibido"
        case .confirmed: "\(order): confirmado"
        case .canceled: "\(order): cancelado"
        case .rejected: "\(order): no aceptado"
        case .stockReserved: "\(order): reservado"
        case .paid: "\(order): pagado"
        case .test: "Prueba de notificaciones"
        case .other: "\(order): novedades"
        }
    }

    func opening(_ notice: OrderNotice) -> String {
        let order = notice.orderID.map { "El pedido \($0)" } ?? "Un pedido"
        return switch notice.kind {
        case .created: "\(order) ha sido recibido."
        case .confirmed: "\(order) ha sido confirmado."
        case .canceled(.requested): "\(order) ha sido cancelado, tal como se solicitó."
        case .canceled(.expired): "\(order) ha sido cancelado porque no se confirmó a tiempo."
        case .canceled(nil): "\(order) ha sido cancelado."
        case .rejected(.insufficientStock):
            "\(order) no se pudo aceptar porque no hay suficientes unidades de un producto. No se ha cobrado nada."
        case .rejected(.productInactive):
            "\(order) no se pudo aceptar porque un producto ya no está a la venta. No se ha cobrado nada."
        case .rejected(.paymentDeclined):
            "\(order) no se pudo aceptar porque el pago fue rechazado. No se ha cobrado nada."
        case .rejected(.paymentTimeout), .rejected(.timedOut):
            "\(order) no se pudo completar a tiempo. No se ha cobrado nada."
        case .stockReserved: "\(order) está reservado; falta el pago."
        case .paid: "\(order) ha sido pagado."
        case .rejected(nil): "\(order) no se pudo aceptar. No se ha cobrado nada."
        case .test: "Esto es una prueba. Las notificaciones llegan aquí."
        case .other: "\(order) ha cambiado."
        }
    }

    func more(_ count: Int) -> String { "… y \(count) más" }

    func total(_ amount: String) -> String { "Total: \(amount)" }

    func status(_ status: String) -> String {
        let word =
            switch status {
            case "CREATED": "recibido"
            case "CONFIRMED": "confirmado"
            case "CANCELED": "cancelado"
            case "PENDING": "recibido"
            case "STOCK_RESERVED": "reservado"
            case "PAID": "pagado"
            case "REJECTED": "no aceptado"
            default: status
            }
        return "Estado: \(word)"
    }
}
