import JSON
import Telemetry

extension AuditedRecords {
    typealias Violation = OrderAudit.Violation

    /// What is wrong with the products' stock, and items without an order.
    func stockViolations() -> [Violation] {
        var held: [Int64: Int64] = [:]
        for order in orders.values where order.holdsStock {
            for item in items[order.id] ?? [] { held[item.productID, default: 0] += item.quantity }
        }
        return Set(stock.keys).union(ledgers.keys).sorted().compactMap { product in
            let (onHand, ledger, held) = (stock[product], ledgers[product], held[product] ?? 0)
            guard onHand != (ledger?.total ?? 0) - held || ledger?.beginningCount != 1 else { return nil }
            return Violation(
                .stock,
                "The ledger of product \(product) has \(ledger?.total ?? 0) pieces and \(ledger?.beginningCount ?? 0) "
                    + "beginnings; \(onHand.map(String.init) ?? "no row") is on hand, and \(held) held by orders.")
        }
            + items.keys.filter { orders[$0] == nil }.sorted().map {
                Violation(.totals, "Order \($0) has items but no row.")
            }
    }

    /// What is wrong with an order by itself, and with the keys that it must have.
    func violations(_ order: Order) -> [Violation] {
        var violations: [Violation] = []
        let items = items[order.id] ?? []
        if items.isEmpty || items.contains(where: { $0.subtotalCents != $0.quantity * $0.unitPriceCents })
            || items.reduce(0, { $0 + $1.subtotalCents }) != order.totalCents
        {
            violations.append(
                Violation(
                    .totals, "The \(items.count) items of order \(order.id) are not its \(order.totalCents) cents.")
            )
        }
        if !order.isConsistent {
            violations.append(
                Violation(.state, "Order \(order.id) is \(order.status), which its times and its reason do not fit."))
        }
        // Customers' own keys are told apart by customer, and a saga confirms without one.
        if order.isAsynchronous { return violations }
        let successes = successes[order.id] ?? [:]
        if successes[.create] == nil {
            violations.append(Violation(.effectWithoutKey, "Order \(order.id) was made by no key."))
        }
        if order.confirmedAt != nil, successes[.confirm] == nil {
            violations.append(Violation(.effectWithoutKey, "Order \(order.id) was confirmed by no key."))
        }
        if order.cancelReason == "requested", successes[.cancel] == nil {
            violations.append(Violation(.effectWithoutKey, "Order \(order.id) was canceled by no key."))
        }
        for operation in [Key.Operation.create, .confirm] {
            let keys = (successes[operation] ?? []).map(\.text)
            guard keys.count > 1 else { continue }
            violations.append(
                Violation(
                    .severalKeys,
                    "Order \(order.id) has \(keys.count) keys of \(operation.rawValue): \(keys.sorted().joined(separator: ", "))."
                ))
        }
        return violations
    }

    /// What is wrong with a reply that a key keeps.
    func violations(_ key: Key) -> [Violation] {
        guard key.isSuccess else { return [] }
        let name = "The reply to \(key.operation.rawValue) under \(key.text)"
        guard let id = key.orderID, let order = orders[id] else {
            return [Violation(.keyWithoutEffect, "\(name) tells of order \(key.orderID ?? 0), which does not exist.")]
        }
        let hasEffect =
            switch key.operation {
            case .create: true
            case .confirm: order.confirmedAt != nil
            case .cancel: order.status == "CANCELED"
            }
        guard hasEffect else {
            return [Violation(.keyWithoutEffect, "\(name) tells of a change of order \(id) that it does not have.")]
        }
        let differing = differingMembers(key.data, order, key.operation)
        guard !differing.isEmpty else { return [] }
        let names = differing.joined(separator: ", ")
        return [Violation(.reply, "\(name) differs from order \(id) in \(names).")]
    }

    /// Steps under keys that no caller's key gives: two of them are how one caller's key comes to two orders.
    func stepViolations(_ callers: AuditedCallers) -> [Violation] {
        keys.filter(AuditedCallers.isStep).compactMap { key in
            guard let caller = callers.caller(of: key) else {
                return Violation(.stepKey, "\(key.text) of \(key.operation.rawValue) is made from no caller's key.")
            }
            let creator = key.orderID.flatMap { successes[$0]?[.create]?.first }.flatMap(callers.caller)
            guard key.isSuccess, let creator, creator != caller else { return nil }
            return Violation(
                .stepKey,
                "Order \(key.orderID ?? 0) was made for \(creator), but \(key.operation.rawValue) done for \(caller).")
        }
    }

    func violation(acknowledged callerKey: String, _ id: Int64) -> Violation? {
        guard let order = orders[id] else {
            return Violation(.acknowledged, "\(callerKey) was answered with order \(id), which does not exist.")
        }
        let stepKey = OrderAudit.stepKey("create", of: callerKey)
        guard successes[id]?[.create]?.contains(where: { $0.text == stepKey }) == true else {
            return Violation(.acknowledged, "\(callerKey) was answered with order \(id), which it did not make.")
        }
        guard order.status == "CONFIRMED" else {
            return Violation(
                .acknowledged, "\(callerKey) was answered that order \(id) is confirmed; it is \(order.status).")
        }
        return nil
    }

    /// The members of a reply that do not tell what is stored. Of what may change later, only the moment that the reply
    /// tells of is compared.
    private func differingMembers(_ data: JSONValue, _ order: Order, _ operation: Key.Operation) -> [String] {
        let status =
            switch operation {
            case .create: "CREATED"
            case .confirm: "CONFIRMED"
            case .cancel: "CANCELED"
            }
        let quantities = (data["items"]?.array ?? []).map { [$0["product_id"]?.integer, $0["qty"]?.integer] }
        let stored = (items[order.id] ?? []).map { [$0.productID, $0.quantity] as [Int64?] }
        var isSame = [
            "id": data["id"]?.integer == order.id, "status": data["status"]?.string == status,
            "customer_id": data["customer_id"]?.integer == order.customerID,
            "total_cents": data["total_cents"]?.integer == order.totalCents,
            "created_at": data["created_at"]?.string == Timestamp(order.createdAt)?.rfc3339,
            "items": quantities == stored,
        ]
        switch operation {
        case .create: break
        case .confirm:
            isSame["confirmed_at"] =
                data["confirmed_at"]?.string == order.confirmedAt.flatMap { Timestamp($0) }?.rfc3339
        case .cancel:
            isSame["canceled_at"] = data["canceled_at"]?.string == order.canceledAt.flatMap { Timestamp($0) }?.rfc3339
        }
        return isSame.filter { !$0.value }.keys.sorted()
    }
}

extension OrderAudit.Violation {
    fileprivate init(_ rule: OrderAudit.Rule, _ sentence: String) {
        self.init(rule: rule, description: sentence)
    }
}

extension AuditedRecords.Order {
    fileprivate var isConsistent: Bool {
        switch status {
        case "PENDING", "STOCK_RESERVED", "PAID":
            isAsynchronous && confirmedAt == nil && canceledAt == nil && cancelReason == nil && rejectReason == nil
        case "REJECTED":
            isAsynchronous && confirmedAt == nil && canceledAt == nil && cancelReason == nil && rejectReason != nil
        case "CREATED": confirmedAt == nil && canceledAt == nil && cancelReason == nil
        case "CONFIRMED": confirmedAt != nil && canceledAt == nil && cancelReason == nil
        case "CANCELED":
            canceledAt != nil && (cancelReason == "requested" || (cancelReason == "expired" && confirmedAt == nil))
        default: false
        }
    }
}
