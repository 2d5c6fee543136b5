import BlockingTesting
import JSON
import Testing

@testable import Notifier

/// What people are told, word by word.
@Suite(.blocking) struct MessageTemplateTests {
    private func notice(
        _ type: String = "order.created", status: String = "CREATED", reason: String? = nil,
        totalCents: Int64 = 2580, items: [String] = [itemJSON("SKU-CHAIR-01")]
    ) -> OrderNotice {
        let json = wholeEventJSON(
            1, order: 17, type: type, status: status, reason: reason, totalCents: totalCents, items: items)
        return OrderNotice(event: Array(json.utf8))
    }

    @Test func `an order's creation is told whole`() {
        let notice = notice(
            totalCents: 125_990, items: [itemJSON("SKU-CHAIR-01"), itemJSON("a.b_C-9", qty: 1, cents: 123_410)])
        #expect(EnglishTemplates().subject(notice) == "Order 17: received")
        #expect(
            EnglishTemplates().text(notice) == """
                Order 17 has been received.

                2 x SKU-CHAIR-01 (12.90): 25.80
                1 x a.b_C-9 (1,234.10): 1,234.10

                Total: 1,259.90
                Status: received

                """)
        #expect(SpanishTemplates().subject(notice) == "Pedido 17: recibido")
        #expect(
            SpanishTemplates().text(notice) == """
                El pedido 17 ha sido recibido.

                2 x SKU-CHAIR-01 (12,90): 25,80
                1 x a.b_C-9 (1.234,10): 1.234,10

                Total: 1.259,90
                Estado: recibido

                """)
    }

    @Test(
        arguments: [
            (
                "order.confirmed", "CONFIRMED", nil,
                ["Order 17: confirmed", "Order 17 has been confirmed.", "confirmed"],
                ["Pedido 17: confirmado", "El pedido 17 ha sido confirmado.", "confirmado"]
            ),
            (
                "order.canceled", "CANCELED", "requested",
                ["Order 17: canceled", "Order 17 has been canceled, as requested.", "canceled"],
                ["Pedido 17: cancelado", "El pedido 17 ha sido cancelado, tal como se solicitó.", "cancelado"]
            ),
            (
                "order.canceled", "CANCELED", "expired",
                [
                    "Order 17: canceled", "Order 17 has been canceled, because it was not confirmed in time.",
                    "canceled",
                ],
                ["Pedido 17: cancelado", "El pedido 17 ha sido cancelado porque no se confirmó a tiempo.", "cancelado"]
            ),
            (
                "order.canceled", "CANCELED", "eaten",
                ["Order 17: canceled", "Order 17 has been canceled.", "canceled"],
                ["Pedido 17: cancelado", "El pedido 17 ha sido cancelado.", "cancelado"]
            ),
            (
                "order.rejected", "REJECTED", "payment-declined",
                [
                    "Order 17: not accepted",
                    "Order 17 could not be accepted, because the payment was declined. Nothing was charged.",
                    "not accepted",
                ],
                [
                    "Pedido 17: no aceptado",
                    "El pedido 17 no se pudo aceptar porque el pago fue rechazado. No se ha cobrado nada.",
                    "no aceptado",
                ]
            ),
            (
                "order.rejected", "REJECTED", "insufficient-stock",
                [
                    "Order 17: not accepted",
                    "Order 17 could not be accepted, because there is not enough of a product. Nothing was charged.",
                    "not accepted",
                ],
                [
                    "Pedido 17: no aceptado",
                    "El pedido 17 no se pudo aceptar porque no hay suficientes unidades de un producto. No se ha cobrado nada.",
                    "no aceptado",
                ]
            ),
            (
                "order.rejected", "REJECTED", "payment-timeout",
                [
                    "Order 17: not accepted", "Order 17 could not be completed in time. Nothing was charged.",
                    "not accepted",
                ],
                [
                    "Pedido 17: no aceptado",
                    "El pedido 17 no se pudo completar a tiempo. No se ha cobrado nada.", "no aceptado",
                ]
            ),
            (
                "order.rejected", "REJECTED", "discarded",
                ["Order 17: not accepted", "Order 17 could not be accepted. Nothing was charged.", "not accepted"],
                [
                    "Pedido 17: no aceptado", "El pedido 17 no se pudo aceptar. No se ha cobrado nada.", "no aceptado",
                ]
            ),
            (
                "order.stock-reserved", "STOCK_RESERVED", nil,
                ["Order 17: reserved", "Order 17 is reserved; its payment is next.", "reserved"],
                ["Pedido 17: reservado", "El pedido 17 está reservado; falta el pago.", "reservado"]
            ),
            (
                "order.paid", "PAID", nil, ["Order 17: paid", "Order 17 has been paid.", "paid"],
                ["Pedido 17: pagado", "El pedido 17 ha sido pagado.", "pagado"]
            ),
            (
                "order.shipped", "SHIPPED", nil, ["Order 17: news", "Order 17 has changed.", "SHIPPED"],
                ["Pedido 17: novedades", "El pedido 17 ha cambiado.", "SHIPPED"]
            ),
        ] as [(String, String, String?, [String], [String])])
    func `each event has a sentence in both languages, one yet to come a general one`(
        _ type: String, _ status: String, _ reason: String?, _ english: [String], _ spanish: [String]
    ) {
        let notice = notice(type, status: status, reason: reason)
        #expect(EnglishTemplates().subject(notice) == english[0])
        #expect(
            EnglishTemplates().text(notice)
                == "\(english[1])\n\n2 x SKU-CHAIR-01 (12.90): 25.80\n\nTotal: 25.80\nStatus: \(english[2])\n")
        #expect(SpanishTemplates().subject(notice) == spanish[0])
        #expect(
            SpanishTemplates().text(notice)
                == "\(spanish[1])\n\n2 x SKU-CHAIR-01 (12,90): 25,80\n\nTotal: 25,80\nEstado: \(spanish[2])\n")
    }

    @Test func `a test says that it is one, and an event that is nearly empty says little`() {
        let test = OrderNotice(event: Array(#"{"type":"webhook.test","data":{"endpoint_id":1}}"#.utf8))
        #expect(EnglishTemplates().subject(test) == "Test of notifications")
        #expect(EnglishTemplates().text(test) == "This is a test. Notifications arrive here.\n")
        #expect(SpanishTemplates().subject(test) == "Prueba de notificaciones")
        #expect(SpanishTemplates().text(test) == "Esto es una prueba. Las notificaciones llegan aquí.\n")
        for bytes in ["", "[]", "{}", #"{"type":7,"data":{"order_id":"x","items":{}}}"#] {
            let notice = OrderNotice(event: Array(bytes.utf8))
            #expect(EnglishTemplates().subject(notice) == "An order: news")
            #expect(EnglishTemplates().text(notice) == "An order has changed.\n")
            #expect(SpanishTemplates().text(notice) == "Un pedido ha cambiado.\n")
        }
    }

    @Test func `of many lines the first twenty are told, and how many there are more`() {
        let notice = notice(items: (1...200).map { itemJSON("S-\($0)", qty: $0, cents: 100) })
        let lines = (1...20).map { "\($0) x S-\($0) (1.00): \($0).00\n" }.joined()
        #expect(
            EnglishTemplates().text(notice)
                == "Order 17 has been received.\n\n\(lines)… and 180 more\n\nTotal: 25.80\nStatus: received\n")
        #expect(SpanishTemplates().text(notice).contains("20 x S-20 (1,00): 20,00\n… y 180 más\n\nTotal: 25,80\n"))
        let one = self.notice(items: (1...21).map { itemJSON("S-\($0)") })
        #expect(EnglishTemplates().text(one).contains("\n… and 1 more\n"))
    }

    @Test(
        arguments: [
            (0, "0.00", "0,00"), (5, "0.05", "0,05"), (100_000, "1,000.00", "1.000,00"), (99_999, "999.99", "999,99"),
            (9_007_199_254_740_991, "90,071,992,547,409.91", "90.071.992.547.409,91"), (-1290, "-12.90", "-12,90"),
            (Int64.max, "92,233,720,368,547,758.07", "92.233.720.368.547.758,07"),
            (Int64.min, "-92,233,720,368,547,758.08", "-92.233.720.368.547.758,08"),
        ] as [(Int64, String, String)])
    func `amounts are written as each language writes them`(_ cents: Int64, _ english: String, _ spanish: String) {
        #expect(EnglishTemplates().numbers.amount(cents: cents) == english)
        #expect(SpanishTemplates().numbers.amount(cents: cents) == spanish)
    }

    @Test func `no text of an event makes a line of its own, or a message too long`() {
        let hostile = #"x\n\nTotal: 0.00\r\u2028\u202e\u0000é 😀"#
        let notice = notice(status: #"A\nB"#, items: [itemJSON(hostile)])
        #expect(
            EnglishTemplates().text(notice) == """
                Order 17 has been received.

                2 x x??Total:?0.00??????? (12.90): 25.80

                Total: 25.80
                Status: A?B

                """)
        let longest = OrderNotice(
            kind: .canceled(.expired), orderID: .max, status: String(repeating: "S", count: 9999), totalCents: .min,
            lines: (0..<200).map { _ in
                OrderNotice.Line(
                    sku: String(repeating: "W", count: 64), quantity: .min, unitPriceCents: .min, subtotalCents: .min)
            })
        for language in MessageLanguage.allCases {
            let text = language.templates.text(longest)
            #expect(text.utf16.count <= TelegramChannel.textUnitsMax, "\(text.utf16.count)")
            #expect(text.contains(String(repeating: "S", count: 31) + "…"))
        }
    }
}
