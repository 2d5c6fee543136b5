private import JSON

/// An error in the form that the runtime API takes.
struct LambdaFailure {
    let type: String
    let message: String

    init(_ error: any Error) {
        // A header carries the type as well, so it keeps to visible ASCII.
        let name = String(describing: Swift.type(of: error)).unicodeScalars.filter { 0x21...0x7E ~= $0.value }
        type = name.isEmpty ? "Error" : String(String.UnicodeScalarView(name.prefix(LambdaFailure.typeLengthMax)))
        message = String(String(describing: error).prefix(LambdaFailure.messageLengthMax))
    }

    /// No stack: Swift errors have none.
    var json: [UInt8] {
        JSONWriter.object { writer in
            writer.member("errorMessage", message)
            writer.member("errorType", type)
            writer.member("stackTrace", array: { _ in })
        }
    }

    /// Long enough for any type's name, short enough for any server's limit on a header.
    private static let typeLengthMax = 128
    /// A description is for a person to read; what is longer holds a body by mistake.
    private static let messageLengthMax = 4096
}
