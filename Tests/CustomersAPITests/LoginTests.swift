import BlockingTesting
import Concurrency
import ConcurrencyTesting
import CustomerAccess
import Digests
import HTTPMessages
import JSON
import MySQL
import ServiceTesting
import Settings
import Telemetry
import Testing
import WebApplication

@testable import CustomersAPI

@Suite(.blocking) struct LoginTests {
    @Test func `a login gives an access token that this customer's services believe, and a refresh token`() throws {
        let harness = try AccountHarness(["JWT_EXPIRES_IN": "10m", "JWT_ISSUER": "shop", "JWT_AUDIENCE": "orders"])
        let id = try harness.account()
        let reply = harness.login()
        #expect(reply.status == 200)
        #expect(reply.json.names == ["accessToken", "refreshToken", "tokenType", "expiresIn"])
        #expect(reply.json["tokenType"]?.string == "Bearer" && reply.json["expiresIn"] == .integer(600))
        let token = try #require(reply.json["accessToken"]?.string)
        let signed = token.prefix(upTo: try #require(token.lastIndex(of: ".")))
        let code = HMACSHA256.authenticationCode(Array(signed.utf8), key: Array(AccountHarness.secret.utf8))
        #expect(token.hasSuffix("." + Base64URL.encode(code)))
        let claims = reply.claims
        #expect(claims.names == ["sub", "iss", "aud", "jti", "customer_id", "iat", "exp"])
        #expect(claims["sub"]?.string == String(id) && claims["customer_id"] == .integer(id))
        #expect(claims["iss"]?.string == "shop" && claims["aud"]?.string == "orders")
        let (issuedAt, expiresAt) = (claims["iat"]?.integer ?? 0, claims["exp"]?.integer ?? 0)
        let now = try harness.count("SELECT UNIX_TIMESTAMP()")
        #expect(expiresAt == issuedAt + 600 && now - 60...now + 1 ~= issuedAt)
        #expect(harness.login().claims["jti"] != claims["jti"])
    }

    @Test(arguments: [
        [:], ["JWT_ISSUER": "shop,provider", "JWT_AUDIENCE": "orders"], ["JWT_CUSTOMER_CLAIM": "cid"],
        ["JWT_CUSTOMER_CLAIM": "sub"],
    ])
    func `a service with the same settings lets the customer in`(settings: [String: String]) throws {
        let harness = try AccountHarness(settings)
        let id = try harness.account()
        var reader = EnvironmentReader(settings.merging(["JWT_SECRET": AccountHarness.secret]) { $1 })
        let logger = Logger(service: "tests", level: .error)
        let access = CustomerAccess(CustomerAccessSettings(&reader), logger, Metrics())
        let route = Route("getOwn", .get, "/own", access: access.rule) { (_, context) throws(Problem) in
            let id = try context.customerID
            return .json(.ok) { writer in writer.member("customer_id", id) }
        }
        let client = ApplicationClient(
            Application(
                routes: [route], tokens: AccessTokens(service: [], api: []),
                crossOrigin: CrossOriginPolicy(origins: []),
                logger: logger, metrics: Metrics()))
        let token = try #require(harness.login().json["accessToken"]?.string)
        #expect(client.with(token: token).get("/own").json["customer_id"] == .integer(id))
        #expect(client.with(token: harness.login().refreshToken).get("/own").status == 401)
    }

    @Test func `an access token names what the settings say, and its customer always`() throws {
        let plain = try AccountHarness()
        let id = try plain.account()
        #expect(plain.login().claims.names == ["sub", "jti", "customer_id", "iat", "exp"])
        let own = try AccountHarness(["JWT_CUSTOMER_CLAIM": "cid", "JWT_ISSUER": "shop, provider"])
        try own.account()
        #expect(own.login().claims.names == ["sub", "iss", "jti", "cid", "iat", "exp"])
        #expect(own.login().claims["cid"] == .integer(id) && own.login().claims["iss"]?.string == "shop")
        let subject = try AccountHarness(["JWT_CUSTOMER_CLAIM": "sub"])
        try subject.account()
        #expect(subject.login().claims.names == ["sub", "jti", "iat", "exp"])
    }

    @Test(arguments: [
        ("nobody@example.com", AccountHarness.password), ("ana@example.com", "wrong password"),
        ("eva@example.com", AccountHarness.password), ("no address", AccountHarness.password),
        ("ána@example.com", AccountHarness.password), ("ana@example.com ", AccountHarness.password),
    ])
    func `who is unknown, has no account or another password is told the same, after one hashing`(
        email: String, password: String
    ) throws {
        let harness = try AccountHarness()
        try harness.account()
        _ = try harness.service.customer("eva", email: "eva@example.com")
        let before = harness.hashingCount
        let wrong = harness.login("ana@example.com", "another wrong one")
        #expect(harness.hashingCount == before + 1)
        let reply = harness.login(email, password)
        #expect(harness.hashingCount == before + 2)
        #expect(reply.status == 401 && reply.code == "invalid-credentials")
        #expect(reply.headers["WWW-Authenticate"] == "Bearer")
        #expect(reply.withoutTrace == wrong.withoutTrace)
    }

    @Test func `a deactivated customer is told so, but only with the password`() throws {
        let harness = try AccountHarness()
        let id = try harness.account()
        #expect(harness.client.patch("/admin/customers/logic-delete/\(id)").status == 200)
        #expect(harness.login().code == "account-inactive")
        #expect(harness.login("ana@example.com", "wrong password").code == "invalid-credentials")
        #expect(harness.client.patch("/admin/customers/update/\(id)", #"{"is_active":true}"#).status == 200)
        #expect(harness.login().status == 200)
    }

    @Test func `an account follows its customer to another address`() throws {
        let harness = try AccountHarness()
        let id = try harness.account()
        let change = harness.client.patch("/admin/customers/update/\(id)", #"{"email":"ana.paz@example.com"}"#)
        #expect(change.status == 200)
        #expect(harness.login().status == 401)
        #expect(harness.login("ana.paz@example.com").status == 200)
    }

    @Test(arguments: ["ana@example.com", "nobody@example.com"])
    func `5 guesses at an account from one address, and then one a minute, whether it exists or not`(email: String)
        throws
    {
        let harness = try AccountHarness()
        try harness.account()
        for _ in 1...5 { #expect(harness.login(email, "wrong password").status == 401) }
        let before = harness.hashingCount
        let refused = harness.login(email.uppercased(), "wrong password")
        #expect(refused.status == 429 && refused.code == "too-many-attempts", "\(refused)")
        #expect(1...60 ~= Int(refused.headers["Retry-After"] ?? "") ?? 0)
        #expect(harness.login(email).status == 429, "Not even the right password is looked at.")
        #expect(harness.hashingCount == before)
        try harness.database.change("UPDATE guesses SET free_at = free_at - INTERVAL 60 SECOND")
        #expect(harness.login(email, "wrong password").status == 401)
        #expect(harness.login(email, "wrong password").status == 429)
    }

    @Test func `one address guesses 30 times at all accounts`() throws {
        let harness = try AccountHarness()
        for number in 1...30 { #expect(harness.login("a\(number)@example.com").status == 401) }
        #expect(harness.login("b@example.com").status == 429)
        #expect(harness.login("b@example.com", from: "198.51.100.2").status == 401)
        #expect(harness.login("b@example.com", from: "2001:db8::1").status == 401)
    }

    @Test func `addresses of one network of IPv6 are one client`() throws {
        let harness = try AccountHarness()
        for number in 1...5 {
            #expect(harness.login("ana@example.com", from: "2001:db8:0:1::\(number)").status == 401)
        }
        #expect(harness.login("ana@example.com", from: "2001:db8:0:1:ffff::1").status == 429)
        #expect(harness.login("ana@example.com", from: "2001:db8:0:2::1").status == 401)
    }

    @Test func `strangers everywhere lock nobody out of an address from which the owner has logged in`() throws {
        let harness = try AccountHarness()
        try harness.account()
        let home = "203.0.113.7"
        let tokens = harness.login(from: home)
        for number in 1...20 {
            #expect(harness.login("ana@example.com", "wrong password", from: "198.51.100.\(number)").status == 401)
        }
        #expect(harness.login("ana@example.com", "wrong password", from: "198.51.100.99").status == 429)
        #expect(harness.login(from: "198.51.100.98").status == 429, "Nobody knows who is there.")
        #expect(harness.login(from: home).status == 200)
        #expect(harness.refresh(tokens.refreshToken).status == 200)
        try harness.database.change("UPDATE guesses SET free_at = free_at - INTERVAL 900 SECOND")
        #expect(harness.login(from: "198.51.100.98").status == 200)
    }

    @Test func `a login that succeeds is no guess, and gives no guesses back`() throws {
        let harness = try AccountHarness()
        try harness.account()
        for _ in 1...12 { #expect(harness.login().status == 200) }
        for _ in 1...4 { #expect(harness.login("ana@example.com", "wrong password").status == 401) }
        for _ in 1...3 { #expect(harness.login().status == 200) }
        #expect(harness.login("ana@example.com", "wrong password").status == 401)
        #expect(harness.login("ana@example.com", "wrong password").status == 429)
    }

    @Test func `guesses at once are counted before they are looked at`() throws {
        let harness = try AccountHarness(["PASSWORD_HASHINGS_MAX": "16"])
        try harness.account()
        let statuses = try inParallel(12) { number in
            harness.login("ana@example.com", "wrong password \(number)").status
        }
        #expect(statuses.count { $0 == 401 } == 5 && statuses.count { $0 == 429 } == 7, "\(statuses)")
    }

    @Test func `a proxy that is not ours is believed nothing`() throws {
        let harness = try AccountHarness(["TRUSTED_PROXIES": "10.0.0.0/8"])
        for number in 1...5 { #expect(harness.login(from: "198.51.100.\(number)").status == 401) }
        #expect(harness.login(from: "198.51.100.6").status == 429)
    }

    @Test func `a hash of lower costs is made anew at the next login`() throws {
        let schema = try AccountHarness()
        try schema.account()
        let weak = try #require(Scrypt.Parameters(costLog2: 2, blockSize: 8, parallelism: 1))
        let hash = try #require(PasswordHash(of: Array(AccountHarness.password.utf8), weak))
        try schema.database.change("UPDATE credentials SET password_hash = \(hash.text)")
        #expect(schema.login("ana@example.com", "wrong password").status == 401)
        #expect(try schema.count("SELECT COUNT(*) FROM credentials WHERE password_hash = \(hash.text)") == 1)
        #expect(schema.login().status == 200)
        #expect(try schema.count("SELECT COUNT(*) FROM credentials WHERE password_hash LIKE '$scrypt$ln=4,%'") == 1)
        #expect(schema.login().status == 200)
    }

    @Test func `more passwords than can be hashed are refused at once`() throws {
        let strong = try #require(Scrypt.Parameters(costLog2: 15, blockSize: 8, parallelism: 2))
        let harness = try ServiceHarness(
            ["JWT_SECRET": AccountHarness.secret, "PASSWORD_HASHINGS_MAX": "1"], hashing: strong)
        let replies = try inParallel(6) { number in
            harness.client.post(
                "/api/v1/auth/login", #"{"email":"a\#(number)@example.com","password":"12345678"}"#)
        }
        #expect(Set(replies.map(\.status)).isSubset(of: [401, 503]))
        let refused = replies.filter { $0.status == 503 }
        // One hashes and one waits, at most; the others have no place.
        #expect((1...5).contains(refused.count), "\(replies)")
        #expect(refused.allSatisfy { $0.code == "overloaded" && $0.headers["Retry-After"] == "1" })
    }

    @Test func `a body that is none is told so`() throws {
        let harness = try AccountHarness()
        #expect(
            harness.client.post("/api/v1/auth/login", "{}").violations == ["/email required", "/password required"])
        #expect(harness.client.post("/api/v1/auth/refresh", "{}").violations == ["/refreshToken required"])
        #expect(harness.client.post("/api/v1/auth/logout", #"{"refreshToken":1}"#).violations == ["/refreshToken type"])
    }
}
