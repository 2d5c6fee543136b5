/// The statements prepared on one connection, by their text; the one unused for longest goes first.
struct StatementCache {
    private var entries: [StatementText: Entry] = [:]
    private var uses: UInt64 = 0
    private let countMax: Int

    private struct Entry {
        let statement: PreparedStatement
        var lastUse: UInt64
    }

    init(countMax: Int) { self.countMax = max(countMax, 1) }

    var count: Int { entries.count }

    /// The statement for `text`, if it is there.
    mutating func find(_ text: StatementText) -> PreparedStatement? {
        guard let index = entries.index(forKey: text) else { return nil }
        uses += 1
        entries.values[index].lastUse = uses
        return entries.values[index].statement
    }

    /// Keeps `statement`, in place of the one unused for longest when there is no room.
    mutating func insert(_ statement: PreparedStatement, for text: StatementText) {
        // A walk over some thirty entries, and only when a new text comes up.
        if entries.count >= countMax, let oldest = entries.min(by: { $0.value.lastUse < $1.value.lastUse }) {
            entries[oldest.key] = nil
        }
        uses += 1
        entries[text] = Entry(statement: statement, lastUse: uses)
    }

    mutating func remove(_ text: StatementText) { entries[text] = nil }

    mutating func removeAll() { entries = [:] }
}
