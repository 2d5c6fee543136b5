private import Glibc
private import JSON

/// An error in the form that the runtime API takes.
///
/// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html#runtimes-api-invokeerror
struct LambdaFailure: Sendable {
    let type: String
    let message: String

    init(_ error: any Error) {
        let name = (error as? any LambdaReportableError)?.lambdaErrorType ?? String(describing: Swift.type(of: error))
        self.init(type: name, message: String(describing: error))
    }

    init(type: String, message: String) {
        // A header carries the type as well, so it keeps to visible ASCII.
        let name = type.unicodeScalars.filter { 0x21...0x7E ~= $0.value }
        self.type = name.isEmpty ? "Error" : String(String.UnicodeScalarView(name.prefix(LambdaFailure.typeLengthMax)))
        self.message = String(message.prefix(LambdaFailure.messageLengthMax))
    }

    /// What Lambda takes in one response: 6 MiB and 100 bytes. It answers 413 to one byte more, and takes no error then.
    ///
    /// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
    static let responseBytesMax = 6_291_556

    /// In the words that Lambda has for it.
    static func responseTooLarge(byteCount: Int) -> LambdaFailure {
        LambdaFailure(
            type: "Function.ResponseSizeTooLarge",
            message: "The response of \(byteCount) bytes exceeds the \(responseBytesMax) bytes that Lambda takes.")
    }

    static func deadlineExceeded(reserveMilliseconds: Int) -> LambdaFailure {
        LambdaFailure(
            type: "Function.DeadlineExceeded",
            message: "The handler had not ended \(reserveMilliseconds) ms before its deadline and was canceled.")
    }

    /// No stack: Swift errors have none.
    var json: [UInt8] {
        JSONWriter.object { writer in
            writer.member("errorMessage", message)
            writer.member("errorType", type)
            writer.member("stackTrace", array: { _ in })
        }
    }

    /// What X-Ray shows of the error: JSON in ASCII, as a header carries it, and far below the 1 MiB that Lambda takes.
    ///
    /// https://docs.aws.amazon.com/xray/latest/devguide/xray-api-segmentdocuments.html#api-segmentdocuments-errors
    var xrayCause: String {
        let json = JSONWriter.object { writer in
            writer.member("working_directory", LambdaFailure.workingDirectory)
            writer.member(
                "exceptions",
                array: { writer in
                    writer.object { writer in
                        writer.member("type", type)
                        writer.member("message", String(message.prefix(LambdaFailure.headerMessageLengthMax)))
                        writer.member("stack", array: { _ in })
                    }
                })
            writer.member("paths", array: { _ in })
        }
        return LambdaFailure.escapedToASCII(json)
    }

    /// JSON means the same with every other character escaped (RFC 8259 section 7).
    private static func escapedToASCII(_ json: [UInt8]) -> String {
        var text = ""
        for unit in String(decoding: json, as: UTF8.self).utf16 {
            if let scalar = Unicode.Scalar(unit), 0x20...0x7E ~= unit {
                text.unicodeScalars.append(scalar)
            } else {
                let digits = String(unit, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            }
        }
        return text
    }

    private static let workingDirectory: String = {
        guard let path = getcwd(nil, 0) else { return "/" }
        defer { free(path) }
        return String(String(cString: path).prefix(256))
    }()

    /// Long enough for any type's name, short enough for any server's limit on a header.
    private static let typeLengthMax = 128
    /// A description is for a person to read; what is longer holds a body by mistake.
    private static let messageLengthMax = 4096
    /// Six times as many bytes when all of it is escaped, which is within every server's limit on a header.
    private static let headerMessageLengthMax = 256
}
