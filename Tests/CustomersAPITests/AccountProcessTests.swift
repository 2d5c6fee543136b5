import BlockingTesting
import Concurrency
import ConcurrencyTesting
import ContractReading
import CurlHTTPClient
import Foundation
import HTTPMessages
import JSON
import MySQL
import ServiceTesting
import SystemTesting
import Testing

@testable import CustomersAPI

/// The program itself, ended in the middle of what it does.
@Suite(.blocking) struct AccountProcessTests {
    private struct Running {
        let process: ServiceProcess
        private let contract: ContractRecorder
        private let port: Int

        init(_ harness: AccountHarness, _ settings: [String: String] = [:]) throws {
            process = try ServiceProcess(
                "CustomersAPI",
                environment: harness.service.environment.merging(["LOG_LEVEL": "info"]) { $1 }
                    .merging(settings) { $1 })
            port = try process.waitForPort()
            contract = ContractRecorder(try OpenAPIContract("customers"), log: .shared)
        }

        /// Waits for as long as a password may take on a machine that is busy.
        private static let transport: CurlTransport = {
            var configuration = CurlTransportConfiguration()
            configuration.attemptTimeoutMilliseconds = 30_000
            return CurlTransport(configuration: configuration)
        }()

        /// What comes is held against the contract.
        func send(_ method: HTTPMessages.Method, _ target: String, _ body: [UInt8] = []) throws -> ServiceTesting.Reply
        {
            var request = Request(method, target, headers: ["X-Request-Timeout-Ms": "30000"], body: body)
            if !body.isEmpty { request.headers["Content-Type"] = "application/json" }
            let origin = try #require(Origin("http://127.0.0.1:\(port)"))
            let response = try Running.transport.send(request, to: origin, by: .after(milliseconds: 30_000))
            try contract.check(request: request, response: response)
            return ServiceTesting.Reply(response)
        }

        func post(_ operation: String, _ members: KeyValuePairs<String, String>) throws -> ServiceTesting.Reply {
            let body = JSONWriter.object { writer in
                for (name, value) in members { writer.member(name, value) }
            }
            return try send(.post, "/api/v1/auth/\(operation)", body)
        }

        func register(_ email: String) throws -> ServiceTesting.Reply {
            try post(
                "register",
                ["name": "Ana", "email": email, "phone": "123", "password": AccountHarness.password])
        }

        func login(_ email: String) throws -> ServiceTesting.Reply {
            try post("login", ["email": email, "password": AccountHarness.password])
        }
    }

    private static func killed(at point: String, _ harness: AccountHarness) throws -> (Running, FaultPlanFile) {
        let plan = try FaultPlanFile()
        try plan.arm([Fault(FaultPlace(.customers, point, pass: 1), .exit)])
        return (try Running(harness, plan.settings), plan)
    }

