/// What decides which request is served first, and which not at all, when there are more than can be.
package struct RequestClass: Sendable, Hashable {
    package enum Priority: Int, Sendable, CaseIterable {
        /// Tells how the service is: it has workers of its own.
        case service
        /// Ends what holds something, such as an order its stock.
        case completion
        case ordinary
        /// Can be had later: a page of a list, and what will be refused.
        case deferrable
    }

    package let priority: Priority
    /// Of those with one priority each caller gets its share. A number for the name: two callers who share one share their share.
    package let caller: Int

    package init(_ priority: Priority, caller: String) {
        self.priority = priority
        var hasher = Hasher()
        for byte in caller.utf8 { hasher.combine(byte) }
        self.caller = hasher.finalize()
    }
}
