/// Which messages of a window the broker has taken. It numbers what comes over a channel, from 1.
struct ConfirmWindow {
    private let firstTag: UInt64
    private let count: Int
    /// One bit for each message that nothing is known of yet; a window has no more than 64.
    private var pending: UInt64
    private(set) var notTakenCount = 0

    /// - Parameters:
    ///   - firstTag: the number of the first message.
    ///   - count: 0 to 64.
    init(firstTag: UInt64, count: Int) {
        self.firstTag = firstTag
        self.count = count
        pending = count == 0 ? 0 : .max >> UInt64(64 - count)
    }

    /// Whether something is known of each message.
    var isSettled: Bool { pending == 0 }

    var pendingCount: Int { pending.nonzeroBitCount }

    /// Takes note of a confirm, or of a refusal.
    ///
    /// - Parameters:
    ///   - tag: 0 together with `isMultiple` means all.
    ///   - isMultiple: whether it is about all before it, too.
    /// - Returns: false for a number that is none of this window's or was settled before.
    mutating func settle(tag: UInt64, isMultiple: Bool, isTaken: Bool) -> Bool {
        let last = tag == 0 && isMultiple ? firstTag + UInt64(count) - 1 : tag
        guard last >= firstTag, last - firstTag < UInt64(count) else { return false }
        let bit = UInt64(1) << (last - firstTag)
        let settled = (isMultiple ? bit | (bit - 1) : bit) & pending
        guard settled != 0 else { return false }
        pending &= ~settled
        if !isTaken { notTakenCount += settled.nonzeroBitCount }
        return true
    }
}
