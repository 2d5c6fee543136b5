import HTTPMessages

/// A body of `application/x-www-form-urlencoded`.
struct FormBody {
    static let mediaType = "application/x-www-form-urlencoded"

    private(set) var bytes: [UInt8] = []

    /// Adds a field; name and value may hold anything.
    mutating func append(_ name: String, _ value: String) {
        if !bytes.isEmpty { bytes.append(UInt8(ascii: "&")) }
        bytes += PercentEncoding.encode(name).utf8
        bytes.append(UInt8(ascii: "="))
        bytes += PercentEncoding.encode(value).utf8
    }
}
