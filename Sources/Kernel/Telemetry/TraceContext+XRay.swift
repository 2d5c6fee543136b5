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
        var header = header
        guard let trace = header.withUTF8({ TraceContext.parse(xray: $0) }) else { return nil }
        self = trace
    }

    private static func parse(xray header: UnsafeBufferPointer<UInt8>) -> TraceContext? {
        guard let root = member("Root=", of: header), root.count == 35, root.starts(with: "1-".utf8),
            root[10] == UInt8(ascii: "-"), isLowerHexadecimal(root[2..<10]), isLowerHexadecimal(root[11..<35]),
            !isZero(root[2..<10]) || !isZero(root[11..<35])
        else { return nil }
        let parent = member("Parent=", of: header)?[...]
        let spanID = parent.flatMap { $0.count == 16 && isID($0) ? text($0) : nil }
        return TraceContext(
            traceID: text(root[2..<10]) + text(root[11..<35]), spanID: spanID ?? newID(byteCount: 8),
            parentSpanID: nil, isSampled: member("Sampled=", of: header)?.elementsEqual("1".utf8) ?? false,
            isRecordedByXRay: spanID != nil)
    }

    /// The trace as X-Ray's console and API name it.
    package var xrayRoot: String {
        "1-\(Substring(traceID.utf8.prefix(8)))-\(Substring(traceID.utf8.dropFirst(8)))"
    }

    /// What follows `name` in the member of a header that begins with it.
    private static func member(
        _ name: StaticString, of header: UnsafeBufferPointer<UInt8>
    ) -> UnsafeBufferPointer<UInt8>? {
        var start = 0
        while start < header.count {
            while start < header.count, header[start] == 0x20 { start += 1 }
            var end = start
            while end < header.count, header[end] != UInt8(ascii: ";") { end += 1 }
            let nameCount = name.utf8CodeUnitCount
            if end - start >= nameCount {
                var same = 0
                while same < nameCount, header[start + same] == name.utf8Start[same] { same += 1 }
                if same == nameCount { return UnsafeBufferPointer(rebasing: header[start + nameCount..<end]) }
            }
            start = end + 1
        }
        return nil
    }
}
