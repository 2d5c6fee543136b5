/// Which events of the log are asked for.
struct EventFilter: Sendable {
    var kind: OrderEvent.Kind?
    var orderID: Int64?
}
