/// The fields that all lines of a logger carry, as a chain: a logger made of another points to what that one has. They come
/// together when a line is written, since many requests write one line, and at a high level none.
final class LogFields: Sendable {
    private let earlier: LogFields?
    private let fields: KeyValuePairs<String, Logger.Value>

    /// - Parameter earlier: which of `fields` replace.
    init(_ fields: KeyValuePairs<String, Logger.Value>, after earlier: LogFields?) {
        self.earlier = earlier
        self.fields = fields
    }

    /// Adds them to `line`: of two fields of one name the later holds.
    func add(to line: inout [(name: String, value: Logger.Value)]) {
        earlier?.add(to: &line)
        LogFields.add(fields, to: &line)
    }

    static func add(
        _ fields: some Sequence<(key: String, value: Logger.Value)>,
        to line: inout [(name: String, value: Logger.Value)]
    ) {
        for (name, value) in fields where !isReserved(name) {
            if let index = line.firstIndex(where: { $0.name == name }) { line.remove(at: index) }
            line.append((name, value))
        }
    }

    /// Whether every line has a member of this name.
    private static func isReserved(_ name: String) -> Bool {
        name == "timestamp" || name == "level" || name == "service" || name == "message"
    }
}
