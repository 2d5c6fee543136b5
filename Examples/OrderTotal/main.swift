import LambdaRuntimeFoundation

struct Order: Decodable {
    struct Item: Decodable {
        let product: String
        let quantity: Int
        let priceCents: Int
    }

    let customer: String
    let items: [Item]
}

struct Total: Encodable {
    let customer: String
    let totalCents: Int
}

// Whatever is not an order is refused with the name of the member that is wrong.
LambdaRuntime.run { (order: Order, _) in
    Total(customer: order.customer, totalCents: order.items.reduce(0) { $0 + $1.quantity * $1.priceCents })
}
