package import HTTPMessages

extension Request {
    /// The seconds of `Prefer: wait=20`; 0 where the request would rather not wait, or says it in a form that is none. A preference
    /// is no demand: one that cannot be read is ignored (RFC 7240 section 2).
    ///
    /// - Parameter max: a longer wait is this one.
    package func preferredWaitSeconds(max: Int) -> Int {
        for preference in headers.values(of: "Prefer").flatMap({ HeaderFields.members(of: $0) }) {
            let wait = HeaderFields.members(of: String(preference), separator: ";")[0]
            let parts = HeaderFields.members(of: String(wait), separator: "=")
            guard parts.count == 2, HeaderFields.sameName(String(parts[0]), "wait") else { continue }
            return Int(digits: String(parts[1])).map { min($0, max) } ?? 0
        }
        return 0
    }
}
