package import HTTPMessages
private import JSON
private import Telemetry

extension Application {
    /// What a request counts as when there are more than can be served. One that will be refused counts least.
    package func classify(_ request: Request, _ metadata: RequestMetadata) -> RequestClass {
        guard case .route(let route, _) = router.match(request.method, request.path),
            let caller = try? authorize(request, for: route)
        else { return RequestClass(.deferrable, caller: metadata.remoteAddress) }
        return RequestClass(route.priority, caller: "\(caller.name) \(metadata.remoteAddress)")
    }

    /// Whether a request is answered on the thread that read it: a GET of a route that is immediate, its path spelled as the route
    /// has it.
    package func answersAtOnce(_ request: Request) -> Bool {
        request.method == .get && immediatePaths.contains { $0.hasSameBytes(as: request.target) }
    }
}
