package import HTTPMessages
package import JSON

/// An application's answer, with the parts that tests look at.
package struct Reply: Sendable, CustomStringConvertible {
    package let status: Int
    package let headers: HeaderFields
    package let body: [UInt8]
    /// The body; null where it is not JSON.
    package let json: JSONValue

    package init(_ response: Response) {
        status = response.status.code
        headers = response.headers
        body = response.body
        json = (try? JSONParser.parse(response.body)) ?? .null
    }

    package var description: String { "\(status) \(String(decoding: body, as: UTF8.self))" }

    /// The member `data`.
    package var data: JSONValue { json["data"] ?? .null }

    package var id: Int64 { data["id"]?.integer ?? 0 }

    /// The problem's code; empty for an answer that is no problem.
    package var code: String { json["code"]?.string ?? "" }

    /// `pointer code` of each violation, in order.
    package var violations: [String] {
        (json["errors"]?.array ?? []).map { "\($0["pointer"]?.string ?? "?") \($0["code"]?.string ?? "?")" }
    }

    package var isReplay: Bool { headers["Idempotency-Replayed"] == "true" }

    /// The ids of a page.
    package var ids: [Int64] { (data.array ?? []).compactMap { $0["id"]?.integer } }

    package var nextCursor: String? { json["meta"]?["next_cursor"]?.string }
}

extension JSONValue {
    /// The names of an object's members, in order.
    package var names: [String] { object?.members.map(\.name) ?? [] }
}
