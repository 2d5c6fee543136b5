package import HTTPMessages

extension Request {
    /// The bearer token (RFC 6750 section 2.1), as it came; nil where there is none, and where there are two.
    package var bearerToken: [UInt8]? {
        let values = headers.values(of: "Authorization")
        guard values.count == 1, var value = values.first else { return nil }
        return value.withUTF8 { bytes in
            guard bytes.count > 7, MessageLexer(UnsafeRawBufferPointer(bytes)).isSame(0..<7, "Bearer ") else {
                return nil
            }
            // One blank or several part the scheme from the token (RFC 9110 section 11.4).
            return Array(bytes[7...].drop { $0 == UInt8(ascii: " ") })
        }
    }
}
