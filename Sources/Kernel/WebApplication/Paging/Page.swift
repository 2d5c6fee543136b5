package import HTTPMessages
package import JSON

/// Which part of a list a client asks for.
package struct PageRequest: Sendable {
    package static let limitDefault = 20
    /// Larger limits are answered with this many rows instead of an error, so that a client need not know it.
    package static let limitMax = 100

    /// How many rows, 1 to 100.
    package let limit: Int
    /// Rows with a smaller id only; nil for the first page.
    package let beforeID: Int64?
    /// The filters as one text; the cursor is bound to it.
    fileprivate let filter: String
    /// `limit` and the filters, as the client wrote them.
    fileprivate let queryText: String

    /// Reads `limit` and `cursor`, after the filters have been read from the same query.
    ///
    /// - Parameter filter: the list's name and every filter with its value.
    /// - Throws: the 422 of `query` with all violations, or `Problem.invalidCursor`.
    package init(_ query: inout QueryReader, filter: String, cursor: PageCursor) throws(Problem) {
        limit = query.integer("limit", from: 1, cappedAt: PageRequest.limitMax) ?? PageRequest.limitDefault
        try query.finish()
        self.filter = filter
        queryText = query.askedText
        if let text = query.cursor() { beforeID = try cursor.decode(text, filter: filter) } else { beforeID = nil }
    }
}

/// A row of a list: it has a JSON form and the id that the list is ordered by.
package protocol PageElement: JSONEncodable, Sendable {
    var id: Int64 { get }
}

/// A resource that a path names by its id.
package protocol Resource: PageElement {
    /// What the id is called in log lines: `order_id`.
    static var idName: String { get }
    /// The version that it is; nil for resources whose versions are not counted.
    var entityTag: EntityTag? { get }
    /// Whether `If-None-Match` saves a reader what they have: not where something changes without the version.
    static var hasConditionalReads: Bool { get }
}

extension Resource {
    package var entityTag: EntityTag? { nil }
    package static var hasConditionalReads: Bool { false }
}

/// The filters of a list.
package protocol ListFilter: Sendable {
    /// Reads the parameters that the list knows; mistakes stay with the reader.
    init(_ query: inout QueryReader)
    /// The list's name and every filter with its value: the text that a cursor is bound to.
    var description: String { get }
}

/// One page of a list, newest first.
package struct Page<Element: PageElement>: Sendable {
    package let elements: [Element]
    package let hasNext: Bool

    /// - Parameter rows: up to one more than `limit`, by descending id; the surplus one tells that there is a next page.
    package init(rows: [Element], limit: Int) {
        elements = Array(rows.prefix(limit))
        hasNext = rows.count > limit
    }

    /// `{data, meta: {limit, next_cursor, has_next}}`, and a `Link` to the next page (RFC 8288).
    package func response(to request: Request, _ page: PageRequest, cursor: PageCursor) -> Response {
        let next = hasNext ? elements.last.map { cursor.encode(lastID: $0.id, filter: page.filter) } : nil
        var response = Response.json(.ok) { writer in
            writer.member("data", elements)
            writer.member(
                "meta",
                object: { writer in
                    writer.member("limit", page.limit)
                    writer.member("next_cursor", next)
                    writer.member("has_next", hasNext)
                })
        }
        if let next {
            let query = page.queryText.isEmpty ? "" : page.queryText + "&"
            response.headers["Link"] = "<\(request.path)?\(query)cursor=\(next)>; rel=\"next\""
        }
        return response
    }
}
