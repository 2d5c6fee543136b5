internal import HTTPMessages
private import Idempotency
package import IdempotentReplies
package import Telemetry
package import WebApplication

/// Makes the routes that many kinds of resources have: to list them, to get one, to create and to change one. What a resource is,
/// its rules and its SQL stand with it; here is only what would read the same for each.
package struct ResourceRoutes: Sendable {
    let replies: IdempotentReplies
    private let cursor: PageCursor

    package init(_ replies: IdempotentReplies, cursor: PageCursor) {
        self.replies = replies
        self.cursor = cursor
    }

    /// A page of a list, with the filters that the query names.
    ///
    /// - Parameter find: up to so many rows with an id below the given one, by descending id.
    package func list<Filter: ListFilter, Element: PageElement, Failure: ProblemConvertible>(
        _ operationID: String, _ path: String,
        _ find:
            @escaping @Sendable (
                _ filter: Filter, _ beforeID: Int64?, _ limit: Int, _ call: CallContext
            ) throws(Failure) -> [Element]
    ) -> Route {
        Route(operationID, .get, path, access: .apiToken, priority: .deferrable) { (request, context) throws(Problem) in
            var query = QueryReader(request)
            let filter = Filter(&query)
            return try page(filter.description, request, query) { (beforeID, limit) throws(Failure) in
                try find(filter, beforeID, limit, context.call)
            }
        }
    }

    /// A page of a list, of which the caller sees a part.
    ///
    /// - Parameters:
    ///   - filter: what the query names and the caller may see.
    ///   - find: as above.
    package func list<Filter: ListFilter, Element: PageElement, Failure: ProblemConvertible>(
        _ operationID: String, _ path: String, access: AccessRule,
        filter: @escaping @Sendable (_ query: inout QueryReader, _ context: RequestContext) throws(Problem) -> Filter,
        _ find:
            @escaping @Sendable (
                _ filter: Filter, _ beforeID: Int64?, _ limit: Int, _ call: CallContext
            ) throws(Failure) -> [Element]
    ) -> Route {
        Route(operationID, .get, path, access: access, priority: .deferrable) { (request, context) throws(Problem) in
            var query = QueryReader(request)
            let filter = try filter(&query, context)
            return try page(filter.description, request, query) { (beforeID, limit) throws(Failure) in
                try find(filter, beforeID, limit, context.call)
            }
        }
    }

    /// A page of a list that belongs to one resource, which the path names.
    package func list<Element: PageElement, Failure: ResourceError>(
        _ operationID: String, _ path: String, named name: String,
        _ find:
            @escaping @Sendable (
                _ ownerID: Int64, _ beforeID: Int64?, _ limit: Int, _ call: CallContext
            ) throws(Failure) -> [Element]
    ) -> Route {
        Route(operationID, .get, path, access: .apiToken, priority: .deferrable) { (request, context) throws(Problem) in
            let id = try context.id(or: Failure.notFound)
            return try page("\(name)|\(id)", request, QueryReader(request)) { (beforeID, limit) throws(Failure) in
                try find(id, beforeID, limit, context.call)
            }
        }
    }

    /// One resource.
    package func get<Value: Resource, Failure: ResourceError>(
        _ operationID: String, _ path: String, access: AccessRule = .apiToken,
        _ find: @escaping @Sendable (_ id: Int64, _ call: CallContext) throws(Failure) -> Value
    ) -> Route {
        Route(operationID, .get, path, access: access) { (request, context) throws(Problem) in
            let known = Value.hasConditionalReads ? try request.ifNoneMatch() : nil
            let id = try context.id(or: Failure.notFound)
            context.call.note(Value.idName, id)
            let value = try Problem.mapping { () throws(Failure) in try find(id, context.call) }
            return .data(value, value.entityTag, unlessKnown: known)
        }
    }

    private func page<Element: PageElement, Failure: ProblemConvertible>(
        _ filter: String, _ request: Request, _ query: QueryReader,
        _ find: (_ beforeID: Int64?, _ limit: Int) throws(Failure) -> [Element]
    ) throws(Problem) -> Response {
        var query = query
        let page = try PageRequest(&query, filter: filter, cursor: cursor)
        let rows = try Problem.mapping { () throws(Failure) in try find(page.beforeID, page.limit + 1) }
        return Page(rows: rows, limit: page.limit).response(to: request, page, cursor: cursor)
    }
}

/// An error of a service that keeps resources by id.
package protocol ResourceError: ProblemConvertible {
    /// No resource has this id.
    static var notFound: Self { get }
}

extension Response {
    /// The id of the resource that `Location` leads to: the last number in it.
    package var locatedID: Int64? {
        headers["Location"]?.split(separator: "/").reversed().lazy.compactMap { Int64($0) }.first
    }
}

extension RequestContext {
    /// The `{id}` of the path.
    ///
    /// - Throws: what `notFound` tells, where it names nothing that could exist.
    func id(or notFound: some ResourceError) throws(Problem) -> Int64 {
        guard let id else { throw notFound.problem }
        return id
    }
}
