package import HTTPMessages

/// Finds the operation that a method and path name.
package struct Router: Sendable {
    package enum Match: Sendable {
        case route(Route, pathParameters: [String: String])
        case methodNotAllowed(allowed: [Method])
        case notFound

        /// Whether an operation was found, of those that tell what the service is and how it is.
        var isAboutService: Bool { if case .route(let route, _) = self { route.access.isAboutService } else { false } }
    }

    /// What one path leads to.
    private struct Entry: Sendable {
        let path: RoutePath
        /// Each of another method.
        var routes: [Route]

        func route(_ method: Method) -> Route? { routes.first { $0.method == method } }
    }

    package let routes: [Route]
    /// In the order in which they are tried.
    private let entries: [Entry]
    /// What stands in the paths of routes, between slashes.
    private let words: Set<[UInt8]>
    /// Of the longest of them: what is longer is compared with none.
    private let wordBytesMax: Int
    /// 16 segments of a path are shown: twice what a route has.
    private static let shownSegmentsMax = 16

    /// - Precondition: `conflict(among:)` finds none.
    package init(_ routes: [Route]) {
        if let conflict = Router.conflict(among: routes) { preconditionFailure(conflict) }
        self.routes = routes
        words = Set(
            routes.flatMap { $0.path.split(separator: "/") }.filter { !$0.hasPrefix("{") }.map { Array($0.utf8) })
        wordBytesMax = words.map(\.count).max() ?? 0
        var entries: [Entry] = []
        for route in routes {
            let path = RoutePath(route.path)
            if let index = entries.firstIndex(where: { $0.path.segments == path.segments }) {
                entries[index].routes.append(route)
            } else {
                entries.append(Entry(path: path, routes: [route]))
            }
        }
        self.entries = entries.sorted { $0.path.comesBefore($1.path) }
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
        guard let (entry, parameters) = entry(path) else { return .notFound }
        if let route = entry.route(method) ?? (method == .head ? entry.route(.get) : nil) {
            return .route(route, pathParameters: parameters)
        }
        var allowed = entry.routes.map(\.method).sorted { $0.rawValue < $1.rawValue }
        if entry.route(.get) != nil, entry.route(.head) == nil { allowed.append(.head) }
        return .methodNotAllowed(allowed: allowed)
    }

    /// A path as logs and spans may show it: with the words of routes, and with the number that a route takes. In place of anything else,
    /// which may be somebody's address, stands `…`.
    ///
    /// - Parameter route: which the path leads to; nil for none.
    package func shown(_ path: Substring, on route: Route?) -> String {
        if let route, !route.path.utf8.contains(UInt8(ascii: "{")) { return route.path }
        // As bytes: to compare texts, or to tell their characters apart, costs more than their length.
        let segments = path.utf8.split(
            separator: UInt8(ascii: "/"), maxSplits: Router.shownSegmentsMax, omittingEmptySubsequences: false)
        return segments.map { segment in
            isShown(segment, isNumberShown: route != nil) ? String(Substring(segment)) : "…"
        }.joined(separator: "/")
    }

    private func isShown(_ segment: Substring.UTF8View, isNumberShown: Bool) -> Bool {
        if segment.isEmpty { return true }
        guard segment.count <= max(wordBytesMax, Router.numberDigitsMax) else { return false }
        return words.contains(Array(segment)) || isNumberShown && Router.isNumber(segment)
    }

    /// 19: those of the largest id.
    private static let numberDigitsMax = 19

    /// Whether it is written as ids are, and as telephone numbers and identity cards mostly are not: without a zero in front.
    private static func isNumber(_ segment: Substring.UTF8View) -> Bool {
        guard segment.first != UInt8(ascii: "0"), segment.first != UInt8(ascii: "+"), let id = Int64(Substring(segment))
        else { return false }
        return id > 0
    }

    private func entry(_ path: Substring) -> (Entry, parameters: [String: String])? {
        var path = path
        return path.withUTF8 { path in
            for entry in entries {
                if let parameters = entry.path.parameters(in: path) { return (entry, parameters) }
            }
            return nil
        }
    }
}
