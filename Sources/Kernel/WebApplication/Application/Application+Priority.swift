package import HTTPMessages
private import Telemetry

extension Application {
    /// What a request counts as when there are more than can be served. One that will be refused counts least.
    package func classify(_ request: Request, _ metadata: RequestMetadata) -> RequestClass {
        guard case .route(let route, _) = router.match(request.method, request.path),
            let caller = try? authorize(request, for: route)
        else { return RequestClass(.deferrable, caller: metadata.remoteAddress) }
        return RequestClass(route.priority, caller: "\(caller.name) \(metadata.remoteAddress)")
    }
}
