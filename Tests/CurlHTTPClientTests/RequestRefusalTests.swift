import BlockingTesting
import Concurrency
import CurlHTTPClient
import Glibc
import HTTPMessages
import ScriptedServer
import Testing

@Suite(.blocking) struct RequestRefusalTests {
    @Test(arguments: [
        Request(.get, "/", headers: ["X-Name": "a\r\nX-Injected: 1"]), Request(.get, "/", headers: ["X-Name": "a\nb"]),
        Request(.get, "/", headers: ["X-Name": "a\u{0}b"]), Request(.get, "/", headers: ["X Name": "a"]),
        Request(.get, "/", headers: ["": "a"]), Request(.get, "/", headers: ["X-Name\r\nX": "a"]),
        Request(.get, "/", headers: ["content-length": "5"]), Request(.get, "/", headers: ["Host": "elsewhere"]),
        Request(.get, "/", headers: ["Transfer-Encoding": "chunked"]),
        Request(.get, "/ HTTP/1.1\r\nX-Injected: 1"), Request(.get, "/a b"), Request(.get, "/a#b"),
        Request(.get, "orders"), Request(.get, ""), Request(.get, ".evil.example/"), Request(.get, "@evil.example/"),
        Request(Method(rawValue: "GET /x"), "/"), Request(Method(rawValue: ""), "/"), Request(.head, "/", body: [1]),
    ])
    func `a request that would change its own framing or address is refused unsent`(request: Request) throws {
        try withServer { _ in
        } _: { server in
            let error = CurlTransport().failure(request, to: try server.origin)
            guard case .invalidRequest = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(error?.mayHaveBeenSent == false)
            #expect(server.acceptedCount == 0)
        }
    }

    @Test func `a proxy named by the environment is not used`() async {
        await #expect(processExitsWith: .success) {
            for name in ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"] {
                setenv(name, "http://127.0.0.1:1", 1)
            }
            let server = try ScriptedServer { connection in
                _ = connection.readRequest()
                connection.reply("200 OK")
            }
            defer { server.stop() }
            let origin = try #require(Origin(server.url))
            let response = try CurlTransport().send(Request(.get, "/"), to: origin, by: .after(milliseconds: 5000))
            #expect(response.status == .ok)
        }
    }
}
