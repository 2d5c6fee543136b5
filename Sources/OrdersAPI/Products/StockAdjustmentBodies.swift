import JSON
import WebApplication

extension StockChange: BodyDecodable {
    private static let deltaRule = ValueRule.integer(in: delta)
    private static let noteRule = ValueRule.text(length: noteLength)
    private static let reasonRule = ValueRule.choice(of: Reason.allCases.filter { $0 != .initial })

    /// - Throws: the 422 with all violations.
    init(_ reader: inout BodyReader) throws(Problem) {
        let delta = reader.required("delta", StockChange.deltaRule)
        let reason = reader.required("reason", StockChange.reasonRule)
        let note = reader.optional("note", StockChange.noteRule)
        guard reader.violations.isEmpty, let delta, let reason else { throw .validationFailed(reader.violations) }
        self.init(delta: delta, reason: reason, note: note)
    }
}

extension StockAdjustment: PageElement {}
