private import CCurl
private import Glibc
package import HTTPMessages

/// The `Retry-After` field of a reply (RFC 9110 section 10.2.3): seconds, or a date.
package enum RetryAfter {
    /// The seconds that a reply asks to wait; nil where it asks for nothing.
    package static func seconds(_ response: Response) -> Int? {
        let milliseconds = milliseconds(response.headers["Retry-After"])
        return milliseconds > 0 ? milliseconds / 1000 : nil
    }

    /// How long to wait at least, counted from now; 0 where the field is absent, malformed, or names the past.
    static func milliseconds(_ value: String?) -> Int {
        guard let value else { return 0 }
        if value.utf8.allSatisfy(HTTPSyntax.isDigit), !value.isEmpty {
            return min(Int(value) ?? secondsMax, secondsMax) * 1000
        }
        let date = curl_getdate(value, nil)
        guard date != -1 else { return 0 }
        return min(max(date - time(nil), 0), secondsMax) * 1000
    }

    /// A year: beyond every deadline, and far from where milliseconds overflow.
    private static let secondsMax = 365 * 86_400
}
