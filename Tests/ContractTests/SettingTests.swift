import RepositoryFiles
import Settings
import Testing

@testable import CustomersAPI
@testable import Notifier
@testable import Orchestrator
@testable import OrdersAPI
@testable import PaymentSimulator

/// Each setting of each program: documented under its whole name, with its default, and checked before anything starts.
struct SettingTests {
    enum Program: String, CaseIterable, Sendable {
        case customers, orders, notifier, orchestrator, simulator

        /// The executable's name.
        var title: String {
            switch self {
            case .customers: "CustomersAPI"
            case .orders: "OrdersAPI"
            case .notifier: "Notifier"
            case .orchestrator: "Orchestrator"
            case .simulator: "PaymentSimulator"
            }
        }

        /// What it does not start without.
        var necessary: [String: String] { self == .notifier ? ["SECRETS_KEY": NotifierSettings.exampleKey] : [:] }

        /// What it reads, and what it says against `values`.
        func read(_ values: [String: String]) -> (variables: [EnvironmentReader.Variable], mistakes: [String]) {
            var reader = EnvironmentReader(necessary.merging(values) { $1 })
            var mistakes: [String] = []
            do throws(ConfigurationError) {
                switch self {
                case .customers: _ = try CustomersConfig(&reader)
                case .orders: _ = try OrdersConfig(&reader)
                case .notifier: _ = try NotifierConfig(&reader)
                case .orchestrator: _ = try OrchestratorConfig(&reader)
                case .simulator: _ = try SimulatorConfig(&reader)
                }
            } catch { mistakes = error.mistakes }
            return (reader.variables.filter { !$0.name.hasPrefix("AWS_") }, mistakes)
        }
    }

    /// Any text is a name of a host, a user, a schema or a claim, or a secret of somebody else's: whether it is the right one shows where
    /// it is used, and is said there.
    static let freeTexts: Set = [
        "CURSOR_SECRET", "DB_HOST", "DB_NAME", "DB_PASSWORD", "DB_USERNAME", "EMF_NAMESPACE", "HOST", "JWT_AUDIENCE",
        "JWT_ISSUER", "OTEL_SERVICE_NAME", "PAYMENT_METHOD_DEFAULT", "WEB_DIRECTORY",
        // Shared with other programs, and of no meaning here without an endpoint; `TraceExportSettings`' own tests set one.
        "OTEL_EXPORTER_OTLP_COMPRESSION", "OTEL_EXPORTER_OTLP_PROTOCOL", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL",
    ]

    /// What is no value of most settings. A number's range is left by both sides.
    private static let wrongValues = ["x", "-1", "99999999999", "/nowhere/file"]

    /// Where another text is wrong.
    private static let ownWrongValues = [
        "CURRENCY": ["jpy"], "DB_SOCKET": [String(repeating: "x", count: 108)], "JWT_CUSTOMER_CLAIM": ["exp"],
        "PAYMENT_GATEWAY_KEY": ["geheimer Schlüssel"],
    ]

    private func wrongValues(of name: String) -> [String] { Self.ownWrongValues[name] ?? Self.wrongValues }

    @Test(arguments: Program.allCases)
    func `a wrong value of each setting is refused by its name`(_ program: Program) {
        let variables = program.read([:]).variables
        #expect(program.read([:]).mistakes == [] && variables.count > 15)
        for variable in variables where !Self.freeTexts.contains(variable.name) {
            for value in wrongValues(of: variable.name) {
                let mistakes = program.read([variable.name: value]).mistakes
                #expect(
                    mistakes.contains { $0.hasPrefix(variable.name + " ") }, "\(variable.name)=\(value): \(mistakes)")
            }
        }
    }

    @Test(arguments: Program.allCases)
    func `all mistakes are told at once`(_ program: Program) {
        let names = program.read([:]).variables.map(\.name).filter { !Self.freeTexts.contains($0) }
        let values = Dictionary(names.map { ($0, wrongValues(of: $0)[0]) }) { first, _ in first }
        let mistakes = program.read(values).mistakes
        for name in names { #expect(mistakes.contains { $0.hasPrefix(name + " ") }, "\(name): \(mistakes)") }
    }

    @Test func `.env.example has each setting, with its default`() throws {
        let text = try RepositoryFile(".env.example").text()
        let examples = Dictionary(
            text.matches(of: /(?m)^#([A-Z_]+)=(.*)$/).map { (String($0.1), String($0.2)) }
        ) { first, _ in first }
        let defaults = Program.allCases.flatMap { $0.read([:]).variables }
        for variable in defaults {
            let example = try #require(examples[variable.name], "\(variable.name) is not in .env.example.")
            // One without a default shows what a value looks like; the others' defaults differ by service.
            guard !variable.defaultText.isEmpty, !example.isEmpty else { continue }
            let all = Set(defaults.filter { $0.name == variable.name }.map(\.defaultText))
            #expect(all.contains(example), "\(variable.name)=\(example), and its default is \(all)")
        }
    }

    /// Their rows tell the default in words.
    private static let toldInWords: Set = ["CUSTOMERS_API_BASE", "ORDERS_API_BASE", "PAYMENT_GATEWAY_URL", "PORT"]

    @Test func `the README's table has each setting by its whole name, with its default`() throws {
        let rows = try RepositoryFile("README.md").text().matches(of: /(?m)^\| (`[A-Z].*?) \| (.*?) \| .* \|$/)
            .map { (names: $0.1.matches(of: /`([A-Z_]+)`/).map { String($0.1) }, told: String($0.2)) }
        let variables = Program.allCases.flatMap { $0.read([:]).variables }
        let known = Set(variables.map(\.name))
        for name in rows.flatMap(\.names) { #expect(known.contains(name), "\(name) is no setting.") }
        for variable in variables {
            let row = try #require(
                rows.first { $0.names.contains(variable.name) }, "\(variable.name) has no row in the README.")
            guard !variable.defaultText.isEmpty, !Self.toldInWords.contains(variable.name) else { continue }
            #expect(row.told.contains(variable.defaultText), "\(variable.name): \(variable.defaultText), \(row.told)")
        }
    }

    /// Each setting once, with every default that it has and who reads it.
    @Test func `docs/settings.md has what the programs read`() throws {
        var names: [String] = []
        var readers: [String: [(program: String, variable: EnvironmentReader.Variable)]] = [:]
        for program in Program.allCases {
            for variable in program.read([:]).variables {
                if readers[variable.name] == nil { names.append(variable.name) }
                readers[variable.name, default: []].append((program.title, variable))
            }
        }
        let rows = names.map { name in
            let own = readers[name] ?? []
            let defaults = own.map { $0.variable.defaultText.isEmpty ? "unset" : "`\($0.variable.defaultText)`" }
            let told =
                Set(defaults).count == 1
                ? defaults[0] : zip(own, defaults).map { "\($1) (\($0.program))" }.joined(separator: ", ")
            let all = own.count == Program.allCases.count
            let who = all ? "all" : own.map(\.program).joined(separator: ", ")
            let purpose = (own.first?.variable.purpose ?? "").replacing("|", with: "\\|")
            return "| `\(name)` | \(told) | \(who) | \(purpose) |"
        }
        try DocumentedTable(path: "docs/settings.md", header: "| variable | default | read by | what it sets |").check(
            rows)
    }
}
