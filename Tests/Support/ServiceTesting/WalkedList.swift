/// A list as the contract describes it, newest first, and what a walk through it has met so far while rows come, change and
/// go.
package struct WalkedList<Row> {
    package private(set) var rows: [Int64: Row]
    private let isShown: (Row) -> Bool
    /// The rows that the filter has shown ever since the walk began.
    private var lived: Set<Int64>
    private var seen: [Int64] = []

    /// Begins a walk.
    package init(_ rows: [Int64: Row], isShown: @escaping (Row) -> Bool) {
        self.rows = rows
        self.isShown = isShown
        lived = Set(rows.filter { isShown($0.value) }.keys)
    }

    /// A row comes, changes, or goes (nil).
    package mutating func set(_ id: Int64, _ row: Row?) {
        rows[id] = row
        if row.map(isShown) != true { lived.remove(id) }
    }

    /// The page that stands behind the row `last`, and whether there is another behind it.
    package func page(after last: Int64?, limit: Int) -> (ids: [Int64], hasNext: Bool) {
        let shown = rows.filter { isShown($0.value) && $0.key < last ?? .max }.keys.sorted(by: >)
        return (Array(shown.prefix(limit)), shown.count > limit)
    }

    /// Takes note of a page that the service gave.
    package mutating func see(_ ids: [Int64]) { seen += ids }

    /// How many it met more than once.
    package var repeatedCount: Int { seen.count - Set(seen).count }
    /// How many it missed that were there, and shown, from its beginning to its end.
    package var skippedCount: Int { lived.subtracting(seen).count }
}
