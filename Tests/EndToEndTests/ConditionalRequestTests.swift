import HTTPMessages
import RawHTTP
import SystemTesting
import Testing

extension EndToEndTests {
    /// Conditional requests on a connection that is kept: a 304 has no body, and the next response begins right behind it.
    struct ConditionalRequestTests {
        @Test func `a customer that is known is not sent again, and the connection goes on`() throws {
            try withSystem { system in
                let path = "/admin/customers/find-one/\(try system.makeCustomer())"
                let tag = try #require(try system.customers.send(.get, path).response.headers["ETag"])
                let connection = try RawConnection(port: system.customers.port)
                let head = "Host: x\r\nAuthorization: Bearer \(RunningSystem.apiToken)\r\n"
                for _ in 0..<2 {
                    connection.send("GET \(path) HTTP/1.1\r\n\(head)If-None-Match: \"x\", \(tag)\r\n\r\n")
                    let known = try connection.response(hasBody: false)
                    #expect(known.status == 304)
                    #expect(known.headers["ETag"] == tag)
                    #expect(known.headers["Content-Length"] == nil, "It would be the length of the 200.")
                    connection.send("GET \(path) HTTP/1.1\r\n\(head)If-None-Match: \"x\"\r\n\r\n")
                    let other = try connection.response()
                    #expect(other.status == 200)
                    #expect(!other.body.isEmpty)
                }
                let stale = try system.customers.send(
                    .patch, path.replacing("find-one", with: "update"), #"{"phone":"555"}"#,
                    headers: ["If-Match": "\"x\""])
                #expect(stale.status == 412)
                #expect(stale.code == "stale")
            }
        }
    }
}
