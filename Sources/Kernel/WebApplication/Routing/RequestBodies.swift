internal import HTTPMessages

/// Which bodies an operation takes.
package struct RequestBodies: Sendable {
    /// How a body is written, as `Content-Type` says.
    package enum Form: Sendable, Equatable {
        /// `application/json`, in UTF-8 (RFC 8259 defines no charset other than that).
        case json
        /// `application/x-www-form-urlencoded`.
        case form
        /// Whatever it is: the operation reads the bytes.
        case bytes

        var mediaType: String? {
            switch self {
            case .json: "application/json"
            case .form: "application/x-www-form-urlencoded"
            case .bytes: nil
            }
        }
    }

    package let form: Form
    /// Nil for what the server takes of any operation.
    package let bytesMax: Int?

    package init(_ form: Form, bytesMax: Int? = nil) {
        self.form = form
        self.bytesMax = bytesMax
    }

    package static let json = RequestBodies(.json)

    /// - Throws: a problem of status 415 for a body that is not declared, once, to be of this form, and of status 413 for one
    ///   that is too large.
    func check(_ request: Request) throws(Problem) {
        guard !request.body.isEmpty else { return }
        if let bytesMax, request.body.count > bytesMax { throw Problem(.bodyTooLarge(bytesMax: bytesMax)) }
        guard let mediaType = form.mediaType else { return }
        let types = request.headers.values(of: "Content-Type")
        let parts = HeaderFields.members(of: types.first ?? "", separator: ";")
        guard types.count == 1, HTTPSyntax.isSame(parts[0], mediaType),
            parts.dropFirst().allSatisfy({ part in
                ["", "charset=utf-8", "charset=\"utf-8\""].contains { HTTPSyntax.isSame(part, $0) }
            })
        else { throw .unsupportedMediaType(mediaType) }
    }
}
