import Concurrency
import HTTPMessages
import JSON
import Telemetry
import Testing
import WebApplication

@Suite struct InterceptorTests {
    /// Notes that it was passed, on the way in and out, with what it was told.
    private struct Note: Interceptor {
        let name: String
        let notes: Lock<[String]>

        func intercept(
            _ routed: RoutedRequest, _ next: (RoutedRequest) throws(Problem) -> RoutedOutcome
        ) throws(Problem) -> RoutedOutcome {
            notes.withLock { $0.append("\(name) \(routed.route.operationID) \(routed.context.call.caller.name)") }
            let outcome = try next(routed)
            if case .response(let response) = outcome { notes.withLock { $0.append("\(name) \(response.status)") } }
            return outcome
        }
    }

    private struct Refusal: Interceptor {
        func intercept(
            _: RoutedRequest, _: (RoutedRequest) throws(Problem) -> RoutedOutcome
        ) throws(Problem) -> RoutedOutcome {
            throw .stale
        }
    }

    private let notes = Lock<[String]>([])

    private func application(_ routes: [Route], _ interceptors: [any Interceptor] = []) -> Application {
        Application(
            routes: routes, tokens: AccessTokens(service: ["service"], api: [], named: [(Caller(name: "acme"), "api")]),
            crossOrigin: CrossOriginPolicy(origins: []), logger: Logger(service: "test", sink: LogSink { _ in }),
            metrics: Metrics(), interceptors: interceptors)
    }

    private func send(_ application: Application, _ request: Request) -> Response {
        application.respond(
            request,
            RequestMetadata(receivedAtUptimeNanoseconds: Deadline.nowUptimeNanoseconds(), remoteAddress: "127.0.0.1"))
    }

    @Test func `interceptors run in their order, and know the route and the caller`() {
        let route = Route("get", .get, "/a", access: .apiToken) { _, _ in Response(.ok) }
        let application = application([route], [Note(name: "1", notes: notes), Note(name: "2", notes: notes)])
        #expect(send(application, Request(.get, "/a")).status == .unauthorized)
        #expect(notes.withLock { $0 }.isEmpty)
        #expect(send(application, Request(.get, "/a", headers: ["Authorization": "Bearer api"])).status == .ok)
        #expect(notes.withLock { $0 } == ["1 get acme", "2 get acme", "2 200", "1 200"])
    }

    @Test func `what an interceptor refuses, nobody behind it sees`() {
        let route = Route("get", .get, "/a", access: .everybody) { _, _ in Response(.ok) }
        let application = application([route], [Refusal(), Note(name: "2", notes: notes)])
        #expect(send(application, Request(.get, "/a")).status == .preconditionFailed)
        #expect(notes.withLock { $0 }.isEmpty)
    }

    @Test func `a rule of one's own decides who may call`() {
        let signed = AccessRule("signed") { (request, _) throws(Problem) in
            guard request.headers["X-Signature"] == "right" else { throw .unauthorized("The signature is wrong.") }
            return Caller(name: "signer")
        }
        let route = Route("post", .post, "/a", access: signed, bodies: RequestBodies(.bytes)) { _, context in
            Response(.ok, body: Array(context.call.caller.name.utf8))
        }
        let application = application([route])
        #expect(send(application, Request(.post, "/a")).status == .unauthorized)
        let response = send(application, Request(.post, "/a", headers: ["X-Signature": "right"], body: [0, 1]))
        #expect(response.body == Array("signer".utf8))
    }

    @Test(arguments: [
        (RequestBodies.json, "application/json", 200), (.json, "application/x-www-form-urlencoded", 415),
        (RequestBodies(.form), "application/x-www-form-urlencoded; charset=UTF-8", 200),
        (RequestBodies(.form), "application/json", 415), (RequestBodies(.bytes), "image/png", 200),
        (RequestBodies(.bytes, bytesMax: 3), "image/png", 413), (RequestBodies(.bytes, bytesMax: 4), "image/png", 200),
    ])
    func `an operation takes bodies of its own form and size`(bodies: RequestBodies, type: String, status: Int) {
        let route = Route("post", .post, "/a", access: .everybody, bodies: bodies) { _, _ in Response(.ok) }
        let request = Request(.post, "/a", headers: ["Content-Type": type], body: Array("body".utf8))
        #expect(send(application([route]), request).status.code == status)
    }
}
