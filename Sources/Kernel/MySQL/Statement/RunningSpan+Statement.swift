internal import Telemetry

extension RunningSpan {
    /// Ends the span of a statement. The statement's values are never in it: they stand for `?` in the text.
    ///
    /// https://opentelemetry.io/docs/specs/semconv/database/mysql/
    func end(statement text: String, _ failure: StatementFailure?) {
        let operation = text.prefix { !$0.isWhitespace }.uppercased()
        var attributes: [Span.Attribute] = [
            ("db.system.name", .text("mysql")), ("db.operation.name", .text(operation)), ("db.query.text", .text(text)),
        ]
        if let failure { attributes.append(("db.response.status_code", .text(String(failure.code)))) }
        end(operation, .client, attributes, errorType: failure.map { String($0.code) })
    }
}
