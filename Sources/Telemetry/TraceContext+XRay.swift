/// Traces as AWS names them: `Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1`.
///
/// https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader
extension TraceContext {
    /// The trace that an `X-Amzn-Trace-Id` names; nil where it names none, or in another form.
    ///
    /// The digits of its root are those of the trace, as X-Ray itself has it for W3C traces. Its parent is our span: X-Ray's
    /// services record that one for this hop, and what comes after it is to hang on a span that somebody recorded. Sampled is
    /// only what says so, as OpenTelemetry reads it.
    package init?(xray header: String) {
        var traceID: String?
        var spanID: String?
        var isSampled = false
        for member in header.split(separator: ";") {
            let parts = member.drop { $0 == " " }.split(separator: "=", maxSplits: 1)
            guard parts.count == 2 else { continue }
            switch parts[0] {
            case "Root": traceID = TraceContext.traceID(root: parts[1])
            case "Parent": spanID = TraceContext.isID(parts[1], count: 16) ? String(parts[1]) : nil
            case "Sampled": isSampled = parts[1] == "1"
            default: continue
            }
        }
        guard let traceID else { return nil }
        self.init(
            traceID: traceID, spanID: spanID ?? TraceContext.newID(byteCount: 8), isSampled: isSampled)
    }

    /// The trace as X-Ray's console and API name it.
    package var xrayRoot: String { "1-\(traceID.prefix(8))-\(traceID.dropFirst(8))" }

    /// The version, the time in 8 digits, and 24 digits more.
    private static func traceID(root: Substring) -> String? {
        let parts = root.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == "1", parts[1].utf8.count == 8 else { return nil }
        let digits = parts[1] + parts[2]
        return isID(digits[...], count: 32) ? String(digits) : nil
    }

    private static func isID(_ text: Substring, count: Int) -> Bool {
        isLowerHexadecimal(text.utf8, count: count) && text.utf8.contains { $0 != UInt8(ascii: "0") }
    }
}
