import DatabaseTesting
import HTTPMessages
import MySQL
import SystemTesting
import Testing

extension EndToEndTests {
    /// How a service gets to its database: with a certificate that is verified, or over a socket of this machine.
    struct DatabaseConnectionTests {
        private let certificates: TestCertificates
        private let server: DedicatedTestServer
        private let schema: TestSchema

        init() throws {
            certificates = try TestCertificates(for: "DNS:localhost")
            server = try DedicatedTestServer(options: certificates.serverOptions)
            schema = try server.makeSchema()
        }

        @Test func `a server that the authority vouches for, under the name that was asked for, is used`() throws {
            try expectReady(["DB_HOST": "localhost", "DB_TLS_CA": certificates.authorityPath])
        }

        @Test func `an authority that does not vouch for the server is said, and ends the service`() throws {
            try expectRefused(
                ["DB_HOST": "localhost", "DB_TLS_CA": certificates.otherAuthorityPath], saying: "cannot be trusted")
        }

        @Test func `a certificate made out to another name is said, and ends the service`() throws {
            try expectRefused(
                ["DB_HOST": "127.0.0.1", "DB_TLS_CA": certificates.authorityPath], saying: "cannot be trusted")
        }

        @Test func `a server without TLS where it is required is said, and ends the service`() throws {
            let plain = try DedicatedTestServer(options: ["--skip-ssl"])
            let port = String(plain.configuration.port)
            try expectRefused(
                ["DB_HOST": "localhost", "DB_PORT": port, "DB_TLS_CA": certificates.authorityPath],
                saying: "cannot be trusted")
            try expectRefused(["DB_PORT": port, "DB_TLS": "TRUE"], saying: "cannot be trusted")
        }

        @Test func `a file of authorities that is not there, or is none, is said, and ends the service`() throws {
            try expectRefused(
                ["DB_TLS_CA": "/nowhere/ca.pem"], saying: "DB_TLS_CA names a file that cannot be read", status: 78)
            try expectRefused(["DB_HOST": "localhost", "DB_TLS_CA": "/etc/passwd"], saying: "cannot be trusted")
        }

        @Test func `a server of this machine is reached over its socket`() throws {
            try expectReady(["DB_HOST": "", "DB_PORT": "", "DB_SOCKET": server.socketPath])
        }

        private func expectReady(_ settings: [String: String]) throws {
            let process = try start(settings)
            defer { process.end() }
            let client = try RunningSystem.client(.customers, port: process.waitForPort())
            try waitUntil { try client.send(.get, "/health/ready").status == 200 }
            #expect(try client.send(.get, "/admin/customers/find-all").status == 200)
        }

        private func expectRefused(
            _ settings: [String: String], saying message: String, status: Int32 = 1
        ) throws {
            let process = try start(settings)
            defer { process.end() }
            #expect(try process.waitForExit() == status, "\(process.text)")
            #expect(process.text.contains(message), "\(process.text)")
        }

        private func start(_ settings: [String: String]) throws -> ServiceProcess {
            try ServiceProcess(
                "CustomersAPI", environment: RunningSystem.environment(schema.configuration).merging(settings) { $1 })
        }
    }
}
