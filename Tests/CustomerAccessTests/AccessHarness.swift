import Concurrency
import CurlHTTPClient
import CustomerAccess
import HTTPMessages
import JSON
import JSONWebTokens
import Settings
import Telemetry
import Testing
import TokenTesting
import WebApplication

/// An application with one operation that is for customers.
struct AccessHarness {
    static let secret = "a secret of thirty-two bytes or more"
    static let otherSecret = "another secret of as many bytes too"
    static let nowSeconds = 1_800_000_000

    let application: Application
    let access: CustomerAccess
    let settings: CustomerAccessSettings
    let metrics = Metrics()

    init(_ environment: [String: String], clock: MonotonicClock = .system) throws {
        settings = try Self.settings(environment)
        let logger = Logger(service: "test", sink: LogSink { _ in })
        access = CustomerAccess(settings, clock: clock, nowSeconds: { Self.nowSeconds }, logger, metrics)
        let route = Route("getOwn", .get, "/own", access: access.rule) { (_, context) throws(Problem) in
            let id = try context.customerID
            return .json(.ok) { writer in
                writer.member("customer_id", id)
                writer.member("caller", context.call.caller.name)
            }
        }
        let open = Route("getOpen", .get, "/open", access: .everybody) { (_, context) throws(Problem) in
            .json(.ok, JSONWriter.bytes(of: try context.customerID))
        }
        application = Application(
            routes: [route, open], tokens: AccessTokens(service: ["service-1"], api: ["api-1"]),
            crossOrigin: CrossOriginPolicy(origins: []), logger: logger, metrics: metrics)
    }

    static func settings(_ environment: [String: String]) throws -> CustomerAccessSettings {
        var reader = EnvironmentReader(environment)
        let settings = CustomerAccessSettings(&reader)
        try reader.finish()
        return settings
    }

    func get(_ token: String?, _ target: String = "/own") -> Response {
        application.respond(
            Request(.get, target, headers: token.map { ["Authorization": "Bearer \($0)"] } ?? [:]),
            RequestMetadata(
                receivedAtUptimeNanoseconds: Deadline.nowUptimeNanoseconds(), remoteAddress: "127.0.0.1"))
    }

    /// A token by the secret with these claims.
    static func token(_ claims: JSONObject, by secret: String = secret) throws -> String {
        try JSONWebTokenSigner(#require(JSONWebTokenSecret(secret)))
            .sign(claims, lifetimeSeconds: 600, nowSeconds: nowSeconds)
    }
}

extension Response {
    var json: JSONValue? { try? JSONParser.parse(body) }
    var code: String? { json?["code"]?.string }
}
