package import HTTPMessages
private import JSON

/// Finds the operation that a method and path name.
package struct Router: Sendable {
    package enum Match: Sendable {
        case route(Route, pathParameters: [String: String])
        case methodNotAllowed(allowed: [Method])
        case notFound
    }

    package let routes: [Route]
    private let root: Node
    /// The nodes that paths without parameters lead to, by the whole path.
    private var fixed: [TextKey: Node] = [:]

    /// - Precondition: `conflict(among:)` finds none.
    package init(_ routes: [Route]) {
        if let conflict = Router.conflict(among: routes) { preconditionFailure(conflict) }
        self.routes = routes
        var root = Node()
        for route in routes { root.insert(route, Router.segments(route.path[...])[...]) }
        self.root = root
        for route in routes where !route.path.utf8.contains(UInt8(ascii: "{")) {
            var none: [String: String] = [:]
            fixed[TextKey(route.path)] = root.find(Router.segments(route.path[...])[...], &none)
        }
    }

    /// Two routes of which one would never be reached, or a parameter that two routes name differently; nil where there is
    /// neither.
    package static func conflict(among routes: [Route]) -> String? {
        var names: [String: String] = [:]
        var operations: [String: String] = [:]
        for route in routes {
            var shape = ""
            for segment in route.path.split(separator: "/") {
                guard segment.hasPrefix("{"), segment.hasSuffix("}") else {
                    shape += "/\(segment)"
                    continue
                }
                shape += "/{}"
                if let known = names.updateValue(String(segment), forKey: shape), known != segment {
                    return "\(route.operationID) names a parameter \(segment) that another route names \(known)."
                }
            }
            if let other = operations.updateValue(route.operationID, forKey: "\(route.method) \(shape)") {
                return "\(other) and \(route.operationID) have one method and one path."
            }
        }
        return nil
    }

    /// The route for a request. `HEAD` is answered wherever `GET` is (RFC 9110 section 9.3.2).
    package func match(_ method: Method, _ path: Substring) -> Match {
        var parameters: [String: String] = [:]
        guard path.utf8.first == UInt8(ascii: "/"),
            let node = fixed[TextKey(path)] ?? root.find(Router.segments(path)[...], &parameters), !node.routes.isEmpty
        else {
            return .notFound
        }
        if let route = node.route(method) ?? (method == .head ? node.route(.get) : nil) {
            return .route(route, pathParameters: parameters)
        }
        var allowed = node.routes.map(\.method).sorted { $0.rawValue < $1.rawValue }
        if node.route(.get) != nil, node.route(.head) == nil { allowed.append(.head) }
        return .methodNotAllowed(allowed: allowed)
    }

    private static func segments(_ path: Substring) -> [TextKey] {
        path.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).dropFirst()
            .map { TextKey(Substring($0)) }
    }
}

private struct Node: Sendable {
    var children: [TextKey: Node] = [:]
    var parameter: [Node] = []
    var parameterName = ""
    /// Of one path, each of another method.
    var routes: [Route] = []

    func route(_ method: Method) -> Route? { routes.first { $0.method == method } }

    mutating func insert(_ route: Route, _ segments: ArraySlice<TextKey>) {
        guard let first = segments.first else {
            routes.append(route)
            return
        }
        if first.text.hasPrefix("{"), first.text.hasSuffix("}") {
            var child = parameter.first ?? Node()
            child.parameterName = String(first.text.dropFirst().dropLast())
            child.insert(route, segments.dropFirst())
            parameter = [child]
        } else {
            children[first, default: Node()].insert(route, segments.dropFirst())
        }
    }

    func find(_ segments: ArraySlice<TextKey>, _ parameters: inout [String: String]) -> Node? {
        guard let first = segments.first else { return self }
        if let child = children[first], let node = child.find(segments.dropFirst(), &parameters) { return node }
        guard let child = parameter.first, !first.text.isEmpty, let value = PercentEncoding.decode(first.text)
        else { return nil }
        guard let node = child.find(segments.dropFirst(), &parameters) else { return nil }
        parameters[child.parameterName] = value
        return node
    }
}