    @Test(arguments: [
        ("accounts.register.before-commit", 0), ("accounts.register.after-commit", 1),
        ("accounts.mail.before-send", 1), ("accounts.mail.after-send", 2),
    ])
    func `a registration that was committed is mailed whenever the process is killed, and else is none`(
        point: String, mails: Int
    ) throws {
        let mail = try RunningMail()
        let harness = try AccountHarness(mail.settings)
        let (first, plan) = try Self.killed(at: point, harness)
        defer { first.process.end() }
        let reply = try? first.register("ana@customer.example")
        #expect(try first.process.waitForExit() == -SIGKILL, "\(first.process.text)")
        #expect(try plan.pendingCount() == 0)
        // The mail may be begun with before the answer is written.
        if !point.hasPrefix("accounts.mail") { #expect(reply == nil) }
        #expect(try harness.count("SELECT COUNT(*) FROM registrations") == (mails == 0 ? 0 : 1))
        // Its lease would be waited for.
        try harness.database.change("UPDATE registrations SET send_at = UTC_TIMESTAMP(6) WHERE send_at IS NOT NULL")
        let next = try Running(harness)
        defer { next.process.end() }
        #expect(try next.register("last@customer.example").status == 202)
        var links: [String] = []
        while true {
            let message = try mail.read()
            if message.recipient == "last@customer.example" { break }
            links.append(try #require(message.target))
        }
        #expect(links.count == mails && Set(links).count <= 1, "\(links)")
        guard let link = links.first else { return }
        #expect(try next.send(.post, link).status == 200)
        #expect(try next.login("ana@customer.example").status == 200)
    }

    @Test(arguments: [("accounts.confirm.before-commit", 200), ("accounts.confirm.after-commit", 404)])
    func `a confirmation that was committed stands whenever the process is killed, and else may be repeated`(
        point: String, again: Int
    ) throws {
        let harness = try AccountHarness()
        _ = harness.register("ana@customer.example")
        let token = try #require(try harness.links(of: "ana@customer.example").first)
        let target = "/api/v1/auth/confirm?token=\(token)"
        let (first, _) = try Self.killed(at: point, harness)
        defer { first.process.end() }
        #expect(throws: (any Error).self) { try first.send(.post, target) }
        #expect(try first.process.waitForExit() == -SIGKILL, "\(first.process.text)")
        let next = try Running(harness)
        defer { next.process.end() }
        #expect(try next.send(.post, target).status == again)
        #expect(try harness.service.count == 1)
        #expect(try next.login("ana@customer.example").status == 200)
    }

    @Test(arguments: ["accounts.refresh.before-commit", "accounts.refresh.after-commit"])
    func `a client whose answer was lost with the process repeats its request, and stays logged in`(point: String)
        throws
    {
        let harness = try AccountHarness()
        try harness.account()
        let token = harness.login().refreshToken
        let (first, _) = try Self.killed(at: point, harness)
        defer { first.process.end() }
        #expect(throws: (any Error).self) { try first.post("refresh", ["refreshToken": token]) }
        #expect(try first.process.waitForExit() == -SIGKILL, "\(first.process.text)")
        // The start of a process may take longer than the client has.
        try harness.database.change("UPDATE sessions SET used_at = UTC_TIMESTAMP(6) WHERE used_at IS NOT NULL")
        let next = try Running(harness)
        defer { next.process.end() }
        try harness.database.change("UPDATE sessions SET used_at = UTC_TIMESTAMP(6) WHERE used_at IS NOT NULL")
        let repeated = try next.post("refresh", ["refreshToken": token])
        #expect(repeated.status == 200, "\(repeated.status)")
        let last = try next.post("refresh", ["refreshToken": repeated.json["refreshToken"]?.string ?? ""])
        #expect(last.status == 200)
    }

    @Test func `a mail server that says nothing delays no answer, and keeps no process from its end`() throws {
        let mail = try RunningMail()
        let harness = try AccountHarness(mail.settings)
        let running = try Running(harness)
        defer { running.process.end() }
        #expect(try running.register("hang@customer.example").status == 202)
        #expect(comesTrue { (try? harness.count("SELECT COUNT(*) FROM registrations WHERE attempts = 1")) == 1 })
        #expect(try running.register("ana@customer.example").status == 202)
        #expect(try harness.count("SELECT COUNT(*) FROM registrations WHERE attempts = 1") == 1, "It is still sending.")
        running.process.signal(SIGTERM)
        #expect(try running.process.waitForExit(seconds: 12) == 0, "\(running.process.text)")
        #expect(try harness.count("SELECT COUNT(*) FROM registrations WHERE send_at IS NOT NULL") == 2)
    }

    @Test func `without a mail server the link is logged, and nothing else of the person`() throws {
        let harness = try AccountHarness()
        let running = try Running(harness, ["LOG_LEVEL": "debug"])
        defer { running.process.end() }
        #expect(try running.register("ana@customer.example").status == 202)
        #expect(comesTrue { running.process.text.contains("/api/v1/auth/confirm?token=") })
        let line = running.process.logLines.first { $0["message"]?.string == "registration" }
        let link = try #require(line?["link"]?.string)
        #expect(link.hasPrefix("http://127.0.0.1:0/"))
        let target = String(link.dropFirst("http://127.0.0.1:0".count))
        #expect(try running.send(.get, target).status == 200)
        #expect(try running.send(.post, target).status == 200)
        let tokens = try running.login("ana@customer.example")
        for text in ["ana@customer.example", AccountHarness.password, tokens.json["refreshToken"]?.string ?? "?"] {
            #expect(!running.process.text.contains(text))
        }
    }

    @Test func `a service without JWT_SECRET says in its log that it has no accounts`() throws {
        let harness = try AccountHarness()
        let running = try Running(harness, ["JWT_SECRET": "", "LOG_LEVEL": "info"])
        defer { running.process.end() }
        #expect(try running.login("ana@customer.example").code == "accounts-off")
        #expect(running.process.logLines.contains { $0["cause"]?.string == "JWT_SECRET is not set" })
    }

    @Test func `an operator ends an account, whose owner may register again and stays a customer`() throws {
        let harness = try AccountHarness()
        let id = try harness.account()
        let token = harness.login().refreshToken
        func remove(_ arguments: String...) throws -> (status: Int32, text: String) {
            let process = try ServiceProcess(
                "CustomersAPI", arguments: ["remove-account"] + arguments, environment: harness.service.environment)
            defer { process.end() }
            return (try process.waitForExit(), process.text)
        }
        for arguments in [[], ["x"], ["0"], ["1", "2"]] as [[String]] {
            let process = try ServiceProcess(
                "CustomersAPI", arguments: ["remove-account"] + arguments, environment: harness.service.environment)
            #expect(try process.waitForExit() == 2)
            #expect(process.text.contains("Usage: CustomersAPI remove-account N"), "\(process.text)")
        }
        #expect(try remove("\(id)").status == 0)
        #expect(try remove("\(id)").text.contains("Customer \(id) has no account."))
        #expect(harness.login().status == 401 && harness.refresh(token).status == 401)
        #expect(try harness.account(password: "another password") == id)
        #expect(harness.login("ana@example.com", "another password").status == 200)
    }
}
