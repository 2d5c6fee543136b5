/// A place in the event log: behind the event of a number. It names the event too, so that a log which was restored to an earlier
/// state, and has given the number to another event since, does not take it for its own.
struct EventPosition: Hashable, Sendable, CustomStringConvertible {
    let seq: Int64
    /// Nil before the first event.
    let id: EventID?

    /// Before the first event.
    static let start = EventPosition(seq: 0, id: nil)

    init(seq: Int64, id: EventID?) {
        self.seq = seq
        self.id = id
    }

    /// Reads `description`; nil for another text.
    init?(_ text: String) {
        if text.utf8.elementsEqual("0".utf8) {
            self = .start
            return
        }
        let parts = text.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let seq = Int64(parts[0]), seq > 0, String(seq).utf8.elementsEqual(parts[0].utf8),
            let id = EventID(parts[1])
        else { return nil }
        self.init(seq: seq, id: id)
    }

    /// `17-7f3c1e5a-…`, or `0` before the first event.
    var description: String { id.map { "\(seq)-\($0.text)" } ?? "0" }
}
