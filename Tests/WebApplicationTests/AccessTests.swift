import HTTPMessages
import Testing
import WebApplication

@Suite struct AccessTests {
    private static let targets = ["/open", "/items/1", "/internal", "/detailed"]

    /// Which of `targets` a bearer may enter.
    private func entered(_ harness: Harness, _ headers: HeaderFields) -> [String] {
        AccessTests.targets.filter { target in
            let response = harness.respond(.get, target, headers)
            if response.status != .ok {
                #expect(response.status == .unauthorized)
                #expect(response.code == "unauthorized")
                #expect(response.headers["WWW-Authenticate"] == "Bearer")
            }
            return response.status == .ok
        }
    }

    @Test(arguments: [
        (nil, ["/open"]), ("wrong", ["/open"]), ("api-1", ["/open", "/items/1", "/detailed"]),
        ("api-2", ["/open", "/items/1", "/detailed"]), ("service-1", ["/open", "/items/1", "/internal", "/detailed"]),
        ("service-2", ["/open", "/items/1", "/internal", "/detailed"]),
    ])
    func `each token opens its sources`(token: String?, sources: [String]) {
        let headers: HeaderFields = token.map { ["Authorization": "Bearer \($0)"] } ?? [:]
        #expect(entered(Harness(), headers) == sources)
    }

    @Test func `without an API token its sources are open and the others are not`() {
        let harness = Harness(apiTokens: [])
        #expect(entered(harness, [:]) == ["/open", "/items/1"])
        #expect(entered(harness, ["Authorization": "Bearer wrong"]) == ["/open", "/items/1"])
        #expect(entered(harness, ["Authorization": "Bearer service-1"]) == AccessTests.targets)
    }

    @Test func `without any token only open sources are open`() {
        let harness = Harness(serviceTokens: [], apiTokens: [])
        #expect(entered(harness, ["Authorization": "Bearer "]) == ["/open", "/items/1"])
        #expect(entered(harness, ["Authorization": "Bearer x"]) == ["/open", "/items/1"])
    }

    @Test(arguments: ["Bearer service-1", "bearer service-1", "BEARER service-1", "Bearer   service-1"])
    func `the scheme has no case and any number of blanks after it`(value: String) {
        #expect(entered(Harness(), ["authorization": value]) == AccessTests.targets)
    }

    @Test(arguments: [
        "service-1", "Bearer", "Bearer ", "Bearer: service-1", "Bearerservice-1", "Basic service-1", "Token service-1",
        "Bearer service-1,", "Bearer service-1 service-1", "Bearer service-", "Bearer service-11", "Bearer SERVICE-1",
        "Bearer \"service-1\"", "Bearer\tservice-1", "", "Bearer service-1\0",
    ])
    func `anything else is no token`(value: String) {
        #expect(entered(Harness(), ["Authorization": value]) == ["/open"])
    }

    @Test func `two tokens are none`() {
        var headers: HeaderFields = ["Authorization": "Bearer service-1"]
        headers.append("Authorization", "Bearer service-1")
        #expect(entered(Harness(), headers) == ["/open"])
    }

    @Test func `who is not let in learns nothing else about the request`() {
        let response = Harness().respond(
            .get, "/internal", ["X-Request-Timeout-Ms": "x", "Content-Type": "text/plain"], body: "x")
        #expect(response.status == .unauthorized)
    }

    @Test func `operations are refused while they cannot be served and those that tell how it is are not`() {
        let harness = Harness(admit: { () throws(Problem) in throw .notReady("Closed.") })
        let headers: HeaderFields = ["Authorization": "Bearer service-1"]
        let statuses = AccessTests.targets.map { harness.respond(.get, $0, headers).status.code }
        #expect(statuses == [200, 503, 503, 200])
        #expect(harness.respond(.get, "/items/1").status == .unauthorized)
        #expect(harness.respond(.get, "/items/1", headers).headers["Retry-After"] == "1")
    }
}
